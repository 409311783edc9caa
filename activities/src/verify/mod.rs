//! Verification: whether merge tables hold what the last batch read, and whether their histories can
//! be true. It reads; a batch mends.
//!
//! ```text
//! first look ──nothing differs──► sound
//!     │ something differs: damage, or a source that changed since the last batch
//!     ▼
//! a batch that began after the look ──► second look: what still differs in the same way is damage
//! ```
//! Both sides are computed from rows: neither `teal_hash` nor `teal.digest` is believed. Digests of
//! hash buckets tell where to look, keys and hashes of those buckets tell which rows differ, and only
//! the values of these are compared, so a look at a sound table moves nothing but digests.
//! Read first: [`Verifier`], [`Report`], [`FaultKind`].

mod compare;
mod moment;
mod report;

use sqlx::{Connection, PgConnection};
use teal_model::{Error, Result, StreamId, release::DatasetSpec};

pub use self::report::{
    Counts, Difference, Fault, FaultKind, Findings, Key, Remedy, Report, Standing, Way,
};
use self::{compare::Comparison, moment::Moment};
use crate::{
    Io, Pulse,
    catalog::control::{self, CatalogStream},
    code,
    merge::{
        Layout,
        postgres::{
            PostgresStore,
            verify::{Target, history, ledger as counts, live},
        },
    },
    pg::{self, Lifeline, Lines},
    provision::tables::{self, InPlace},
    pulse::{Progress, while_beating},
    source::{
        self, Snapshot,
        postgres::{Limits, PostgresSnapshot},
        sessions::{self, LONGEST_WAIT},
    },
};

const VERIFYING: &str = "verifying merge tables";

/// What to verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Datasets of the stream; none: all.
    pub datasets: Vec<String>,
    /// Keys, versions or batches that are named of each kind; all are counted.
    pub limit: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { datasets: Vec::new(), limit: 20 }
    }
}

/// The verification of one stream. Its session at the merge store keeps what the first look saw.
#[derive(Debug)]
pub struct Verifier<'a> {
    io: &'a Io,
    stream: CatalogStream,
    options: Options,
    session: PgConnection,
    here: Lifeline<'a>,
    first: Option<Moment>,
}

/// Verifies a stream whose source does not change meanwhile and was read since it last did: every
/// difference is told as one.
///
/// # Errors
/// As [`Verifier::first_look`].
pub async fn at_rest(
    io: &Io,
    stream: &StreamId,
    options: &Options,
    pulse: &dyn Pulse,
) -> Result<Report> {
    let mut verifier = Box::pin(Verifier::open(io, stream, options)).await?;
    Box::pin(verifier.look(Standing::AtRest, pulse)).await
}

impl<'a> Verifier<'a> {
    /// Opens the session.
    ///
    /// # Errors
    /// `LEDGER0001` when there is no such stream, `LEDGER0041` when it has no such dataset; those of
    /// the connection.
    pub async fn open(io: &'a Io, stream: &StreamId, options: &Options) -> Result<Self> {
        let stream = control::asked(io, stream).await?;
        let datasets = stream.datasets(&options.datasets)?;
        let options = Options { datasets, ..options.clone() };
        let (session, here) = session(io, &stream).await?;
        Ok(Self { io, stream, options, session, here, first: None })
    }

    /// Compares once. Where the report [needs a batch](Report::needs_batch), let one begin now and
    /// look again when it is committed.
    ///
    /// # Errors
    /// Those of a batch that reads the source (`SOURCE0010` …) and of PostgreSQL; `ENGINE0001` when
    /// cancelled.
    pub async fn first_look(&mut self, pulse: &dyn Pulse) -> Result<Report> {
        self.look(Standing::Seen, pulse).await
    }

    /// Compares again, after a batch that began since the first look was committed.
    ///
    /// # Errors
    /// As [`Self::first_look`]; `VERIFY0001` when the tables are others than at the first look,
    /// `VERIFY0002` when there was no such batch.
    pub async fn second_look(&mut self, pulse: &dyn Pulse) -> Result<Report> {
        self.look(Standing::Confirmed, pulse).await
    }

    async fn look(&mut self, standing: Standing, pulse: &dyn Pulse) -> Result<Report> {
        let wanted = self.options.datasets.clone();
        let here = self.here.clone();
        let asking = tables_of(&mut self.session, &self.stream, &wanted);
        let before = here.guard(asking).await?;
        // Of its own, as it is given back while a batch is waited for.
        let (mut lease, holds) = session(self.io, &self.stream).await?;
        let leasing = sessions::lease(&mut lease, &self.stream.spec.source, LONGEST_WAIT, pulse);
        holds.guard(leasing).await?;
        let opening = Progress { doing: "opening the source".to_owned(), ..Progress::default() };
        let opened = while_beating(pulse, &opening, self.open_source(&lease, &before)).await?;
        let (mut source, there): (Box<dyn Snapshot>, _) = (Box::new(opened.0), opened.1);
        here.guard(self.pass(standing, &before)).await?;
        let visiting = async {
            let mut visit = pg::visit(&mut self.session, VERIFYING).await?;
            let tables = tables_of(&mut visit, &self.stream, &wanted).await?;
            Ok((visit, tables))
        };
        let (mut visit, tables) = here.guard(visiting).await?;
        let lines = Lines { here, there };
        if moment::shapes(&tables)? != moment::shapes(&before)? {
            return Err(Error::new(code::VERIFY0001).with("stream", &self.stream.spec.id));
        }
        let mut datasets = Vec::new();
        for table in &tables {
            let mut comparison = Comparison {
                connection: &mut visit,
                source: &mut *source,
                lines: &lines,
                standing,
                limit: self.options.limit,
                pulse,
            };
            let found = Box::pin(findings(&mut comparison, table)).await;
            let advised = |error: Error| {
                let error = error.with("dataset", &table.table.dataset);
                source::advised(error, self.stream.spec.id.store())
            };
            datasets.push(found.map_err(advised)?);
        }
        let leaving = async {
            let batch = moment::last_batch(&mut visit, self.stream.id).await?;
            pg::leave(visit, VERIFYING).await?;
            Ok(batch)
        };
        let batch = lines.here.guard(leaving).await?;
        source.close().await;
        lease.close().await.ok(); // it has only held a lock
        Ok(Report { stream: self.stream.spec.id.clone(), batch, standing, datasets })
    }

    async fn open_source(
        &self,
        lease: &PgConnection,
        tables: &[InPlace],
    ) -> Result<(PostgresSnapshot, Lifeline<'a>)> {
        let datasets: Vec<&DatasetSpec> = tables.iter().map(|table| &table.table.layout).collect();
        let limits = Limits::towards(lease.server_version_num());
        let store = self.stream.spec.id.store();
        let source = &self.stream.spec.source;
        let mut connection = self.io.connect(source, APPLICATION).await?;
        let line = Lifeline::of(&mut connection, self.io, source).await?;
        let taking = PostgresSnapshot::take(connection, store, &datasets, limits);
        let snapshot = Box::pin(line.guard(taking)).await?;
        Ok((snapshot, line))
    }

    /// A first look remembers its moment, a second one asks whether a batch began and ended since.
    async fn pass(&mut self, standing: Standing, tables: &[InPlace]) -> Result<()> {
        match (standing, &self.first) {
            (Standing::Confirmed, Some(first)) => {
                first.has_passed(&mut self.session, &self.stream, tables).await
            }
            (Standing::Confirmed, None) => {
                Err(Error::new(code::VERIFY0002).with("stream", &self.stream.spec.id))
            }
            (Standing::Seen | Standing::AtRest, _) => {
                let moment = Moment::now(&mut self.session, &self.stream, tables).await?;
                self.first = Some(moment);
                Ok(())
            }
        }
    }
}

/// Name of our sessions in `pg_stat_activity`.
const APPLICATION: &str = "teal/verify";

async fn session<'a>(io: &'a Io, stream: &CatalogStream) -> Result<(PgConnection, Lifeline<'a>)> {
    let merge = &stream.spec.merge;
    let mut connection = io.connect(merge, APPLICATION).await?;
    let line = Lifeline::of(&mut connection, io, merge).await?;
    let store = line.guard(PostgresStore::open(connection)).await?;
    Ok((store.into_connection(), line))
}

/// The tables of some datasets (none: of all), as they are.
async fn tables_of(
    connection: &mut PgConnection,
    stream: &CatalogStream,
    datasets: &[String],
) -> Result<Vec<InPlace>> {
    let mut tables = tables::in_place(connection, stream.id).await?;
    tables.retain(|table| datasets.is_empty() || datasets.contains(&table.table.dataset));
    Ok(tables)
}

/// All that is wrong with one dataset.
async fn findings(comparison: &mut Comparison<'_>, table: &InPlace) -> Result<Findings> {
    let mut found = Findings {
        dataset: table.table.dataset.clone(),
        table: table.table.table.to_string(),
        loaded: table.table.loaded,
        source_rows: 0,
        rows: 0,
        counts: Counts::default(),
        moving: 0,
        differences: Vec::new(),
        faults: Vec::new(),
    };
    if !found.loaded {
        return Ok(found);
    }
    if let Some(fault) = shape(table) {
        found.faults.push(fault);
        if table.columns.is_none() || !table.missing_columns().is_empty() {
            return Ok(found); // there is nothing to compare, or not with all columns
        }
    }
    let target = Target {
        layout: Layout::of(&table.table.layout)?,
        table: table.table.clone(),
        retained: table.state().retained,
    };
    comparison.compare(&target, &mut found).await?;
    let progress = Progress {
        doing: format!("looking at the history of {}", found.dataset),
        ..Progress::default()
    };
    let (pulse, limit, rows) = (comparison.pulse, comparison.limit, found.rows);
    let here = &comparison.lines.here;
    let connection = &mut *comparison.connection;
    let work = async {
        let mut faults = counts::faults(connection, &target, rows).await?;
        faults.extend(if target.table.style.has_history() {
            history::faults(connection, &target, limit).await?
        } else {
            live::faults(connection, &target, limit).await?
        });
        Ok(faults)
    };
    let work = Box::pin(here.guard(work));
    found.faults.extend(while_beating(pulse, &progress, work).await?);
    Ok(found)
}

/// What somebody did to the table's shape.
fn shape(table: &InPlace) -> Option<Fault> {
    let lacks = if table.columns.is_none() {
        "the table is not there".to_owned()
    } else if !table.missing_columns().is_empty() {
        format!("columns that are not there: {}", table.missing_columns().join(", "))
    } else if !table.has_key {
        "its key is not there".to_owned()
    } else {
        return None;
    };
    Some(Fault::one(FaultKind::Shape, lacks))
}
