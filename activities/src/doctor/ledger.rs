//! Schema `teal`: its version, and whether the session's role may work with it.

use sqlx::{PgConnection, postgres::PgConnectOptions};
use teal_model::{
    Result,
    release::{CredentialStore, Release},
};

use super::{
    report::{Place, Report, RunBy},
    scope::Scope,
    server,
    settings::{Facts, Part},
    told,
    visit::{self, Visit},
};
use crate::{
    catalog, code, credentials,
    io::WORKER_CONNECTIONS,
    pg::{self, Ident, PgResultExt, Sql, sql},
};

/// Who owns the schema, and whether we may do all in it. No row: there is no such schema.
const ACCESS: &str = "
select pg_get_userbyid(n.nspowner)::text as owner,
  has_schema_privilege(n.oid, 'usage') and not exists (
    select from pg_class c where c.relnamespace = n.oid and c.relkind in ('r', 'v')
      and not (has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert')
        and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete')))
    as complete
from pg_namespace n where n.nspname = 'teal'";

/// Looks at schema `teal` in the session's database.
pub(super) async fn examine(
    connection: &mut PgConnection,
    facts: &Facts,
    subject: &str,
    place: &Place,
    report: &mut Report,
) {
    let access: Result<Option<(String, bool)>> = sqlx::query_as(ACCESS)
        .fetch_optional(&mut *connection)
        .await
        .during("looking at the schema teal");
    match access {
        Err(error) => return report.fail(subject, "catalog", told(&error), error.help()),
        Ok(None) => return absent(connection, facts, subject, place, report).await,
        Ok(Some((owner, false))) => return closed(&owner, facts, subject, place, report),
        Ok(Some((_owner, true))) => {}
    }
    match catalog::versions(connection).await {
        Ok((applied, known)) if applied < known => report.ok(
            subject,
            "catalog",
            format!("version {applied}; `teal apply` brings it to version {known}"),
        ),
        Ok((applied, _known)) => report.ok(subject, "catalog", format!("version {applied}")),
        Err(error) => report.fail(subject, "catalog", told(&error), error.help()),
    }
}

/// Nothing is installed: may we?
async fn absent(
    connection: &mut PgConnection,
    facts: &Facts,
    subject: &str,
    place: &Place,
    report: &mut Report,
) {
    let may: Result<(bool, String)> = sqlx::query_as(
        "select has_database_privilege(d.oid, 'create'), pg_get_userbyid(d.datdba)::text
         from pg_database d where d.datname = current_database()",
    )
    .fetch_one(connection)
    .await
    .during("asking what the role may do");
    match may {
        Ok((true, _owner)) => report.ok(subject, "catalog", "not there yet: `teal apply` makes it"),
        Ok((false, owner)) => {
            let found = format!("{} may not create the schema teal", facts.me);
            report.fail(subject, "catalog", found, "run the statements below");
            let (database, me) = (Ident::new(&place.database), Ident::new(&facts.me));
            let grant = sql!("grant create on database {database} to {me}", database, me);
            report.run(place, RunBy::Owner(owner), &grant);
        }
        Err(error) => report.fail(subject, "catalog", told(&error), error.help()),
    }
}

/// It belongs to another role, which made it for itself.
fn closed(owner: &str, facts: &Facts, subject: &str, place: &Place, report: &mut Report) {
    report.fail(
        subject,
        "catalog",
        format!("{} may not work with the schema teal, which belongs to {owner}", facts.me),
        format!("log in as {owner}, or run the statements below"),
    );
    let me = Ident::new(&facts.me);
    let tables = Sql::text("select, insert, update, delete");
    for statement in [
        sql!("grant usage, create on schema teal to {me}", me),
        sql!("grant {tables} on all tables in schema teal to {me}", tables, me),
        sql!(
            "alter default privileges for role {owner} in schema teal grant {tables} on tables to {me}",
            owner = Ident::new(owner),
            tables,
            me
        ),
    ] {
        report.run(place, RunBy::Owner(owner.to_owned()), &statement);
    }
}

/// Looks at the control catalog.
pub(super) async fn examine_catalog(
    options: &PgConnectOptions,
    release: Option<&Release>,
    credentials: &CredentialStore,
    report: &mut Report,
) {
    let place = Place {
        host: options.get_host().to_owned(),
        port: options.get_port(),
        database: options.get_database().unwrap_or_default().to_owned(),
    };
    let subject = format!("catalog {place}");
    let connection = match pg::connect(options).await {
        Ok(connection) => connection,
        Err(error) => {
            let scope = release.map(Scope::of);
            if visit::state(&error) == "3D000" {
                let owner = scope
                    .as_ref()
                    .and_then(|scope| credentials::resolve(credentials, scope.merge).ok());
                let owner =
                    owner.map_or_else(|| options.get_username().to_owned(), |login| login.user);
                visit::create_database(&place, &owner, report);
            }
            if visit::state(&error) == "42501" {
                let (database, me) = (Ident::new(&place.database), options.get_username());
                let me = Ident::new(me);
                let connect = sql!("grant connect on database {database} to {me}", database, me);
                let create = sql!("grant create on database {database} to {me}", database, me);
                for grant in [connect, create] {
                    report.run(&place, RunBy::Superuser, &grant);
                }
            }
            let help = match error.code() {
                code if code == code::PG0003 => "check user and password in TEAL_CATALOG",
                _ => error.help(),
            };
            return report.fail(&subject, "connection", told(&error), help);
        }
    };
    let mut visit = Visit { connection, options: options.clone() };
    let merge = release.map(|release| &release.services.merge);
    let facts = if merge.is_some_and(|merge| Place::of(merge) == place) {
        match server::facts(&mut visit.connection).await {
            Ok(facts) => Some(facts),
            Err(error) => return report.fail(&subject, "connection", told(&error), error.help()),
        }
    } else {
        let sessions = WORKER_CONNECTIONS;
        server::look(Part::Merge, &mut visit, sessions, &subject, &place, report).await
    };
    let Some(facts) = facts else { return };
    examine(&mut visit.connection, &facts, &subject, &place, report).await;
    if let Some(merge) = merge.filter(|merge| Place::of(merge) == place)
        && let Ok(login) = credentials::resolve(credentials, merge)
    {
        one_role(&mut visit, &facts, &login.user, &subject, &place, report).await;
    }
}

/// In one database, what the one role creates the other may not touch.
async fn one_role(
    visit: &mut Visit,
    facts: &Facts,
    merge_role: &str,
    subject: &str,
    place: &Place,
    report: &mut Report,
) {
    if facts.me == merge_role {
        return report.ok(subject, "role", format!("{merge_role}, as the merge credential"));
    }
    let installed: Result<bool> =
        sqlx::query_scalar("select exists (select from pg_namespace where nspname = 'teal')")
            .fetch_one(&mut visit.connection)
            .await
            .during("looking for the schema teal");
    let found = format!("{}, but {merge_role} for the merge credential", facts.me);
    let help = format!(
        "let both be one role: export TEAL_CATALOG=postgres://{merge_role}:<password>@{place}"
    );
    if matches!(installed, Ok(false)) {
        report.fail(subject, "role", found, help);
    } else {
        report.warn(subject, "role", found, help);
    }
}
