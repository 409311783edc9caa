//! A server's role that may do nothing, a model without stores, and the doctor's visit.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use teal_activities::doctor::{self, Report, Verdict};
use teal_model::{
    ModelFile,
    release::{PostgresEndpoint, Release},
};

use crate::testkit::{Credentials, Db, model};

const PASSWORD: &str = "first-day";

const PLATFORM: &str = "\
kind: Platform
name: live
services: ward
style: live
";

/// A database and a role that is new to it.
pub(super) struct Ward {
    pub(super) db: Db,
    pub(super) role: String,
    credentials: Credentials,
}

impl Ward {
    pub(super) async fn new(db: Db) -> Self {
        let role = format!("patient {}", db.name.rsplit('_').next().unwrap_or_default());
        db.run(&format!(
            "drop role if exists \"{role}\"; create role \"{role}\" login password '{PASSWORD}'"
        ))
        .await;
        let credentials = Credentials::new(&[]);
        credentials.set("merge", &role, Some(PASSWORD));
        Self { db, role, credentials }
    }

    /// The doctor's findings about the control catalog, as this role.
    pub(super) async fn catalog(&self) -> Report {
        let options = self.db.options().username(&self.role).password(PASSWORD);
        let mut report = Report::default();
        doctor::catalog(&options.into(), None, &self.credentials.store(), &mut report).await;
        report
    }

    /// The doctor's findings about a merge store, as this role.
    pub(super) async fn merge_store(&self, database: &str) -> Report {
        let mut report = Report::default();
        let release = self.release(database);
        doctor::databases(&release, &self.credentials.store(), &mut report).await;
        report
    }

    fn release(&self, database: &str) -> Release {
        let merge = PostgresEndpoint { database: database.to_owned(), ..self.db.endpoint("merge") };
        let preamble = model::preamble("ward", "ward", &merge, &self.credentials.dir());
        let model = format!("{preamble}{PLATFORM}");
        teal_model::load(&[ModelFile::new("model.yaml", model)])
            .unwrap_or_else(|found| panic!("{found:#?}"))
    }

    /// Runs what was printed, as a superuser, where it says.
    pub(super) async fn run(&self, report: &Report) {
        for script in &report.scripts {
            let options = self.db.options().database(&script.place.database);
            let mut connection = PgConnection::connect_with(&options).await.expect("a superuser");
            for statement in &script.statements {
                let result =
                    sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut connection).await;
                result.unwrap_or_else(|error| panic!("{error} in: {statement}"));
            }
            connection.close().await.ok();
        }
    }

    /// Takes away what belongs to the whole server.
    pub(super) async fn end(self) {
        let role = &self.role;
        self.db.run(&format!("drop owned by \"{role}\" cascade; drop role \"{role}\"")).await;
    }
}

/// What did not pass: `connection: …`.
pub(super) fn failures(report: &Report) -> Vec<String> {
    let failed = report.checks.iter().filter(|check| check.verdict == Verdict::Fail);
    failed.map(|check| format!("{}: {}", check.name, check.found)).collect()
}
