//! The merge store: what its credential may create, own and grant.

use std::collections::BTreeSet;

use serde::Deserialize;
use sqlx::{PgConnection, types::Json};
use teal_model::{Result, release::CredentialStore};

use super::{
    ledger,
    report::{Place, Report, RunBy},
    rights,
    scope::Scope,
    server,
    settings::{self, Facts, Part},
    told,
    visit::{self, Shut},
};
use crate::{
    credentials,
    pg::{Ident, PgResultExt, sql},
    provision::roles,
};

/// First version in which CREATEROLE is not a right over all roles, but over those of one's own.
const ROLES_HAVE_ADMINS: i32 = 160_000;

/// What the role may do in the database.
#[derive(Debug, Clone, Deserialize)]
struct Rights {
    createrole: bool,
    can_create: bool,
    database_owner: String,
}

const RIGHTS: &str = "
select to_jsonb(f) from (select r.rolcreaterole or r.rolsuper as createrole,
  has_database_privilege(d.oid, 'create') as can_create,
  pg_get_userbyid(d.datdba)::text as database_owner
from pg_roles r, pg_database d
where r.rolname = current_user and d.datname = current_database()) f";

/// A schema that Teal needs and that is there.
#[derive(Debug, Clone, Deserialize)]
struct SchemaSeen {
    name: String,
    owner: String,
    /// The role owns it, or is a member of the role that does.
    mine: bool,
    /// It may create in it, and let others use it.
    open: bool,
}

const SCHEMAS: &str = "
select to_jsonb(s) from (select n.nspname::text as name, pg_get_userbyid(n.nspowner)::text as owner,
  pg_has_role(n.nspowner, 'usage') as mine,
  has_schema_privilege(n.oid, 'create')
    and has_schema_privilege(n.oid, 'usage with grant option') as open
from pg_namespace n where n.nspname = any($1) order by 1) s";

/// A reader role of the model.
#[derive(Debug, Clone, Default)]
struct ReaderSeen {
    name: String,
    exists: bool,
    /// The session's role may grant it, rename it and drop it.
    admin: bool,
    /// Whether its members have to change.
    changes: bool,
    /// Members of the model that are no roles here.
    unknown: Vec<String>,
}

/// Looks at the merge store, and says what its credential lacks.
pub(super) async fn examine(scope: &Scope<'_>, credentials: &CredentialStore, report: &mut Report) {
    let place = Place::of(scope.merge);
    let subject = format!("merge store {place}");
    let mut visit = match visit::open(&subject, scope.merge, credentials, report).await {
        Ok(visit) => visit,
        Err(shut) => return unseen(scope, shut, &place, credentials, report),
    };
    let sessions = scope.merge_sessions;
    let looked = server::look(Part::Merge, &mut visit, sessions, &subject, &place, report).await;
    let Some(facts) = looked else { return };
    let connection = &mut visit.connection;
    rights::builtins(connection, &facts, &subject, &place, report).await;
    ledger::examine(connection, &facts, &subject, &place, report).await;
    match seen(connection, scope).await {
        Ok((rights, schemas, readers)) => {
            judge_schemas(scope, &facts, &rights, &schemas, &subject, &place, report);
            judge_readers(&facts, &rights, &readers, &subject, &place, report);
        }
        Err(error) => report.fail(&subject, "grants", told(&error), error.help()),
    }
    // A reconcile alters each table with its key, its staging and its views.
    settings::locks(&facts, scope.largest_stream * 8, &subject, report);
}

async fn seen(
    connection: &mut PgConnection,
    scope: &Scope<'_>,
) -> Result<(Rights, Vec<SchemaSeen>, Vec<ReaderSeen>)> {
    const LOOKING: &str = "asking what the role may do";
    let Json(rights) =
        sqlx::query_scalar(RIGHTS).fetch_one(&mut *connection).await.during(LOOKING)?;
    let names: Vec<&String> = scope.schemas.iter().collect();
    let schemas: Vec<Json<SchemaSeen>> = sqlx::query_scalar(SCHEMAS)
        .bind(&names)
        .fetch_all(&mut *connection)
        .await
        .during(LOOKING)?;
    let schemas = schemas.into_iter().map(|Json(schema)| schema).collect();
    let mut readers = Vec::new();
    for (name, members) in &scope.readers {
        let mut reader = ReaderSeen { name: (*name).to_owned(), ..ReaderSeen::default() };
        for member in *members {
            if !roles::exists(connection, member).await? {
                reader.unknown.push(member.clone());
            }
        }
        if roles::exists(connection, name).await? {
            reader.exists = true;
            reader.admin = roles::is_admin(connection, name).await?;
            let wanted: BTreeSet<&String> = members.iter().collect();
            let now = roles::members(connection, name).await?;
            reader.changes = now.iter().collect::<BTreeSet<_>>() != wanted;
        }
        readers.push(reader);
    }
    Ok((rights, schemas, readers))
}

fn judge_schemas(
    scope: &Scope<'_>,
    facts: &Facts,
    rights: &Rights,
    schemas: &[SchemaSeen],
    subject: &str,
    place: &Place,
    report: &mut Report,
) {
    let me = Ident::new(&facts.me);
    let mut complete = true;
    let there: BTreeSet<&String> = schemas.iter().map(|schema| &schema.name).collect();
    let missing: Vec<&str> =
        scope.schemas.iter().filter(|name| !there.contains(name)).map(String::as_str).collect();
    if !missing.is_empty() && !rights.can_create {
        complete = false;
        let found = format!("{} may not create the schemas {}", facts.me, missing.join(", "));
        report.fail(subject, "schemas", found, "run the statements below");
        let database = Ident::new(&place.database);
        let grant = sql!("grant create on database {database} to {me}", database, me);
        report.run(place, RunBy::Owner(rights.database_owner.clone()), &grant);
    }
    for schema in schemas.iter().filter(|schema| !schema.mine && !schema.open) {
        complete = false;
        let found = format!("schema {} belongs to {}", schema.name, schema.owner);
        let help = "run the statements below; or choose another name in the model";
        report.fail(subject, "schemas", found, help);
        let name = Ident::new(&schema.name);
        let grant =
            sql!("grant usage, create on schema {name} to {me} with grant option", name, me);
        report.run(place, RunBy::Owner(schema.owner.clone()), &grant);
    }
    if complete {
        let found = format!("{} there, {} to be created", schemas.len(), missing.len());
        report.ok(subject, "schemas", found);
    }
}

fn judge_readers(
    facts: &Facts,
    rights: &Rights,
    readers: &[ReaderSeen],
    subject: &str,
    place: &Place,
    report: &mut Report,
) {
    let me = Ident::new(&facts.me);
    let mut complete = true;
    let unknown: BTreeSet<&String> = readers.iter().flat_map(|reader| &reader.unknown).collect();
    for member in unknown {
        complete = false;
        let found = format!("there is no role {member}, which a workspace lists as a reader");
        let help = "create it (and give it a way to log in, if it is a person), or take it out of \
                    `readers`";
        report.fail(subject, "roles", found, help);
        let create = sql!("create role {member}", member = Ident::new(member));
        report.run(place, RunBy::Superuser, &create);
    }
    let new: Vec<&str> =
        readers.iter().filter(|reader| !reader.exists).map(|reader| reader.name.as_str()).collect();
    if !new.is_empty() && !rights.createrole {
        complete = false;
        let found = format!("{} may not create the roles {}", facts.me, new.join(", "));
        report.fail(subject, "roles", found, WITHOUT_CREATEROLE);
        let alter = sql!("alter role {me} createrole", me);
        report.run(place, RunBy::Superuser, &alter);
    }
    for reader in readers.iter().filter(|reader| reader.exists && !reader.admin) {
        // Before 16, CREATEROLE alone does.
        if facts.superuser || (rights.createrole && facts.version < ROLES_HAVE_ADMINS) {
            continue;
        }
        complete = false;
        let found = format!("{} has no ADMIN OPTION on role {}", facts.me, reader.name);
        if reader.changes {
            report.fail(subject, "roles", found, "its members cannot be changed: see below");
        } else {
            let help = "it cannot be renamed or dropped, nor get other members: see below";
            report.warn(subject, "roles", found, help);
        }
        let name = Ident::new(&reader.name);
        let grant = sql!("grant {name} to {me} with admin option", name, me);
        report.run(place, RunBy::Superuser, &grant);
    }
    if complete && !readers.is_empty() {
        let found = format!("{} there, {} to be created", readers.len() - new.len(), new.len());
        report.ok(subject, "roles", found);
    }
}

/// For who does not want to give that right away.
const WITHOUT_CREATEROLE: &str = "run the statements below. To keep CREATEROLE to yourself, create \
                                  these roles with NOLOGIN and grant each to the merge credential's \
                                  role WITH ADMIN OPTION; or say `roles: external` in the model";

/// Nothing can be seen: everything that will be needed, as a grant twice is a grant.
fn unseen(
    scope: &Scope<'_>,
    shut: Shut,
    place: &Place,
    credentials: &CredentialStore,
    report: &mut Report,
) {
    let Ok(login) = credentials::resolve(credentials, scope.merge) else { return };
    match shut {
        Shut::Other => return,
        Shut::NoDatabase => visit::create_database(place, &login.user, report),
        Shut::NoConnect => {
            let (database, me) = (Ident::new(&place.database), Ident::new(&login.user));
            let grant = sql!("grant create on database {database} to {me}", database, me);
            report.run(place, RunBy::Superuser, &grant);
        }
    }
    if !scope.readers.is_empty() {
        let alter = sql!("alter role {me} createrole", me = Ident::new(&login.user));
        let place = match shut {
            Shut::NoDatabase => &place.elsewhere(),
            Shut::NoConnect | Shut::Other => place,
        };
        report.run(place, RunBy::Superuser, &alter);
    }
}
