//! Databases and roles of a stack: what an administrator would prepare for Teal.
#![allow(clippy::disallowed_types, reason = "statements of constants and hexadecimal passwords")]

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use teal_model::{Error, Result};

use crate::code;

/// Reads every table of the source, nothing else.
pub(crate) const SOURCE_ROLE: &str = "source_reader";
/// Owns the database of the merge store and may create the readers' roles.
pub(crate) const MERGE_ROLE: &str = "merge_rw";

/// `postgres://<user>:<password>@127.0.0.1:<port>/<database>`
pub(crate) fn url(user: &str, password: &str, port: u16, database: &str) -> String {
    format!("postgres://{user}:{password}@127.0.0.1:{port}/{database}")
}

/// Database `source` and a role that reads it.
pub(crate) async fn prepare_source(port: u16, superuser: &str, reader: &str) -> Result<()> {
    prepare(
        port,
        superuser,
        &[
            role(SOURCE_ROLE, "", reader),
            format!("grant pg_read_all_data to {SOURCE_ROLE}"),
            "create database source".to_owned(),
        ],
    )
    .await
}

/// Database `merge` and the role that owns it.
pub(crate) async fn prepare_merge(port: u16, superuser: &str, password: &str) -> Result<()> {
    prepare(
        port,
        superuser,
        &[
            role(MERGE_ROLE, "createrole", password),
            format!("create database merge owner {MERGE_ROLE}"),
        ],
    )
    .await
}

fn role(name: &str, options: &str, password: &str) -> String {
    format!(
        "do $$ begin
           if not exists (select from pg_roles where rolname = '{name}') then
             create role {name} login {options};
           end if;
           alter role {name} password '{password}';
         end $$"
    )
}

/// Runs statements as superuser; a database that exists already is fine. All text is of this
/// program: names are constants, passwords are hexadecimal.
async fn prepare(port: u16, superuser: &str, statements: &[String]) -> Result<()> {
    let failed = |error: sqlx::Error| Error::new(code::DEV0007).with("port", port).caused_by(error);
    let url = url("postgres", superuser, port, "postgres");
    let mut connection = PgConnection::connect(&url).await.map_err(failed)?;
    for statement in statements {
        let text = AssertSqlSafe(statement.clone());
        match sqlx::raw_sql(text).execute(&mut connection).await {
            Err(error) if !exists_already(&error) => return Err(failed(error)),
            Ok(_) | Err(_) => {}
        }
    }
    connection.close().await.map_err(failed)
}

fn exists_already(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .is_some_and(|code| code == "42P04")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_that_cannot_be_prepared_is_told_without_its_password() {
        let error = prepare(1, "hunter2", &[]).await.unwrap_err();
        assert_eq!(error.code(), code::DEV0007);
        assert!(!error.one_line().contains("hunter2"), "{}", error.one_line());
    }
}
