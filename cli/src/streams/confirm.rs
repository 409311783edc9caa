//! Asking before something dangerous is done to streams.

use teal_model::{Error, Result};

use super::Chosen;
use crate::{
    code,
    ui::{Printer, ask::ask, units},
};

/// Streams that a question names; of more it tells the number.
const NAMED: usize = 8;

/// How careful a verb is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Danger {
    /// Can be taken back: is not asked for.
    None,
    /// Fine for one stream that was named, asked for where several are meant.
    Several(&'static str),
    /// Loses something: always asked for.
    Always(&'static str),
}

impl Danger {
    /// Lets pass what is harmless, or what `--yes` or a person agrees to.
    ///
    /// # Errors
    /// `CLI0040` when there is nobody to ask, `CLI0041` when the answer is no.
    pub(crate) fn confirm(self, chosen: &Chosen, yes: bool, printer: Printer) -> Result<()> {
        let what = match self {
            Self::Several(what) if chosen.streams.len() > 1 => what,
            Self::Always(what) => what,
            Self::None | Self::Several(_) => return Ok(()),
        };
        let count = u64::try_from(chosen.streams.len()).unwrap_or(u64::MAX);
        let streams = format!("{}: {}", units::counted(count, "stream"), names(chosen));
        agree(what, &streams, yes, printer)
    }
}

/// Lets pass what `--yes` or a person agrees to. `what` would be done, to `whom`.
///
/// # Errors
/// `CLI0040` when there is nobody to ask, `CLI0041` when the answer is no.
pub(crate) fn agree(what: &str, whom: &str, yes: bool, printer: Printer) -> Result<()> {
    if yes {
        return Ok(());
    }
    if !printer.can_ask() {
        return Err(Error::new(code::CLI0040).with("would", what).with("for", whom));
    }
    printer.stderr(&format!("This would {what}, for {whom}"));
    answered(ask("Go on?", code::CLI0041, printer)?)
}

fn answered(yes: bool) -> Result<()> {
    if yes { Ok(()) } else { Err(Error::new(code::CLI0041)) }
}

fn names(chosen: &Chosen) -> String {
    let mut names: Vec<String> =
        chosen.streams.iter().take(NAMED).map(ToString::to_string).collect();
    if let Some(more @ 1..) = chosen.streams.len().checked_sub(NAMED) {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use teal_model::StreamId;

    use super::*;
    use crate::ui::{Color, Verbosity};

    fn chosen(count: usize) -> Chosen {
        let streams = (0..count).map(|n| StreamId::multi("live", &format!("s{n}"))).collect();
        Chosen { streams, single: count == 1 }
    }

    #[test]
    fn only_what_is_dangerous_needs_a_yes() {
        let printer = Printer::new(Verbosity::Quiet, Color::Never); // tests have no terminal
        let code = |danger: Danger, count, yes| {
            danger.confirm(&chosen(count), yes, printer).err().map(|error| error.code().id)
        };
        assert_eq!(code(Danger::None, 9, false), None);
        assert_eq!(code(Danger::Several("reset"), 1, false), None);
        assert_eq!(code(Danger::Several("reset"), 2, true), None);
        if !printer.can_ask() {
            assert_eq!(code(Danger::Several("reset"), 2, false), Some("CLI0040"));
            assert_eq!(code(Danger::Always("lose"), 1, false), Some("CLI0040"));
        }
    }

    #[test]
    fn a_no_is_an_error_that_changed_nothing() {
        assert!(answered(true).is_ok());
        assert_eq!(answered(false).unwrap_err().code().id, "CLI0041");
    }

    #[test]
    fn many_streams_are_counted_not_listed() {
        assert_eq!(names(&chosen(2)), "live/s0, live/s1");
        assert!(names(&chosen(11)).ends_with("live/s7, 3 more"));
    }
}
