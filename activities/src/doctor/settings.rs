//! Settings of a server and of the session's role: pure judgement of what one query saw.

use serde::Deserialize;

use super::report::{Place, Report, RunBy};
use crate::pg::{Ident, Sql, sql};

/// What a database is to Teal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The merge store; the control catalog asks for the same.
    Merge,
    /// A source: read only.
    Source,
}

impl Part {
    /// Oldest major version that works.
    const fn oldest(self) -> i32 {
        match self {
            Self::Merge => 15,
            Self::Source => 14,
        }
    }
}

/// Newest major version that the tests run against.
const NEWEST: i32 = 18;

/// Seen in a session of the credential, before any setting of Teal's.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Facts {
    pub(super) me: String,
    pub(super) superuser: bool,
    pub(super) version: i32,
    pub(super) version_text: String,
    pub(super) encoding: String,
    pub(super) tls: Option<String>,
    pub(super) standby: bool,
    pub(super) standby_feedback: bool,
    /// Connections that a role without privileges can have at this server.
    pub(super) connections: i32,
    /// −1: no limit.
    pub(super) role_connections: i32,
    /// −1: no limit.
    pub(super) database_connections: i32,
    /// Locks that all transactions together can hold.
    pub(super) locks: i32,
    /// Milliseconds; 0: none.
    pub(super) statement_timeout: i64,
    /// Milliseconds; 0: none. PostgreSQL 17 and later.
    pub(super) transaction_timeout: i64,
    /// Milliseconds; 0: none.
    pub(super) idle_in_transaction_timeout: i64,
    /// Settings by which a crash may lose what was committed.
    pub(super) unsafe_settings: Vec<String>,
}

/// One row of [`Facts`] as JSON.
pub(super) const FACTS: &str = "
select to_jsonb(f) from (select current_user::text as me, r.rolsuper as superuser,
  current_setting('server_version_num')::int4 as version,
  split_part(current_setting('server_version'), ' ', 1) as version_text,
  current_setting('server_encoding') as encoding,
  (select case when s.ssl then s.version end from pg_stat_ssl s where s.pid = pg_backend_pid()) as tls,
  pg_is_in_recovery() as standby,
  current_setting('hot_standby_feedback')::bool as standby_feedback,
  current_setting('max_connections')::int4
    - current_setting('superuser_reserved_connections')::int4
    - coalesce(current_setting('reserved_connections', true)::int4, 0) as connections,
  r.rolconnlimit as role_connections, d.datconnlimit as database_connections,
  current_setting('max_locks_per_transaction')::int4
    * (current_setting('max_connections')::int4
       + current_setting('max_prepared_transactions')::int4) as locks,
  (select setting::int8 from pg_settings where name = 'statement_timeout') as statement_timeout,
  coalesce((select setting::int8 from pg_settings where name = 'transaction_timeout'), 0)
    as transaction_timeout,
  (select setting::int8 from pg_settings where name = 'idle_in_transaction_session_timeout')
    as idle_in_transaction_timeout,
  array(select name from pg_settings
        where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'
        order by name) as unsafe_settings
from pg_roles r, pg_database d
where r.rolname = current_user and d.datname = current_database()) f";

/// Shortest time that a transaction of Teal may sit idle between two statements of its own.
const IDLE_MS: i64 = 10_000;

/// Says what these settings mean for this part. `sessions`: how many Teal will want at one time.
pub(super) fn judge(
    part: Part,
    facts: &Facts,
    sessions: u32,
    subject: &str,
    place: &Place,
    report: &mut Report,
) {
    version(part, facts, subject, report);
    encoding(part, facts, subject, report);
    writable(part, facts, subject, report);
    timeouts(part, facts, subject, place, report);
    capacity(facts, sessions, subject, report);
    if part == Part::Merge && !facts.unsafe_settings.is_empty() {
        report.warn(
            subject,
            "durability",
            format!("off: {}", facts.unsafe_settings.join(", ")),
            "fine for development; turn them on where a crash of the machine must lose nothing",
        );
    }
}

fn version(part: Part, facts: &Facts, subject: &str, report: &mut Report) {
    let (major, oldest) = (facts.version / 10_000, part.oldest());
    let found = format!("PostgreSQL {}", facts.version_text);
    if major < oldest {
        let help = format!("Teal needs PostgreSQL {oldest} to {NEWEST} here: upgrade the server");
        report.fail(subject, "version", found, help);
    } else if major > NEWEST {
        let help = format!("Teal is tested with PostgreSQL {oldest} to {NEWEST}");
        report.warn(subject, "version", found, help);
    } else {
        report.ok(subject, "version", found);
    }
}

fn encoding(part: Part, facts: &Facts, subject: &str, report: &mut Report) {
    let help = match (part, facts.encoding.as_str()) {
        (_, "UTF8") => return report.ok(subject, "encoding", "UTF8"),
        (Part::Merge, _) => {
            "characters that it does not have stop a batch; a merge database is best created with \
             encoding 'UTF8' template template0"
        }
        (Part::Source, "SQL_ASCII") => {
            "the server does not check its texts; bytes that are not UTF-8 stop a batch"
        }
        (Part::Source, _) => return report.ok(subject, "encoding", &facts.encoding),
    };
    report.warn(subject, "encoding", &facts.encoding, help);
}

/// (`default_transaction_read_only` does not matter: what writes begins so.)
fn writable(part: Part, facts: &Facts, subject: &str, report: &mut Report) {
    match (part, facts.standby) {
        (Part::Merge, true) => {
            report.fail(subject, "writable", "a standby", "name the primary server in the model");
        }
        (Part::Merge, false) => {}
        (Part::Source, true) if !facts.standby_feedback => report.warn(
            subject,
            "standby",
            "a standby without hot_standby_feedback",
            "long reads may be cancelled there and are tried again; `hot_standby_feedback = on` or \
             a longer max_standby_streaming_delay lets them end",
        ),
        (Part::Source, true) => report.ok(subject, "standby", "a standby with feedback"),
        (Part::Source, false) => {}
    }
}

fn timeouts(part: Part, facts: &Facts, subject: &str, place: &Place, report: &mut Report) {
    let mut limit = |name: &str, ms: i64, meaning: &str, statement: &'static str| {
        let found = format!("{name} is {} s for {}", seconds(ms), facts.me);
        let help = format!("{meaning}; lift it for this role: see below");
        report.warn(subject, "timeouts", found, help);
        set(facts, place, statement, report);
    };
    // The source's sessions set their own statement_timeout.
    if part == Part::Merge && facts.statement_timeout > 0 {
        let meaning = "a merge or a first load that takes longer is cancelled";
        limit("statement_timeout", facts.statement_timeout, meaning, "statement_timeout = 0");
    }
    if facts.transaction_timeout > 0 {
        let meaning = "a snapshot or a merge that takes longer is cancelled";
        limit("transaction_timeout", facts.transaction_timeout, meaning, "transaction_timeout = 0");
    }
    let idle = facts.idle_in_transaction_timeout;
    if part == Part::Merge && (1..IDLE_MS).contains(&idle) {
        let meaning = "a transaction that waits for its worker is cut";
        let statement = "idle_in_transaction_session_timeout = '5min'";
        limit("idle_in_transaction_session_timeout", idle, meaning, statement);
    }
}

/// Seconds with the tenths that matter.
fn seconds(ms: i64) -> String {
    if ms % 1_000 == 0 {
        (ms / 1_000).to_string()
    } else {
        format!("{}.{:03}", ms / 1_000, ms % 1_000)
    }
}

/// A setting of the role in this database, which goes before all others.
fn set(facts: &Facts, place: &Place, setting: &'static str, report: &mut Report) {
    let (me, database) = (Ident::new(&facts.me), Ident::new(&place.database));
    let setting = Sql::text(setting);
    let statement =
        sql!("alter role {me} in database {database} set {setting}", me, database, setting);
    report.run(place, RunBy::Role(facts.me.clone()), &statement);
}

fn capacity(facts: &Facts, sessions: u32, subject: &str, report: &mut Report) {
    let limits = [facts.connections, facts.role_connections, facts.database_connections];
    let limits = limits.into_iter().filter_map(|limit| u32::try_from(limit).ok());
    let most = limits.min().unwrap_or(u32::MAX);
    let found = format!("{sessions} of at most {most} when all are busy");
    if sessions > most {
        report.warn(
            subject,
            "sessions",
            found,
            "raise max_connections (or the role's or database's own limit), or give fewer slots to \
             the classes, or lower max_sessions of the source",
        );
    } else {
        report.ok(subject, "sessions", found);
    }
}

/// Whether one transaction can hold that many locks while others go on.
pub(super) fn locks(facts: &Facts, needed: usize, subject: &str, report: &mut Report) {
    let most = usize::try_from(facts.locks).unwrap_or(usize::MAX);
    let found = format!("one transaction takes about {needed} of {most}");
    if needed > most / 2 {
        let help =
            "raise max_locks_per_transaction and restart the server, or say `streams: single`";
        report.warn(subject, "locks", found, help);
    } else {
        report.ok(subject, "locks", found);
    }
}

#[cfg(test)]
mod tests {
    use super::{super::report::Verdict, *};

    fn facts() -> Facts {
        Facts {
            me: "Rw \"1\"".into(),
            superuser: false,
            version: 180_001,
            version_text: "18.1".into(),
            encoding: "UTF8".into(),
            tls: None,
            standby: false,
            standby_feedback: false,
            connections: 97,
            role_connections: -1,
            database_connections: -1,
            locks: 6_400,
            statement_timeout: 0,
            transaction_timeout: 0,
            idle_in_transaction_timeout: 0,
            unsafe_settings: vec![],
        }
    }

    fn judged(part: Part, change: impl FnOnce(&mut Facts)) -> Report {
        let (mut facts, mut report) = (facts(), Report::default());
        change(&mut facts);
        let place = Place { host: "db".into(), port: 5432, database: "Data".into() };
        judge(part, &facts, 40, "here", &place, &mut report);
        report
    }

    /// The checks that are not green, with their verdict.
    fn complaints(report: &Report) -> Vec<(Verdict, &str)> {
        let bad = report.checks.iter().filter(|check| check.verdict != Verdict::Ok);
        bad.map(|check| (check.verdict, check.name)).collect()
    }

    type Change = fn(&mut Facts);
    type Complaints = &'static [(Verdict, &'static str)];

    #[test]
    fn each_setting_has_its_verdict_for_each_part() {
        let cases: [(Change, Complaints, Complaints); 11] = [
            (|_| {}, &[], &[]),
            (|f| f.version = 140_009, &[(Verdict::Fail, "version")], &[]),
            (|f| f.version = 130_009, &[(Verdict::Fail, "version")], &[(Verdict::Fail, "version")]),
            (|f| f.version = 190_000, &[(Verdict::Warn, "version")], &[(Verdict::Warn, "version")]),
            (|f| f.encoding = "LATIN1".into(), &[(Verdict::Warn, "encoding")], &[]),
            (
                |f| f.encoding = "SQL_ASCII".into(),
                &[(Verdict::Warn, "encoding")],
                &[(Verdict::Warn, "encoding")],
            ),
            (|f| f.standby = true, &[(Verdict::Fail, "writable")], &[(Verdict::Warn, "standby")]),
            (|f| f.statement_timeout = 30_000, &[(Verdict::Warn, "timeouts")], &[]),
            (
                |f| f.transaction_timeout = 1,
                &[(Verdict::Warn, "timeouts")],
                &[(Verdict::Warn, "timeouts")],
            ),
            (
                |f| f.role_connections = 39,
                &[(Verdict::Warn, "sessions")],
                &[(Verdict::Warn, "sessions")],
            ),
            (|f| f.unsafe_settings.push("fsync".into()), &[(Verdict::Warn, "durability")], &[]),
        ];
        for (number, (change, merge, source)) in cases.into_iter().enumerate() {
            assert_eq!(complaints(&judged(Part::Merge, change)), merge, "case {number}, merge");
            assert_eq!(complaints(&judged(Part::Source, change)), source, "case {number}, source");
        }
    }

    #[test]
    fn a_limit_is_lifted_for_the_role_in_its_database() {
        let report = judged(Part::Merge, |facts| facts.statement_timeout = 1_500);
        assert_eq!(
            report.scripts[0].statements,
            ["alter role \"Rw \"\"1\"\"\" in database \"Data\" set statement_timeout = 0"]
        );
        let said = report.checks.iter().find(|check| check.name == "timeouts").unwrap();
        assert_eq!(said.found, "statement_timeout is 1.500 s for Rw \"1\"");
    }
}
