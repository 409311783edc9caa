//! Ingest: pulls what changed at the source into staging, under a batch and an epoch of its own.
//!
//! Out: the batch is `ingested`: its rows are durable, and only its merge is missing.
//! Invariant: all datasets are read in one snapshot; a second run finds the mark of the first, or
//! reads everything again under a new epoch.
//! Read first: [`ingest`].

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use sqlx::PgPool;
use teal_model::{Error, Result, release::DatasetSpec};
use teal_proto::v1::{IngestReport, IngestRequest};

use crate::{
    Io, Pulse,
    catalog::{
        ledger::{self, Attempt, Begun, MergeTable, Staged, StagedDataset},
        resync::Treatment,
    },
    code,
    merge::{MergeStore, postgres::PostgresStore},
    pg::{
        self, Lifeline, Lines, PgResultExt,
        copy::{Watched, Watcher},
    },
    provision::dependants,
    pulse::{Progress, while_beating},
    source::{
        self, Snapshot,
        postgres::{Limits, PostgresSnapshot},
        sessions::{self, LONGEST_WAIT},
    },
    staging::Pull,
};

/// Ingests the stream's open batch, or a new one.
///
/// # Errors
/// Those of [`ledger::begin`] (fenced ones: read the ledger again), of the source
/// (`SOURCE0010` …), of staging (`STAGE0001`); `ENGINE0001` when cancelled.
pub async fn ingest(io: &Io, request: &IngestRequest, pulse: &dyn Pulse) -> Result<IngestReport> {
    let started = Instant::now();
    let beginning = Progress { doing: "beginning a batch".to_owned(), ..Progress::default() };
    let attempt =
        match while_beating(pulse, &beginning, Box::pin(ledger::begin(io, request))).await? {
            Begun::Ingested(mark) => {
                return Ok(IngestReport { staged_before: true, ..mark.report() });
            }
            Begun::Attempt(attempt) => attempt,
        };
    match Box::pin(pull_all(io, &attempt, started, pulse)).await {
        Ok(report) => Ok(report),
        Err(error) => {
            let Attempt { spec, stream_id, batch, .. } = &*attempt;
            let error = source::advised(error, spec.id.store());
            let error = ledger::or_reset(io, spec, *stream_id, *batch, error).await;
            Err(error.with("batch", batch))
        }
    }
}

async fn pull_all(
    io: &Io,
    attempt: &Attempt,
    started: Instant,
    pulse: &dyn Pulse,
) -> Result<IngestReport> {
    let ledger = io.ledger(&attempt.spec.merge).await?;
    let (mut store, here) = open_store(io, attempt).await?;
    let leasing = sessions::lease(store.connection(), &attempt.spec.source, LONGEST_WAIT, pulse);
    here.guard(leasing).await?;
    let opening = Progress { doing: "opening the source".to_owned(), ..Progress::default() };
    let limits = Limits::towards(store.connection().server_version_num());
    let opened = while_beating(pulse, &opening, open_source(io, attempt, limits)).await?;
    let (mut snapshot, there) = opened;
    let lines = Lines { here, there };
    let mut watch = Watch::new(attempt, io, ledger.clone(), lines.here.backend(), pulse);
    watch.progress.total_rows =
        attempt.tables.iter().map(|table| snapshot.estimated_rows(&table.layout.name)).sum();
    let mut datasets = Vec::new();
    for table in &attempt.tables {
        watch.turn_to(&table.dataset);
        let work = pull_one(&mut *snapshot, &mut store, &lines, attempt, table, &mut watch);
        datasets.push(work.await.map_err(|error| error.with("dataset", &table.dataset))?);
    }
    let facts = snapshot.facts().clone();
    snapshot.close().await;
    let staged = Staged {
        datasets,
        source_read_at_ms: facts.read_at_ms,
        source_snapshot: facts.snapshot,
        source_position: None,
        duration_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    };
    const MARKING: &str = "marking the batch as ingested";
    let mut connection = ledger.acquire().await.during(MARKING)?;
    let marking = ledger::mark_ingested(&mut connection, attempt, staged);
    Ok(pg::answered(io, MARKING, marking).await?.report())
}

async fn open_store<'a>(io: &'a Io, attempt: &'a Attempt) -> Result<(PostgresStore, Lifeline<'a>)> {
    let merge = &attempt.spec.merge;
    let mut connection = io.connect(merge, &attempt.application_name()).await?;
    let line = Lifeline::of(&mut connection, io, merge).await?;
    Ok((line.guard(PostgresStore::open(connection)).await?, line))
}

/// Ends what older attempts still do at the source, then opens the snapshot over all datasets.
async fn open_source<'a>(
    io: &'a Io,
    attempt: &'a Attempt,
    limits: Limits,
) -> Result<(Box<dyn Snapshot>, Lifeline<'a>)> {
    let source = &attempt.spec.source;
    let mut connection = io.connect(source, &attempt.application_name()).await?;
    let line = Lifeline::of(&mut connection, io, source).await?;
    let stream = attempt.stream();
    let datasets: Vec<&DatasetSpec> = attempt.tables.iter().map(|table| &table.layout).collect();
    let taking = async {
        if !attempt.older.is_empty() {
            ledger::terminate_older_backends(&mut connection, stream, &attempt.older).await?;
        }
        PostgresSnapshot::take(connection, stream.store(), &datasets, limits).await
    };
    let snapshot = Box::pin(line.guard(taking)).await?;
    Ok((io.seen(Box::new(snapshot)), line))
}

/// Decides what of a dataset has to travel, and lets it.
async fn pull_one(
    snapshot: &mut dyn Snapshot,
    store: &mut PostgresStore,
    lines: &Lines<'_>,
    attempt: &Attempt,
    table: &MergeTable,
    watch: &mut Watch<'_>,
) -> Result<StagedDataset> {
    let Decision { pull, held, travels } =
        decide(snapshot, store, lines, attempt, table, watch).await?;
    let estimated = snapshot.estimated_rows(&table.layout.name);
    watch.expects(estimated, travels.or(held).unwrap_or(estimated));
    let first_load = matches!(pull, Pull::FirstLoad { .. });
    let mut staged = StagedDataset {
        merge_table_id: table.id,
        staging: None,
        first_load,
        staged_rows: 0,
        staged_bytes: 0,
        source_rows: held.unwrap_or(0),
        buckets: pull.buckets().map(|buckets| buckets.numbers.clone()),
        bucket_mask: pull.buckets().map_or(0, |buckets| buckets.mask),
        compares_rows: !first_load && attempt.treatment(table) == Treatment::Compare,
    };
    if pull == Pull::Nothing {
        return Ok(staged);
    }
    // a view that sorts or sums up may be busy for long before its first row
    let opening = lines.there.guard(snapshot.rows(&table.layout.name, &pull));
    let rows = while_beating(watch.pulse, &watch.progress, opening).await?;
    let turn = Arc::clone(&rows.turn);
    let cancelled = watch.pulse.cancellation();
    let staging = store.stage(table, &pull, attempt.epoch, rows, watch, cancelled);
    let copied = lines.guard_copy(&turn, staging).await?;
    watch.finished(copied.rows, copied.bytes);
    let name =
        if first_load { table.load_name(attempt.epoch) } else { table.staging_name(attempt.epoch) };
    staged.staging = Some(name);
    (staged.staged_rows, staged.staged_bytes) = (copied.rows, copied.bytes);
    if staged.buckets.is_none() {
        staged.source_rows = copied.rows;
    }
    Ok(staged)
}

/// What is to be pulled of a dataset.
struct Decision {
    pull: Pull,
    /// Rows that the source holds, where that is known already.
    held: Option<u64>,
    /// Rows that will travel, where that is known and not all of them.
    travels: Option<u64>,
}

async fn decide(
    snapshot: &mut dyn Snapshot,
    store: &mut PostgresStore,
    lines: &Lines<'_>,
    attempt: &Attempt,
    table: &MergeTable,
    watch: &Watch<'_>,
) -> Result<Decision> {
    let whole = |pull| Decision { pull, held: None, travels: None };
    if attempt.loads(table) {
        if table.loaded {
            // it would only be found after hours of copying that the old table cannot go
            let looking = dependants::none(store.connection(), &table.table, None);
            lines.here.guard(looking).await?;
        }
        return Ok(whole(Pull::FirstLoad { batch: attempt.batch, style: table.style }));
    }
    if attempt.treatment(table) == Treatment::Compare {
        return Ok(whole(Pull::All));
    }
    let comparing =
        Progress { doing: format!("comparing {}", table.dataset), ..watch.progress.clone() };
    let left =
        while_beating(watch.pulse, &comparing, lines.here.guard(store.digest(table))).await?;
    let Some(left) = left else { return Ok(whole(Pull::All)) };
    let digest = lines.there.guard(snapshot.digest(&table.layout.name, left.mask()));
    let found = while_beating(watch.pulse, &comparing, digest).await?;
    let pull = Pull::decide(&left, &found);
    let travels = match &pull {
        Pull::Nothing => Some(0),
        Pull::Buckets(buckets) => Some(found.rows_of(&buckets.numbers)),
        Pull::All | Pull::FirstLoad { .. } => None,
    };
    Ok(Decision { pull, held: Some(found.rows()), travels })
}

/// Looks at the running copy: beats, shows progress, asks whether the target still listens.
struct Watch<'a> {
    pulse: &'a dyn Pulse,
    io: &'a Io,
    ledger: PgPool,
    attempt: &'a Attempt,
    /// Backend of the copy at the merge store.
    backend: i32,
    progress: Progress,
    /// Rows and bytes of datasets that are done.
    done: (u64, u64),
}

impl<'a> Watch<'a> {
    fn new(
        attempt: &'a Attempt,
        io: &'a Io,
        ledger: PgPool,
        backend: i32,
        pulse: &'a dyn Pulse,
    ) -> Self {
        Self { pulse, io, ledger, attempt, backend, progress: Progress::default(), done: (0, 0) }
    }

    fn turn_to(&mut self, dataset: &str) {
        self.progress.doing = format!("copying {dataset}");
        self.pulse.beat(&self.progress);
    }

    /// What was only estimated of a dataset is known better now.
    fn expects(&mut self, estimated: u64, rows: u64) {
        self.progress.total_rows = self.progress.total_rows.saturating_sub(estimated) + rows;
    }

    fn finished(&mut self, rows: u64, bytes: u64) {
        self.done = (self.done.0 + rows, self.done.1 + bytes);
        (self.progress.rows, self.progress.bytes) = self.done;
    }
}

#[async_trait]
impl Watcher for Watch<'_> {
    async fn look(&mut self, rows: u64, bytes: u64) -> Result<Watched> {
        self.progress.rows = self.done.0 + rows;
        self.progress.bytes = self.done.1 + bytes;
        self.pulse.beat(&self.progress);
        let Attempt { stream_id, epoch, .. } = *self.attempt;
        const WATCHING: &str = "watching the copy";
        let looking = async {
            let shown = ledger::progress(&self.ledger, stream_id, epoch, &self.progress).await;
            if let Err(error) = shown {
                tracing::debug!(stream = %self.attempt.stream(), %error, "progress is not shown");
            }
            let busy: Option<Option<bool>> = sqlx::query_scalar(
                "select state not like 'idle%' from pg_stat_activity where pid = $1",
            )
            .bind(self.backend)
            .fetch_optional(&self.ledger)
            .await
            .during(WATCHING)?;
            Ok(busy.flatten())
        };
        match pg::answered(self.io, WATCHING, looking).await? {
            Some(true) => Ok(Watched::GoOn),
            Some(false) => Ok(Watched::Finish),
            None => Err(Error::new(code::PG0002).with("while", WATCHING)),
        }
    }
}
