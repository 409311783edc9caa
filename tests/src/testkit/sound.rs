//! Whether a merge store says of its sources what is true, and of itself what adds up: for tests that
//! let things die.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, PgPool, types::Json};
use teal_model::release::{DatasetSpec, TableName};

/// Faults of one kind that are told.
const SHOWN: usize = 5;

/// A merge table and where its rows come from. One that retired is compared with no source any more.
struct Kept {
    id: i64,
    style: String,
    layout: DatasetSpec,
    retired: bool,
}

/// Everything that is wrong, in words; empty: sound. Nothing may run meanwhile.
///
/// - Current rows are those of the source, value by value (as text).
/// - Of each key one version is current, and versions neither overlap nor end before they begin.
/// - Tables that retired are what their own batches made of them.
/// - Rows name committed batches only; each batch's counts are those of the versions that it made.
/// - No batch is open, nobody may commit, staging is empty.
pub(crate) async fn faults(source: &PgPool, merge: &PgPool) -> Vec<String> {
    let mut faults = Vec::new();
    for table in kept(merge).await {
        let name = table.layout.table.to_string();
        if !table.retired {
            let image = texts(source, &select(&table.layout, &table.layout.source, true, "")).await;
            let current = match table.style.as_str() {
                "live" => "",
                _ => " where teal_batch_out = 2147483647",
            };
            let place = &table.layout.table;
            let rows = texts(merge, &select(&table.layout, place, false, current)).await;
            faults.extend(differences(&name, &image, &rows));
        }
        for (what, query) in questions(&table) {
            let found =
                texts(merge, &format!("select q::text from ({query} limit {SHOWN}) q")).await;
            faults.extend(found.into_iter().map(|row| format!("{name}: {what}: {row}")));
        }
    }
    for (what, query) in LEDGER {
        let found = texts(merge, query).await;
        faults.extend(found.into_iter().map(|row| format!("{what}: {row}")));
    }
    faults
}

async fn kept(merge: &PgPool) -> Vec<Kept> {
    let rows: Vec<(i64, String, Json<DatasetSpec>, bool, String, String)> = sqlx::query_as(
        "select id, style, layout, retired_at is not null, schema_name, table_name
         from teal.merge_table
         where dropped_at is null and loaded order by schema_name, table_name",
    )
    .fetch_all(merge)
    .await
    .expect("the merge tables");
    let table = |(id, style, Json(layout), retired, schema, name)| {
        let table = TableName { schema, name };
        Kept { id, style, layout: DatasetSpec { table, ..layout }, retired }
    };
    rows.into_iter().map(table).collect()
}

fn select(layout: &DatasetSpec, from: &TableName, of_source: bool, only: &str) -> String {
    let columns = layout.columns.iter().map(|column| {
        let name = column.source.as_ref().filter(|_| of_source).unwrap_or(&column.name);
        format!("{}::text", quoted(name))
    });
    let columns: Vec<String> = columns.collect();
    format!(
        "select row({})::text from {}.{}{only}",
        columns.join(", "),
        quoted(&from.schema),
        quoted(&from.name)
    )
}

/// What must give no row.
fn questions(table: &Kept) -> Vec<(&'static str, String)> {
    let (id, layout) = (table.id, &table.layout);
    let name = format!("{}.{}", quoted(&layout.table.schema), quoted(&layout.table.name));
    let key: Vec<String> = layout.key.iter().map(|column| quoted(column)).collect();
    let key = key.join(", ");
    // a table that went from stream to stream has batches of all of them
    let committed = format!(
        "(select b.batch from teal.merge_table t join teal.batch b on b.stream_id = t.stream_id
            or b.stream_id in (select (e->>'stream')::bigint from jsonb_array_elements(t.earlier) e)
          where t.id = {id} and b.status = 'committed')"
    );
    let counts = format!(
        "from teal.batch b join teal.batch_dataset d using (stream_id, batch)
         where d.merge_table_id = {id} and b.status = 'committed' and b.batch >= coalesce(
             (select max(l.batch) from teal.batch_dataset l join teal.batch c
              on c.stream_id = l.stream_id and c.batch = l.batch
              where l.merge_table_id = {id} and l.first_load and c.status = 'committed'), 0)"
    );
    if table.style == "live" {
        return vec![
            (
                "two rows of one key",
                format!("select row({key}) from {name} group by {key} having count(*) > 1"),
            ),
            (
                "a row of no committed batch",
                format!(
                    "select row({key}, teal_batch) from {name} where teal_batch not in {committed}"
                ),
            ),
            (
                "a batch counts fewer rows than name it",
                format!(
                    "select row(b.batch, d.inserted, d.updated) {counts} and d.inserted + d.updated
                     < (select count(*) from {name} m where m.teal_batch = b.batch)"
                ),
            ),
        ];
    }
    vec![
        (
            "versions overlap",
            format!(
                "select row({key}, teal_batch_in, teal_batch_out) from (select *,
                   lead(teal_batch_in) over (partition by {key} order by teal_batch_in) as next
                   from {name}) v
                 where teal_batch_out >= next or teal_batch_out < teal_batch_in"
            ),
        ),
        (
            "a version of no committed batch",
            format!(
                "select row({key}, teal_batch_in) from {name} where teal_batch_in not in {committed}"
            ),
        ),
        (
            "a batch counts other versions than it opened and closed",
            format!(
                "select row(b.batch, d.inserted, d.updated, d.deleted) {counts}
                 and (d.inserted + d.updated, d.updated + d.deleted) <>
                 ((select count(*) from {name} m where m.teal_batch_in = b.batch),
                  (select count(*) from {name} m where m.teal_batch_out = b.batch - 1))"
            ),
        ),
    ]
}

/// What must hold for the whole ledger.
const LEDGER: [(&str, &str); 4] = [
    (
        "a batch is open",
        "select row(s.name, b.batch, b.status)::text from teal.batch b
         join teal.stream s on s.id = b.stream_id and s.retired_at is null
         where b.status in ('started', 'ingested')",
    ),
    (
        "somebody may still commit",
        "select row(s.name, t.epoch)::text from teal.stream_state t
         join teal.stream s on s.id = t.stream_id where t.epoch <> 0",
    ),
    (
        "a table holds other rows than its batches brought",
        "select row(t.schema_name, t.table_name, t.rows, sum(d.inserted) - sum(d.deleted))::text
         from teal.merge_table t join teal.batch_dataset d on d.merge_table_id = t.id
         join teal.batch b on b.stream_id = d.stream_id and b.batch = d.batch
         where t.dropped_at is null and b.status = 'committed' and b.batch >= coalesce(
             (select max(l.batch) from teal.batch_dataset l
              join teal.batch c on c.stream_id = l.stream_id and c.batch = l.batch
              where l.merge_table_id = t.id and l.first_load and c.status = 'committed'), 0)
         group by t.id having t.rows <> sum(d.inserted) - sum(d.deleted)",
    ),
    (
        "staging is left behind",
        "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname = 'teal_staging' and c.relkind = 'r'",
    ),
];

/// Rows of one side only; the first few of each.
fn differences(name: &str, image: &[String], rows: &[String]) -> Vec<String> {
    let (left, right): (BTreeSet<_>, BTreeSet<_>) = (image.iter().collect(), rows.iter().collect());
    let mut faults = Vec::new();
    if image.len() != rows.len() {
        faults.push(format!("{name}: {} rows, {} at the source", rows.len(), image.len()));
    }
    let missing = left.difference(&right).take(SHOWN);
    faults.extend(missing.map(|row| format!("{name}: missing: {row}")));
    let foreign = right.difference(&left).take(SHOWN);
    faults.extend(foreign.map(|row| format!("{name}: not at the source: {row}")));
    faults
}

async fn texts(pool: &PgPool, query: &str) -> Vec<String> {
    let result = sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_all(pool).await;
    result.unwrap_or_else(|error| panic!("{error} in: {query}"))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
