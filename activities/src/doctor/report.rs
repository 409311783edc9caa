//! What was looked at and found, and the statements that would mend it.

use serde::Serialize;
use teal_model::release::PostgresEndpoint;

use crate::pg::Sql;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It works, but somebody should know.
    Warn,
    /// Something will not work.
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Where: `merge store db.example:5432/merge`.
    pub subject: String,
    /// What: `clock`, `version`. The same word for the same thing everywhere.
    pub name: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What to do; empty when there is nothing to do.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub help: String,
}

/// Who may run a statement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunBy {
    /// Only a superuser (where a provider gives none: its administrator).
    Superuser,
    /// The owner of what the statement names, or a superuser.
    Owner(String),
    /// The role itself, or a superuser.
    Role(String),
}

impl std::fmt::Display for RunBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Superuser => f.write_str("a superuser"),
            Self::Owner(role) => write!(f, "the owner {role}, or a superuser"),
            Self::Role(role) => write!(f, "{role} itself, or a superuser"),
        }
    }
}

/// A database of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Host of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The database.
    pub database: String,
}

impl Place {
    /// Where an endpoint of the model is.
    pub(super) fn of(endpoint: &PostgresEndpoint) -> Self {
        Self {
            host: endpoint.host.clone(),
            port: endpoint.port,
            database: endpoint.database.clone(),
        }
    }

    /// The database of the same server that is always there.
    pub(super) fn elsewhere(&self) -> Self {
        Self { database: "postgres".to_owned(), ..self.clone() }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}/{}", self.host, self.port, self.database)
    }
}

/// Statements for one database and one person, in the order in which they have to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Script {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// Who.
    pub run_by: RunBy,
    /// Without the semicolon.
    pub statements: Vec<String>,
}

/// Everything that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// In the order in which it was looked at.
    pub checks: Vec<Check>,
    /// What would mend it.
    pub scripts: Vec<Script>,
}

impl Report {
    /// The worst of all verdicts.
    pub fn verdict(&self) -> Verdict {
        self.checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Ok)
    }

    /// Checks that ended like this.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.checks.iter().filter(|check| check.verdict == verdict).count()
    }

    /// Notes that something is as it should be.
    pub fn ok(&mut self, subject: &str, name: &'static str, found: impl Into<String>) {
        self.push(subject, name, Verdict::Ok, found, "");
    }

    /// Notes something to look at, with what to do.
    pub fn warn(
        &mut self,
        subject: &str,
        name: &'static str,
        found: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(subject, name, Verdict::Warn, found, help);
    }

    /// Notes something that will not work, with what to do.
    pub fn fail(
        &mut self,
        subject: &str,
        name: &'static str,
        found: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(subject, name, Verdict::Fail, found, help);
    }

    /// Notes a check.
    pub fn push(
        &mut self,
        subject: &str,
        name: &'static str,
        verdict: Verdict,
        found: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.checks.push(Check {
            subject: subject.to_owned(),
            name,
            verdict,
            found: found.into(),
            help: help.into(),
        });
    }

    /// Adds a statement to the script of its database and person; one that is there is not repeated.
    pub fn run(&mut self, place: &Place, run_by: RunBy, statement: &Sql) {
        let statement = statement.to_string();
        let same = |script: &&mut Script| script.place == *place && script.run_by == run_by;
        match self.scripts.iter_mut().find(same) {
            Some(script) if script.statements.contains(&statement) => {}
            Some(script) => script.statements.push(statement),
            None => self.scripts.push(Script {
                place: place.clone(),
                run_by,
                statements: vec![statement],
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_grouped_by_database_and_person_and_never_repeated() {
        let at =
            |database: &str| Place { host: "db".into(), port: 5432, database: database.into() };
        let mut report = Report::default();
        let statement = Sql::text("grant connect on database shop to reader");
        report.run(&at("shop"), RunBy::Superuser, &statement);
        report.run(&at("shop"), RunBy::Superuser, &statement);
        report.run(&at("shop"), RunBy::Owner("anna".into()), &statement);
        report.run(&at("crm"), RunBy::Superuser, &statement);
        let lengths: Vec<usize> =
            report.scripts.iter().map(|script| script.statements.len()).collect();
        assert_eq!(lengths, [1, 1, 1]);
    }

    #[test]
    fn the_worst_verdict_is_the_verdict() {
        let mut report = Report::default();
        assert_eq!(report.verdict(), Verdict::Ok);
        report.warn("s", "clock", "2 s", "");
        report.ok("s", "version", "15");
        assert_eq!((report.verdict(), report.count(Verdict::Ok)), (Verdict::Warn, 1));
        report.fail("s", "login", "refused", "");
        assert_eq!(report.verdict(), Verdict::Fail);
    }
}
