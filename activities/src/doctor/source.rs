//! A source: what its credential may read of what the model wants.

use serde::Deserialize;
use sqlx::{PgConnection, types::Json};
use teal_model::{Result, release::CredentialStore};

use super::{
    report::{Place, Report, RunBy},
    rights,
    scope::SourceScope,
    server,
    settings::{self, Facts, Part},
    told,
    visit::{self, Shut, Visit},
};
use crate::{
    credentials,
    pg::{Ident, PgResultExt, sql},
    source::{Subject, Wanted, postgres},
};

/// A table that the model reads, and what the session's role may do with it.
#[derive(Debug, Clone, Deserialize)]
struct Seen {
    has_schema: bool,
    has_table: bool,
    schema_owner: Option<String>,
    owner: Option<String>,
    usage: bool,
    can_select: bool,
    /// Each column that the model reads has its own grant.
    columns_only: bool,
    secured: bool,
    /// Relations that a read locks: the table, its partitions, their indexes.
    relations: i64,
}

/// One row for each wanted table, in their order, as JSON.
const SEEN: &str = "
select to_jsonb(s) from (select n.oid is not null as has_schema, c.oid is not null as has_table,
  pg_get_userbyid(n.nspowner)::text as schema_owner, pg_get_userbyid(c.relowner)::text as owner,
  coalesce(has_schema_privilege(n.oid, 'usage'), false) as usage,
  coalesce(has_table_privilege(c.oid, 'select'), false) as can_select,
  coalesce(has_any_column_privilege(c.oid, 'select'), false) as columns_only,
  coalesce(row_security_active(c.oid), false) as secured,
  (select count(*) from (
     select c.oid as relid union select relid from pg_partition_tree(c.oid)) t
   left join pg_index i on i.indrelid = t.relid) as relations
from unnest($1::text[], $2::text[]) with ordinality as w(schema_name, table_name, place)
left join pg_namespace n on n.nspname = w.schema_name
left join pg_class c on c.relnamespace = n.oid and c.relname = w.table_name
  and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by w.place) s";

/// Looks at one source, and says what its credential lacks.
pub(super) async fn examine(
    scope: &SourceScope<'_>,
    credentials: &CredentialStore,
    report: &mut Report,
) {
    let at = scope.endpoint;
    let stores = scope.stores.iter().copied().collect::<Vec<_>>().join(", ");
    let place = Place::of(at);
    let subject = format!("source {stores} {place}");
    let mut visit = match visit::open(&subject, at, credentials, report).await {
        Ok(visit) => visit,
        Err(Shut::NoConnect) => return unseen(scope, credentials, report),
        Err(Shut::NoDatabase | Shut::Other) => return,
    };
    let sessions = u32::from(at.max_sessions);
    let facts = server::look(Part::Source, &mut visit, sessions, &subject, &place, report).await;
    let Some(facts) = facts else { return };
    rights::builtins(&mut visit.connection, &facts, &subject, &place, report).await;
    match seen(&mut visit.connection, &scope.datasets).await {
        Ok(seen) => judge(scope, &facts, &seen, &subject, report),
        Err(error) => return report.fail(&subject, "tables", told(&error), error.help()),
    }
    contracts(scope, visit, &subject, report).await;
}

async fn seen(connection: &mut PgConnection, datasets: &[Wanted<'_>]) -> Result<Vec<Seen>> {
    let tables = datasets.iter().map(|wanted| &wanted.dataset.source);
    let (schemas, names): (Vec<&str>, Vec<&str>) =
        tables.map(|table| (table.schema.as_str(), table.name.as_str())).unzip();
    let seen: Vec<Json<Seen>> = sqlx::query_scalar(SEEN)
        .bind(&schemas)
        .bind(&names)
        .fetch_all(connection)
        .await
        .during("looking for the source's tables")?;
    Ok(seen.into_iter().map(|Json(seen)| seen).collect())
}

/// What each table lacks, with the grants.
fn judge(
    scope: &SourceScope<'_>,
    facts: &Facts,
    seen: &[Seen],
    subject: &str,
    report: &mut Report,
) {
    let (me, place) = (Ident::new(&facts.me), Place::of(scope.endpoint));
    let mut readable = 0;
    for (wanted, seen) in scope.datasets.iter().zip(seen) {
        let dataset = wanted.dataset;
        let mut help = String::new();
        let mut lacks = Vec::new();
        if !seen.has_table {
            let what = if seen.has_schema { "table or view" } else { "schema of" };
            report.fail(
                subject,
                "tables",
                format!("there is no {what} {}", dataset.source),
                format!("correct its `table`, where it is misspelt; {}", wanted.if_it_went()),
            );
            continue;
        }
        if !seen.usage {
            let schema = Ident::new(&dataset.source.schema);
            lacks.push("USAGE on its schema");
            let grant = sql!("grant usage on schema {schema} to {me}", schema, me);
            report.run(&place, owner(seen.schema_owner.as_deref()), &grant);
        }
        if !seen.can_select {
            lacks.push("SELECT");
            if seen.columns_only {
                help.push_str(
                    "; a grant on columns is not enough, as the table is locked against rewrites \
                     while it is read: offer a view of these columns instead",
                );
            }
            let table = Ident::from(&dataset.source);
            let grant = sql!("grant select on table {table} to {me}", table, me);
            report.run(&place, owner(seen.owner.as_deref()), &grant);
        }
        if seen.secured {
            lacks.push("BYPASSRLS (its row-level security hides rows)");
            help.push_str("; or read a view that says which rows are meant");
            let alter = sql!("alter role {me} bypassrls", me);
            report.run(&place, RunBy::Superuser, &alter);
        }
        if lacks.is_empty() {
            readable += 1;
            continue;
        }
        let found = format!("{} lacks {} for {}", facts.me, lacks.join(" and "), dataset.source);
        report.fail(subject, "grants", found, format!("run the statements below{help}"));
    }
    report.ok(subject, "tables", format!("{readable} of {} can be read", scope.datasets.len()));
    let locks: i64 = seen.iter().map(|seen| seen.relations).sum();
    settings::locks(facts, usize::try_from(locks).unwrap_or(usize::MAX), subject, report);
}

fn owner(role: Option<&str>) -> RunBy {
    role.map_or(RunBy::Superuser, |role| RunBy::Owner(role.to_owned()))
}

/// Whether keys and columns are those of the model, as an ingest would look.
async fn contracts(scope: &SourceScope<'_>, visit: Visit, subject: &str, report: &mut Report) {
    let datasets: Vec<(Wanted<'_>, bool)> =
        scope.datasets.iter().map(|wanted| (*wanted, false)).collect();
    let examined = match postgres::examine(visit.connection, &datasets).await {
        Ok(examined) => examined,
        Err(error) => return report.fail(subject, "columns", told(&error), error.help()),
    };
    let mut broken = false;
    for (Wanted { dataset, .. }, differences) in scope.datasets.iter().zip(examined) {
        // Missing tables and hidden rows are told above.
        for difference in differences.iter().filter(|found| found.subject != Subject::Table) {
            broken = true;
            let found = format!("{}: {}", dataset.source, difference.message);
            report.fail(subject, "columns", found, &difference.help);
        }
    }
    if !broken {
        report.ok(subject, "columns", "as the model says, where they can be seen");
    }
}

/// Without CONNECT nothing can be seen: everything that will be needed, as a grant twice is a grant.
fn unseen(scope: &SourceScope<'_>, credentials: &CredentialStore, report: &mut Report) {
    let Ok(login) = credentials::resolve(credentials, scope.endpoint) else { return };
    let (me, place) = (Ident::new(&login.user), Place::of(scope.endpoint));
    for Wanted { dataset, .. } in &scope.datasets {
        let (schema, table) = (Ident::new(&dataset.source.schema), Ident::from(&dataset.source));
        let usage = sql!("grant usage on schema {schema} to {me}", schema, me);
        let select = sql!("grant select on table {table} to {me}", table, me);
        for grant in [usage, select] {
            report.run(&place, RunBy::Superuser, &grant);
        }
    }
}
