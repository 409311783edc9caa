//! Estimates of what loads will read, from the statistics of the sources.

use std::collections::BTreeMap;

use sqlx::{Connection, PgConnection};
use teal_model::{
    Error, Result, StreamId,
    plan::{Action, Load, LoadKind, MissingCredential},
    release::{DatasetSpec, PostgresEndpoint, Release, TableName},
};

use super::{Draft, jobs::JobPlan, speed::Speed};
use crate::{
    Io, code,
    pg::{Ident, Lifeline, PgResultExt, sql},
};

/// Bytes that a slow pipe moves in an hour (50 MB/s): a load above that deserves a warning, as it
/// starts again from zero when its worker dies.
const HOUR_OF_LOADING: u64 = 180_000_000_000;

/// Rounds to two significant digits, so that a plan is the same tomorrow.
pub(crate) fn significant(number: u64) -> u64 {
    let mut unit = 1;
    while number / unit >= 100 {
        unit *= 10;
    }
    (number + unit / 2) / unit * unit
}

/// Fills in what each step loads. A source that does not answer is a warning; one whose credential
/// is missing was told of.
pub(super) async fn fill(
    io: &Io,
    wanted: &Release,
    jobs: &[JobPlan<'_>],
    missing: &[MissingCredential],
    speed: Option<Speed>,
    draft: &mut Draft,
) {
    let mut sources: BTreeMap<String, Source<'_>> = BTreeMap::new();
    let mut loads: BTreeMap<StreamId, Vec<Load>> = BTreeMap::new();
    for plan in jobs {
        let Some(job) = plan.job else { continue };
        for work in &plan.works {
            let Some((dataset, kind)) = work.loads() else { continue };
            let mine = loads.entry(job.stream.id.clone()).or_default();
            if mine.iter().any(|load| load.dataset == dataset.name) {
                continue; // mended and altered: one batch reads it for both
            }
            let endpoint = &job.stream.source;
            let key = format!("{}:{}/{}", endpoint.host, endpoint.port, endpoint.database);
            if !sources.contains_key(&key) {
                let source = Source::open(io, endpoint).await;
                let told = missing.iter().any(|missing| missing.name == endpoint.credential);
                if let Source::Silent(why) = &source
                    && !told
                {
                    draft.warn_of_silence(&key, why);
                }
                sources.insert(key.clone(), source);
            }
            let Some(source) = sources.get_mut(&key) else { continue };
            let estimate = source.estimate(dataset, draft).await;
            let mut load = Load { kind, rewrites: work.rewrites(), ..estimate };
            load.seconds = speed.zip(load.bytes).map(|(speed, bytes)| speed.seconds(bytes));
            let is_long = match (load.seconds, load.bytes) {
                (Some(seconds), _) => seconds > 3_600,
                (None, bytes) => bytes.is_some_and(|bytes| bytes > HOUR_OF_LOADING),
            };
            if is_long {
                draft.warn(format!(
                    "the load of {} ({}) may take above an hour and cannot resume",
                    dataset.name, job.stream.id
                ));
            }
            mine.push(load);
        }
    }
    for step in &mut draft.steps {
        match &mut step.action {
            Action::CreateStream { stream, loads: place, .. }
            | Action::ChangeStream { stream, loads: place, .. }
            | Action::RepairStream { stream, loads: place, .. } => {
                *place = loads.remove(stream).unwrap_or_default();
            }
            _ => {}
        }
    }
    debug_assert!(wanted.jobs.len() >= loads.len());
    for source in sources.into_values() {
        source.close().await;
    }
}

enum Source<'a> {
    Open(Box<PgConnection>, Lifeline<'a>),
    Silent(String),
}

impl<'a> Source<'a> {
    async fn open(io: &'a Io, endpoint: &PostgresEndpoint) -> Self {
        let opening = async {
            let mut connection = io.connect(endpoint, "teal/plan").await?;
            let line = Lifeline::of(&mut connection, io, endpoint).await?;
            Ok::<_, Error>((connection, line))
        };
        match opening.await {
            Ok((connection, line)) => Self::Open(Box::new(connection), line),
            Err(error) => Self::Silent(error.one_line()),
        }
    }

    async fn estimate(&mut self, dataset: &DatasetSpec, draft: &mut Draft) -> Load {
        let mut load = Load {
            dataset: dataset.name.clone(),
            kind: LoadKind::First,
            rewrites: false,
            rows: None,
            bytes: None,
            seconds: None,
        };
        let Self::Open(connection, line) = self else { return load };
        match line.guard(statistics(connection, &dataset.source)).await {
            Ok(Some(found)) => {
                load.rows = found.rows.map(significant);
                load.bytes = Some(significant(found.bytes));
            }
            Ok(None) => {
                draft.warn(format!("the source has no table {}", dataset.source));
            }
            Err(error) => {
                draft.warn(format!("no estimate of {}: {}", dataset.source, error.one_line()));
                if error.code() == code::PG0002 {
                    *self = Self::Silent(error.one_line()); // it is lost for the other tables, too
                }
            }
        }
        load
    }

    async fn close(self) {
        if let Self::Open(connection, _line) = self {
            connection.close().await.ok(); // nothing was written
        }
    }
}

/// How large a table is, or all its partitions together.
struct Statistics {
    /// Counted by ANALYZE, else extrapolated from a few pages; `None`: not even that.
    rows: Option<u64>,
    /// With indexes.
    bytes: u64,
}

/// Pages that are looked at where nobody has analysed a table.
const SAMPLED_PAGES: f64 = 200.0;

async fn statistics(
    connection: &mut PgConnection,
    table: &TableName,
) -> Result<Option<Statistics>> {
    let found: (Option<i64>, Option<i64>, i64, Option<f64>) = sqlx::query_as(
        "with named as (
           select c.oid, c.relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where n.nspname = $1 and c.relname = $2),
         parts as (
           select n.oid from named n where n.relkind <> 'p'
           union
           select t.relid from named n cross join pg_partition_tree(n.oid) t
           where n.relkind = 'p' and t.isleaf)
         select case when bool_or(c.reltuples < 0) then -1 else sum(c.reltuples)::bigint end,
                sum(pg_total_relation_size(c.oid))::bigint, (select count(*) from named),
                (sum(pg_relation_size(c.oid)) / current_setting('block_size')::int)::float8
         from parts p join pg_class c on c.oid = p.oid",
    )
    .bind(&table.schema)
    .bind(&table.name)
    .fetch_one(&mut *connection)
    .await
    .during("reading the statistics of a source table")?;
    let (rows, bytes, named, pages) = found;
    if named == 0 {
        return Ok(None);
    }
    let rows = match rows {
        Some(never) if never < 0 => sampled_rows(connection, table, pages.unwrap_or(0.0)).await,
        counted => u64::try_from(counted.unwrap_or(0)).ok(),
    };
    Ok(Some(Statistics { rows, bytes: u64::try_from(bytes.unwrap_or(0)).unwrap_or(0) }))
}

/// The rows of a table of so many pages, from a few of them. None where the role may not read it,
/// which others tell, and for what is no table.
async fn sampled_rows(connection: &mut PgConnection, table: &TableName, pages: f64) -> Option<u64> {
    if pages == 0.0 {
        return Some(0);
    }
    let percent = (SAMPLED_PAGES / pages * 100.0).min(100.0);
    let table = Ident::from(table);
    let count = sql!("select count(*)::float8 from {table} tablesample system ($1)", table);
    let sampled: f64 = sqlx::query_scalar(count).bind(percent).fetch_one(connection).await.ok()?;
    format!("{:.0}", sampled * 100.0 / percent).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_keep_two_digits() {
        for (number, expected) in
            [(0, 0), (7, 7), (99, 99), (101, 100), (155, 160), (1_234_567, 1_200_000)]
        {
            assert_eq!(significant(number), expected);
        }
    }
}
