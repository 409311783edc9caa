//! What applies leave behind: nothing that nobody knows, and all that is known.

use super::shop;
use crate::testkit::plant::Plant;

/// What must give no row. `NAME` is the live platform, `NAME_h` the milestoned one; `STREAMS` are
/// those of the model.
const QUESTIONS: [(&str, &str); 14] = [
    (
        "a table that the ledger does not know",
        "select n.nspname || '.' || c.relname from pg_class c
         join pg_namespace n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p') and n.nspname in ('NAME', 'NAME_h', 'teal_retired')
         and not exists (select from teal.merge_table t where t.dropped_at is null
             and t.schema_name = n.nspname and t.table_name = c.relname)",
    ),
    (
        "a table of the ledger is gone",
        "select schema_name || '.' || table_name from teal.merge_table where dropped_at is null
         and to_regclass(format('%I.%I', schema_name, table_name)) is null",
    ),
    (
        "a table without history was kept",
        "select schema_name || '.' || table_name from teal.merge_table
         where style = 'live' and retired_at is not null",
    ),
    (
        "a table whose stream went is in use",
        "select t.schema_name || '.' || t.table_name from teal.merge_table t
         join teal.stream s on s.id = t.stream_id
         where t.retired_at is null and s.retired_at is not null",
    ),
    (
        "staging of a table that is not in use",
        "select c.relname from pg_class c where c.relnamespace = 'teal_staging'::regnamespace
         and c.relkind = 'r' and substring(c.relname from '^[sl]([0-9]+)_') not in
             (select id::text from teal.merge_table where retired_at is null)",
    ),
    (
        "staging of more than one attempt",
        "select string_agg(c.relname, ' ') from pg_class c
         where c.relnamespace = 'teal_staging'::regnamespace and c.relkind = 'r'
         group by substring(c.relname from '^[sl]([0-9]+)_') having count(*) > 1",
    ),
    (
        "a digest of a table that is not in use",
        "select merge_table_id from teal.digest where merge_table_id not in
             (select id from teal.merge_table where retired_at is null)",
    ),
    (
        "a view that the ledger does not know",
        "select n.nspname || '.' || c.relname from pg_class c
         join pg_namespace n on n.oid = c.relnamespace
         where c.relkind = 'v' and n.nspname not in ('pg_catalog', 'information_schema', 'teal')
         and not exists (select from teal.view v
             where v.schema_name = n.nspname and v.view_name = c.relname)
         and (c.relname <> '_status' or n.nspname not in (select name from teal.workspace))",
    ),
    (
        "a view of the ledger is gone",
        "select schema_name || '.' || view_name from teal.view
         where to_regclass(format('%I.%I', schema_name, view_name)) is null",
    ),
    (
        "a view of a workspace that went",
        "select schema_name || '.' || view_name from teal.view
         where workspace not in (select name from teal.workspace where not leaving)",
    ),
    (
        "a schema that nobody knows",
        "select nspname from pg_namespace where nspname !~ '^pg_' and nspname not in
             ('information_schema', 'public', 'teal', 'teal_staging', 'teal_retired', 'NAME', 'NAME_h')
         and nspname not in (select name from teal.workspace)",
    ),
    (
        "a workspace that the model does not have",
        "select name from teal.workspace where leaving or name not in ('reporting', 'stalls')",
    ),
    (
        "a stream that the model does not have",
        "select name from teal.stream where retired_at is null and name not in (STREAMS)",
    ),
    ("an apply is not over", "select hash from teal.plan where state = 'applying'"),
];

/// What is left although nothing needs it, or is missing; the streams of the last model rest.
pub(super) async fn faults(plant: &Plant) -> Vec<String> {
    let streams: Vec<String> = plant.streams.iter().map(|stream| format!("'{stream}'")).collect();
    let mut faults = Vec::new();
    for (what, query) in QUESTIONS {
        let query = query.replace("NAME", &plant.name).replace("STREAMS", &streams.join(", "));
        let found = plant.merge.rows(&query).await;
        faults.extend(found.into_iter().map(|row| format!("{what}: {row}")));
    }
    for stream in &plant.streams {
        let id = stream.workflow_id();
        if !plant.temporal.is_open(&id).await.expect("an answer") {
            faults.push(format!("no workflow runs: {id}"));
        }
    }
    for id in shop::workflows_that_end(plant) {
        if plant.temporal.is_open(&id).await.expect("an answer") {
            faults.push(format!("a workflow did not end: {id}"));
        }
    }
    faults
}
