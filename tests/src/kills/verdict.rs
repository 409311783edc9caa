//! How an apply ended, and whether a person may meet such an end while servers die.

use std::process::ExitStatus;

/// What a person may be told: somebody is away, somebody else is at it, or was. Everything else is a
/// fault of Teal: it must not fail for another reason, nor without a code.
const EXPECTED: [&str; 23] = [
    // PostgreSQL is away, in the middle of a restart, or somebody holds a lock
    "PG0002",
    "PG0005",
    // the merge store crashed, and with it what was staged for a batch that an apply did itself
    "LEDGER0005",
    // Temporal is away, or nobody answers
    "TEMPORAL0001",
    "TEMPORAL0006",
    "TEMPORAL0008",
    // the worker that did a step died, fell asleep or was stopped
    "ENGINE0001",
    "WORK0001",
    "WORK0003",
    "WORK0005",
    // another apply is alive, or was installed meanwhile
    "APPLY0001",
    "APPLY0002",
    "APPLY0003",
    "CLI0017",
    // a stream has not taken its configuration over: it could not, or another one came
    "APPLY0004",
    "TEMPORAL0011",
    "TEMPORAL0012",
    "LEDGER0002",
    "LEDGER0003",
    "LEDGER0007",
    // a step failed for one of these reasons; no worker was there; another process has all sessions
    "CLI0012",
    "CLI0008",
    "SOURCE0050",
];

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The model is true, as it says.
    Applied,
    /// It failed with these codes, and a person tries again.
    Failed(String),
    /// It must not end so.
    Fault(String),
}

impl Verdict {
    pub(super) fn of(status: ExitStatus, said: &str) -> Self {
        if said.contains("panicked at") {
            return Self::Fault("it panicked".to_owned());
        }
        match status.code() {
            Some(0) => Self::Applied,
            Some(1) => told(said),
            _ => Self::Fault(format!("it ended with {status}")),
        }
    }
}

fn told(said: &str) -> Verdict {
    let codes = codes(said);
    if let Some(strange) = codes.iter().find(|code| !EXPECTED.contains(code)) {
        return Verdict::Fault(format!("it met {strange}"));
    }
    match codes.is_empty() {
        true => Verdict::Fault("it failed without a code".to_owned()),
        false => Verdict::Failed(codes.join(" ")),
    }
}

/// Codes in brackets, as errors print them (`error[PG0002]`, `[PG0002] …`); each once, in order.
fn codes(said: &str) -> Vec<&str> {
    let mut codes = Vec::new();
    for part in said.split('[').skip(1) {
        let Some((word, _rest)) = part.split_once(']') else { continue };
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let is_code = word.len() == letters.len() + 4
            && letters.len() >= 2
            && letters.chars().all(|c| c.is_ascii_uppercase());
        if is_code && !codes.contains(&word) {
            codes.push(word);
        }
    }
    codes
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    fn verdict(code: i32, said: &str) -> Verdict {
        Verdict::of(ExitStatus::from_raw(code << 8), said)
    }

    #[test]
    fn an_apply_may_fail_because_somebody_died_and_for_no_other_reason() {
        let away = "  done  stream live/shop: started\nerror[PG0002]: the connection failed\n\
                    caused by: [PG0002] refused\nerror[CLI0012]: the apply failed";
        assert_eq!(verdict(1, away), Verdict::Failed("PG0002 CLI0012".to_owned()));
        let strange = "error[PG0001]: PostgreSQL refused a statement\nerror[CLI0012]: failed";
        assert_eq!(verdict(1, strange), Verdict::Fault("it met PG0001".to_owned()));
        let hidden = "error[CLI0012]: failed\ncaused by: [APPLY0005] the plan has no such step";
        assert_eq!(verdict(1, hidden), Verdict::Fault("it met APPLY0005".to_owned()));
    }

    #[test]
    fn an_apply_does_not_fail_without_a_code_and_does_not_panic() {
        let nothing = Verdict::Fault("it failed without a code".to_owned());
        assert_eq!(verdict(1, "views: [shop:people]"), nothing);
        assert_eq!(verdict(0, "applied: 3 steps"), Verdict::Applied);
        let panic = Verdict::Fault("it panicked".to_owned());
        assert_eq!(verdict(1, "thread 'main' panicked at cli/src/main.rs"), panic);
        assert!(matches!(verdict(101, ""), Verdict::Fault(_)));
        let killed = Verdict::of(ExitStatus::from_raw(9), "");
        assert!(matches!(killed, Verdict::Fault(_)), "{killed:?}");
    }
}
