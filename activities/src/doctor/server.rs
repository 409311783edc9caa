//! What every database is asked: connection, clock, pooler, settings.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::{Connection, Executor, PgConnection, Row, types::Json};
use teal_model::Result;

use super::{
    report::{Place, Report, Verdict},
    settings::{self, FACTS, Facts, Part},
    told,
    visit::Visit,
};
use crate::{
    catalog::clock::{Skew, skew},
    pg::{self, PgResultExt},
};

/// Above this, "late" and "since" of `teal status` mislead.
const WARN_MS: u64 = 1_000;
/// Above this, work that is alive may pass for dead.
const FAIL_MS: u64 = 30_000;

/// Looks at the server behind a session; `None`: it did not answer, which is noted.
pub(super) async fn look(
    part: Part,
    visit: &mut Visit,
    sessions: u32,
    subject: &str,
    place: &Place,
    report: &mut Report,
) -> Option<Facts> {
    let facts = match facts(&mut visit.connection).await {
        Ok(facts) => facts,
        Err(error) => {
            report.fail(subject, "connection", told(&error), error.help());
            return None;
        }
    };
    connection(&facts, subject, place, report);
    pooler(visit, subject, report).await;
    settings::judge(part, &facts, sessions, subject, place, report);
    match skew(&mut visit.connection, now_ms).await {
        Ok(skew) => clock(skew, subject, report),
        Err(error) => report.fail(subject, "clock", told(&error), error.help()),
    }
    Some(facts)
}

/// Settings of the server and of the session's role.
pub(super) async fn facts(connection: &mut PgConnection) -> Result<Facts> {
    let facts = sqlx::query_scalar(FACTS).fetch_one(connection).await;
    facts.map(|Json(facts)| facts).during("reading the server's settings")
}

fn connection(facts: &Facts, subject: &str, place: &Place, report: &mut Report) {
    let role = if facts.superuser { " (a superuser)" } else { "" };
    let me = &facts.me;
    match &facts.tls {
        Some(version) => report.ok(subject, "connection", format!("as {me}{role}, {version}")),
        None if is_here(&place.host) => {
            report.ok(subject, "connection", format!("as {me}{role}, within this machine"));
        }
        None => report.warn(
            subject,
            "connection",
            format!("as {me}{role}, without TLS"),
            "rows travel in the clear: let the server offer TLS (`ssl = on`), and ask for it in the model: \
             `tls: {mode: verify-full}`",
        ),
    }
}

/// Whether what is sent to this host never leaves the machine.
fn is_here(host: &str) -> bool {
    host == "localhost"
        || host.starts_with('/')
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Two sessions that are open at the same time and have one backend: somebody in between deals out
/// backends by transaction, and settings, locks and prepared statements get lost.
async fn pooler(visit: &mut Visit, subject: &str, report: &mut Report) {
    let shared = async {
        let mut second = pg::connect(&visit.options).await?;
        let backends = (backend(&mut visit.connection).await?, backend(&mut second).await?);
        second.close().await.during("closing a session")?;
        Ok::<bool, teal_model::Error>(backends.0 == backends.1)
    };
    match shared.await {
        Ok(false) => {}
        Ok(true) => report.fail(
            subject,
            "pooler",
            "two open sessions share one backend: a pooler in transaction mode",
            "name the server itself in the model, or a pool in session mode",
        ),
        Err(error) => report.warn(subject, "pooler", told(&error), error.help()),
    }
}

/// By the simple protocol: a prepared statement would trip over such a pooler.
async fn backend(connection: &mut PgConnection) -> Result<i32> {
    let asked = connection.fetch_one("select pg_backend_pid()").await;
    asked.and_then(|row| row.try_get(0)).during("asking for the backend's number")
}

#[expect(clippy::disallowed_methods, reason = "to be compared with the server's")]
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

impl Skew {
    /// What it means.
    pub fn verdict(self) -> Verdict {
        match self.certain_ms().unsigned_abs() {
            0..=WARN_MS => Verdict::Ok,
            off if off <= FAIL_MS => Verdict::Warn,
            _ => Verdict::Fail,
        }
    }
}

/// Notes how far a clock is from ours.
pub fn clock(skew: Skew, subject: &str, report: &mut Report) {
    let Skew { ahead_ms, blur_ms } = skew;
    let word = if ahead_ms < 0 { "behind" } else { "ahead of" };
    let found = format!("{} ms {word} this machine (±{blur_ms} ms)", ahead_ms.unsigned_abs());
    let verdict = skew.verdict();
    let help =
        if verdict == Verdict::Ok { "" } else { "set both clocks by NTP (chrony, timesyncd)" };
    report.push(subject, "clock", verdict, found, help);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_judged_beyond_what_the_way_may_hide() {
        for (before, there, after, verdict) in [
            (10_000, 10_010, 10_020, Verdict::Ok),
            (10_000, 11_010, 10_020, Verdict::Ok),
            (10_000, 11_100, 10_020, Verdict::Warn),
            (10_000, 8_900, 10_020, Verdict::Warn),
            (10_000, 12_000, 14_000, Verdict::Ok), // a way of four seconds hides two
            (10_000, 41_000, 10_000, Verdict::Fail),
            (100_000, 69_000, 100_000, Verdict::Fail),
        ] {
            let skew = Skew::between(before, there, after);
            assert_eq!(skew.verdict(), verdict, "{before} {there} {after}");
        }
    }

    #[test]
    fn only_what_stays_within_the_machine_needs_no_tls() {
        for host in ["localhost", "127.0.0.1", "::1", "/run/postgresql"] {
            assert!(is_here(host), "{host}");
        }
        for host in ["db.example", "10.0.0.1", "localhost.example"] {
            assert!(!is_here(host), "{host}");
        }
    }
}
