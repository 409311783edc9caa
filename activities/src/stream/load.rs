//! What a workflow needs to know of its stream, read from the catalog.

use sqlx::PgConnection;
use teal_failpoint::Boundary;
use teal_model::{Result, StreamId, release::StreamSpec};
use teal_proto::v1::{LoadReport, LoadRequest};

use crate::{
    Io,
    catalog::{
        self,
        clock::{Asker, theirs},
        control::{self, Audit, CatalogStream},
        due,
        ledger::{
            self, MergeTable,
            batch::{Batch, Status, open_batch},
            state::State,
        },
        number::{int4, small},
        resync::{self, Resync},
    },
    pg::{self, PgResultExt},
};

/// Shortest and longest start-to-close time of a bulk activity; the heartbeat is what tells a dead
/// one, this only bounds a living one.
const TIMEOUT_SECONDS: std::ops::RangeInclusive<u64> = 7_200..=86_400;

/// Rows per second that even the slowest ingest or merge reaches: a measured one does 300,000 of
/// 200 bytes, but rows may hold a megabyte each, and the wait for a session at the source counts too.
const SLOW_ROWS_PER_SECOND: u64 = 200;

/// Reads what is wanted and what the ledger holds. `remembered_batch` later than the ledger's last
/// means that the merge store was restored: the incarnation rises once (rule 5).
///
/// # Errors
/// Those of PostgreSQL. A stream that the catalog does not hold is no error: intent `gone`.
pub async fn load(io: &Io, request: &LoadRequest) -> Result<LoadReport> {
    let asker = Asker::new(request.asked_at_ms);
    let stream = control::parse(&request.stream)?;
    let catalog_uid = catalog::identity(io.control()).await?.uid.to_string();
    let Some(wanted) = control::find(io.control(), &stream).await? else {
        return Ok(LoadReport { intent: "gone".to_owned(), catalog_uid, ..LoadReport::default() });
    };
    let intent = control::intent(io.control(), wanted.id).await?;
    let pool = io.ledger(&wanted.spec.merge).await?;
    let mut ledger = pool.acquire().await.during("connecting to the merge store")?;
    let state = recover(io, &mut ledger, &stream, wanted.id, request.remembered_batch).await?;
    let ahead_ms = asker.skew(&mut ledger).await?.counted_ms();
    if ahead_ms != 0 {
        tracing::warn!(%stream, ahead_ms, "the merge store's clock differs from temporal's");
    }
    let open = open_batch(&mut ledger, wanted.id).await?;
    let tables = ledger::merge_tables(&mut ledger, wanted.id).await?;
    let next_due = next_due(&mut ledger, &wanted, &state).await?;
    let resync = Resync::of(resync::open(io.control(), wanted.id, state.resync_served).await?);
    let report = LoadReport {
        intent: intent.wanted,
        intent_reason: intent.reason,
        intent_by: intent.by,
        needs_reconcile: state.reconciled_hash != wanted.config_hash,
        next_due_at_ms: theirs(next_due.unwrap_or(0), ahead_ms),
        last_batch: small(state.last_batch),
        read_at_ms: theirs(state.now_ms, ahead_ms),
        catalog_uid,
        incarnation: state.incarnation,
        resync_wanted: resync.number,
        resync_served: state.resync_served,
        resync: resync.words(),
        ..of_config(&wanted, &tables)
    };
    Ok(with_open_batch(report, open))
}

/// What follows from the configuration and the size of the tables.
fn of_config(wanted: &CatalogStream, tables: &[MergeTable]) -> LoadReport {
    let spec = &wanted.spec;
    let timeout = timeout_seconds(spec, tables);
    LoadReport {
        config_hash: wanted.config_hash.clone(),
        ingest_queue: spec.ingest_queue(),
        merge_queue: spec.merge_queue(),
        ingest_timeout_seconds: timeout,
        merge_timeout_seconds: timeout,
        heartbeat_seconds: spec.heartbeat_seconds,
        platform: spec.id.platform().to_owned(),
        store: spec.id.store().to_owned(),
        team: spec.team.clone(),
        style: spec.style.as_str().to_owned(),
        period_seconds: spec.schedule.period_seconds().unwrap_or(0),
        ..LoadReport::default()
    }
}

/// From the rows that are there; a first load, whose size nobody knows here, gets the longest.
fn timeout_seconds(spec: &StreamSpec, tables: &[MergeTable]) -> u32 {
    let loaded = |name: &str| tables.iter().any(|table| table.loaded && table.dataset == name);
    let seconds = if spec.datasets.iter().all(|dataset| loaded(&dataset.name)) {
        let rows: u64 = tables.iter().map(|table| table.rows).sum();
        rows / SLOW_ROWS_PER_SECOND
    } else {
        u64::MAX
    };
    u32::try_from(seconds.clamp(*TIMEOUT_SECONDS.start(), *TIMEOUT_SECONDS.end()))
        .unwrap_or(u32::MAX)
}

fn with_open_batch(report: LoadReport, open: Option<Batch>) -> LoadReport {
    let Some(open) = open else { return report };
    let ingested = open.status == Status::Ingested;
    LoadReport {
        open_batch: open.number.get(),
        open_epoch: open.epoch.0,
        open_status: if ingested { "ingested" } else { "started" }.to_owned(),
        ..report
    }
}

/// The decided due time, unless the configuration (and so perhaps the schedule) changed since.
async fn next_due(
    ledger: &mut PgConnection,
    wanted: &CatalogStream,
    state: &State,
) -> Result<Option<i64>> {
    if state.reconciled_hash == wanted.config_hash {
        return Ok(due::now_or_next(&wanted.spec, state, state.next_due_at_ms));
    }
    let due = due::now_or_next(&wanted.spec, state, None);
    let write = sqlx::query(
        "update teal.stream_state set next_due_at = to_timestamp($2::bigint / 1000.0)
         where stream_id = $1",
    );
    pg::alone(ledger, write.bind(wanted.id).bind(due), Boundary::StreamDue).await?;
    Ok(due)
}

/// Reads the stream's state; when the workflow remembers a batch that the ledger lost, first raises
/// the incarnation, gives the open batch up and skips the numbers that were used before.
async fn recover(
    io: &Io,
    ledger: &mut PgConnection,
    stream: &StreamId,
    stream_id: i64,
    remembered: u32,
) -> Result<State> {
    let state = ledger::state::read_state(ledger, stream_id).await?;
    let remembered = int4(remembered);
    if remembered <= state.last_batch.max(state.lost_batch) {
        return Ok(state);
    }
    let mut transaction = pg::begin(ledger, "raising the incarnation").await?;
    ledger::seize(&mut transaction, stream, stream_id).await?;
    let raised = sqlx::query(
        "update teal.stream_state set incarnation = incarnation + 1, lost_batch = $2,
             next_batch = greatest(next_batch, least($2, 2147483645) + 1)
         where stream_id = $1 and $2 > greatest(last_batch, lost_batch)",
    )
    .bind(stream_id)
    .bind(remembered)
    .execute(&mut *transaction)
    .await
    .during("raising the incarnation")?;
    if raised.rows_affected() == 1 {
        ledger::abandon(&mut transaction, stream_id).await?;
    }
    let state = ledger::state::read_state(&mut transaction, stream_id).await?;
    pg::commit(transaction, Boundary::StreamIncarnation).await?;
    if raised.rows_affected() == 1 {
        tell_incarnation(io, stream, &state, remembered).await?;
    }
    Ok(state)
}

async fn tell_incarnation(
    io: &Io,
    stream: &StreamId,
    state: &State,
    remembered: i32,
) -> Result<()> {
    tracing::warn!(%stream, remembered, last_batch = state.last_batch,
        incarnation = state.incarnation, "the ledger lost batches; a new incarnation begins");
    let line = Audit {
        by: io.worker(),
        verb: "incarnation",
        object: &stream.workflow_id(),
        reason: "the workflow remembers a later batch than the ledger holds (restored merge store)",
        details: Some(serde_json::json!({
            "incarnation": state.incarnation,
            "remembered_batch": remembered,
            "last_batch": state.last_batch,
        })),
    };
    control::audit_alone(io.control(), &line, Boundary::StreamIncarnationAudit).await
}
