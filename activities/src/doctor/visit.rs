//! A connection, or what stood in its way and what to do about it.

use sqlx::{PgConnection, postgres::PgConnectOptions};
use teal_model::{
    Error,
    release::{CredentialStore, PostgresEndpoint},
};

use super::{
    report::{Place, Report, RunBy},
    told,
};
use crate::{
    code, credentials,
    pg::{self, Ident, sql},
};

/// Name of our sessions in `pg_stat_activity`.
pub(super) const APPLICATION: &str = "teal/doctor";

/// An open session and how to open another one like it.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) connection: PgConnection,
    pub(super) options: PgConnectOptions,
}

/// Why there is no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shut {
    /// The role may log in but not connect to this database: what it may do there is not known.
    NoConnect,
    /// The database is not there.
    NoDatabase,
    /// Everything else.
    Other,
}

/// Looks the credential up and connects with it; says how that went.
pub(super) async fn open(
    subject: &str,
    at: &PostgresEndpoint,
    store: &CredentialStore,
    report: &mut Report,
) -> Result<Visit, Shut> {
    let login = match credentials::resolve(store, at) {
        Ok(login) => login,
        Err(error) => {
            report.fail(subject, "credential", told(&error), error.help());
            return Err(Shut::Other);
        }
    };
    let secret = match (&login.password, &login.certificate) {
        (Some(_password), _) => "with a password",
        (None, Some(_certificate)) => "with a certificate",
        (None, None) => "without a password",
    };
    let found = format!("{} is {} {secret}, from {}", at.credential, login.user, login.found_in);
    report.ok(subject, "credential", found);
    let options = match pg::options(at, &login, store, APPLICATION) {
        Ok(options) => options,
        Err(error) => {
            report.fail(subject, "TLS", told(&error), error.help());
            return Err(Shut::Other);
        }
    };
    match pg::connect(&options).await {
        Ok(connection) => Ok(Visit { connection, options }),
        Err(error) => Err(refused(subject, at, &login.user, &error, report)),
    }
}

/// Says why the server did not let us in.
fn refused(
    subject: &str,
    at: &PostgresEndpoint,
    user: &str,
    error: &Error,
    report: &mut Report,
) -> Shut {
    let (name, database) = (Ident::new(user), Ident::new(&at.database));
    let mut fail = |help: String| report.fail(subject, "connection", told(error), help);
    match state(error) {
        "42501" => {
            fail(format!("grant CONNECT on the database to {name}: see below"));
            let superuser = RunBy::Superuser;
            let grant = sql!("grant connect on database {database} to {name}", database, name);
            report.run(&Place::of(at), superuser, &grant);
            Shut::NoConnect
        }
        "3D000" => {
            fail(format!(
                "create the database, or correct `database: {}` in the model",
                at.database
            ));
            Shut::NoDatabase
        }
        "28P01" => {
            fail(format!(
                "correct the password of credential {}; if there is no such role yet, as a \
                 superuser: create role {name} login, then \\password {name}",
                at.credential
            ));
            Shut::Other
        }
        "28000" => {
            fail(format!(
                "look at pg_hba.conf of the server: it needs a line for database {database}, role \
                 {name} and this machine; and the role has to exist and to have LOGIN"
            ));
            Shut::Other
        }
        "08P01" if error.one_line().contains("startup parameter") => {
            fail(
                "a connection pooler stands in between: name the server itself in the model, as \
                 Teal keeps sessions with settings of their own"
                    .to_owned(),
            );
            Shut::Other
        }
        _ if error.code() == code::PG0002 => {
            fail(format!(
                "check that a server listens at {}:{} and that nothing in between keeps this \
                 machine out",
                at.host, at.port
            ));
            Shut::Other
        }
        _ => {
            fail(error.help().to_owned());
            Shut::Other
        }
    }
}

/// SQLSTATE of an error, as its context has it.
pub(super) fn state(error: &Error) -> &str {
    let context = error.context().iter().find(|(key, _)| *key == "sqlstate");
    context.map_or("", |(_, value)| value.as_str())
}

/// Creates a database that is not there, for the role that will own it.
pub(super) fn create_database(place: &Place, owner: &str, report: &mut Report) {
    let (database, owner) = (Ident::new(&place.database), Ident::new(owner));
    let create = sql!(
        "create database {database} owner {owner} encoding 'UTF8' template template0",
        database,
        owner
    );
    report.run(&place.elsewhere(), RunBy::Superuser, &create);
}
