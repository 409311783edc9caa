//! Reconcile: makes tables and views of a stream those of its configuration.
//!
//! In: the newest configuration of the catalog. Out: how many statements that took.
//! Invariant: what alters tables is one transaction under a new epoch, so that whoever began before
//! cannot commit rows of the former layout afterwards. Views alone take no epoch: the running batch
//! goes on. Nothing to do runs nothing.
//! The workflow merges an ingested batch before it calls this; a started one is given up.

use sqlx::{PgConnection, PgPool, types::Json};
use teal_failpoint::Boundary;
use teal_model::{
    BatchId, Error, Result, StreamId,
    plan::tables::TableState,
    release::{DatasetSpec, StreamSpec, Style, WorkspaceSpec},
};
use teal_proto::v1::{ReconcileReport, ReconcileRequest};

use crate::{
    Io, Pulse,
    catalog::{
        control::{self, CatalogStream},
        ledger,
    },
    code,
    merge::postgres::ddl,
    pg::{self, Lifeline, PgResultExt, Sql},
    provision::{
        alter::{TableWork, design},
        aside, dependants,
        mend::Mend,
        schemas,
        tables::{self, InPlace},
        views::{self, Suspended, View},
    },
    pulse::{Progress, while_beating},
};

/// Longest wait for a table's lock: consumers' queries queue behind it, so it is short; the stream
/// tries again as after any transient failure.
const LOCK_TIMEOUT: &str = "5s";

/// Brings tables and views of a stream in line with its configuration.
///
/// # Errors
/// `LEDGER0001` without such a stream, `LEDGER0007` while a batch waits for its merge, `DDL0001` and
/// `DDL0002` when something of others stands in the way, `PG0005` when a lock was not to be had.
pub async fn reconcile(
    io: &Io,
    request: &ReconcileRequest,
    pulse: &dyn Pulse,
) -> Result<ReconcileReport> {
    let stream: StreamId = request
        .stream
        .parse()
        .map_err(|_bad| Error::new(code::LEDGER0001).with("stream", &request.stream))?;
    let wanted = control::asked(io, &stream).await?;
    let (mut conn, line) = Lifeline::pooled(io, &wanted.spec.merge).await?;
    let work = async {
        let views = due_views(io, &mut conn, &wanted).await?;
        bring_in_line(io, &mut conn, &wanted, &views).await
    };
    let progress = Progress { doing: format!("altering tables of {stream}"), ..Default::default() };
    let work = while_beating(pulse, &progress, Box::pin(line.guard(work)));
    work.await.map_err(|error| error.with("stream", &stream))
}

/// Puts the views of a stream, and nothing else: for a workspace that came, changed or went while
/// the stream itself stays as it is. Returns how many views were put or dropped.
///
/// # Errors
/// As [`reconcile`]; no `LEDGER0007`.
pub async fn views_only(io: &Io, stream: &StreamId) -> Result<u32> {
    let wanted = control::asked(io, stream).await?;
    let (mut conn, line) = Lifeline::pooled(io, &wanted.spec.merge).await?;
    let work = async {
        let views = due_views(io, &mut conn, &wanted).await?;
        if views::in_order(&mut conn, wanted.id, &views).await? {
            return Ok(0);
        }
        put_views(&mut conn, &wanted, &views).await
    };
    Box::pin(line.guard(work)).await.map_err(|error| error.with("stream", stream))
}

/// Views that the stream has to show now.
pub(crate) async fn due_views(
    io: &Io,
    conn: &mut PgConnection,
    wanted: &CatalogStream,
) -> Result<Vec<View>> {
    let workspaces = workspaces(io.control()).await?;
    views::due(io.control(), conn, wanted.id, &wanted.spec, &workspaces).await
}

/// Consumers of the installed release, those that are leaving excepted.
pub(crate) async fn workspaces(control: &PgPool) -> Result<Vec<WorkspaceSpec>> {
    let found: Vec<Json<WorkspaceSpec>> =
        sqlx::query_scalar("select config from teal.workspace where not leaving order by name")
            .fetch_all(control)
            .await
            .during("reading the workspaces")?;
    Ok(found.into_iter().map(|Json(workspace)| workspace).collect())
}

async fn bring_in_line(
    io: &Io,
    conn: &mut PgConnection,
    wanted: &CatalogStream,
    views: &[View],
) -> Result<ReconcileReport> {
    let in_place = tables::in_place(conn, wanted.id).await?;
    if !design(&in_place, &wanted.spec).is_empty() {
        return alter_tables(io, conn, wanted, views).await;
    }
    let statements = if views::in_order(conn, wanted.id, views).await? {
        0
    } else {
        put_views(conn, wanted, views).await?
    };
    let mut tx = pg::begin(conn, Boundary::TablesInLine.doing()).await?;
    let version: Option<i32> = sqlx::query_scalar(
        "update teal.stream_state set reconciled_hash = $2 where stream_id = $1
         returning schema_version",
    )
    .bind(wanted.id)
    .bind(&wanted.config_hash)
    .fetch_optional(&mut *tx)
    .await
    .during("recording the configuration")?;
    pg::commit(tx, Boundary::TablesInLine).await?;
    Ok(ReconcileReport {
        config_hash: wanted.config_hash.clone(),
        statements,
        schema_version: u32::try_from(version.unwrap_or_default()).unwrap_or_default(),
        abandoned_batch: 0,
    })
}

/// Again, under the lock: a process that slept must not undo what a newer configuration did.
async fn still_wanted(io: &Io, wanted: &CatalogStream) -> Result<()> {
    let stream = &wanted.spec.id;
    let now = control::require(io.control(), stream).await?;
    if now.config_hash != wanted.config_hash {
        return Err(Error::new(code::LEDGER0003).with("stream", stream));
    }
    let intent = control::intent(io.control(), wanted.id).await?;
    if intent.wanted == control::RETIRED {
        return Err(Error::new(code::LEDGER0004)
            .with("stream", stream)
            .with("wanted", intent.wanted)
            .with("by", intent.by));
    }
    Ok(())
}

async fn put_views(conn: &mut PgConnection, wanted: &CatalogStream, views: &[View]) -> Result<u32> {
    let mut tx = pg::begin(conn, "opening the transaction of the views").await?;
    ledger::lock_stream(&mut tx, wanted.id).await?;
    limit_waiting(&mut tx).await?;
    let count = views::sync(&mut tx, wanted.id, views).await?;
    pg::commit(tx, Boundary::ViewsPut).await?;
    Ok(count)
}

pub(crate) async fn limit_waiting(conn: &mut PgConnection) -> Result<()> {
    sqlx::query("select set_config('lock_timeout', $1, true)")
        .bind(LOCK_TIMEOUT)
        .execute(conn)
        .await
        .during("opening the DDL transaction")?;
    Ok(())
}

async fn alter_tables(
    io: &Io,
    conn: &mut PgConnection,
    wanted: &CatalogStream,
    views: &[View],
) -> Result<ReconcileReport> {
    let mut tx = pg::begin(conn, "opening the DDL transaction").await?;
    let taken = ledger::take_over(&mut tx, &wanted.spec.id, wanted.id).await?;
    still_wanted(io, wanted).await?;
    limit_waiting(&mut tx).await?;
    let in_place = tables::in_place(&mut tx, wanted.id).await?;
    check_style(&in_place, &wanted.spec)?;
    let works = design(&in_place, &wanted.spec);
    let (mut statements, mut suspended) = (0, Vec::new());
    for work in &works {
        let (count, views) = alter(&mut tx, wanted, work).await?;
        statements += count;
        suspended.push(views);
    }
    let schema_version = taken.schema_version + u32::from(statements > 0);
    statements += views::sync(&mut tx, wanted.id, views).await?;
    for views in suspended {
        views::resume(&mut tx, views).await?;
    }
    let epoch = taken.epoch;
    ledger::set_reconciled(&mut tx, wanted.id, epoch, &wanted.config_hash, schema_version).await?;
    pg::commit(tx, Boundary::TablesAlter).await?;
    tracing::info!(stream = %wanted.spec.id, statements, schema_version, "tables are in place");
    Ok(ReconcileReport {
        config_hash: wanted.config_hash.clone(),
        statements,
        schema_version,
        abandoned_batch: taken.abandoned.map_or(0, BatchId::get),
    })
}

/// The plan refuses this; a catalog that was edited by hand must not cost a history.
fn check_style(in_place: &[InPlace], spec: &StreamSpec) -> Result<()> {
    match in_place.iter().find(|table| table.table.style != spec.style) {
        Some(table) => Err(Error::new(code::PLAN0001)
            .with("table", &table.table.table)
            .with("style", table.table.style.as_str())
            .with("wanted", spec.style.as_str())),
        None => Ok(()),
    }
}

/// Does one piece of work; returns the number of statements and the views that wait for [`views::sync`].
async fn alter(
    conn: &mut PgConnection,
    wanted: &CatalogStream,
    work: &TableWork,
) -> Result<(u32, Suspended)> {
    let (stream_id, style) = (wanted.id, wanted.spec.style);
    match work {
        TableWork::Retire(table) => Ok((tables::retire(conn, table).await?, Suspended::default())),
        TableWork::Rebuild(table, dataset, _) => {
            let (moved, suspended) = aside::step_aside(conn, table).await?;
            let created = create(conn, dataset, style).await?;
            aside::succeed(conn, stream_id, table, dataset, style).await?;
            Ok((moved + created, suspended))
        }
        TableWork::Create(dataset) => {
            let created = create(conn, dataset, style).await?;
            tables::enter(conn, stream_id, dataset, style).await?;
            Ok((created, Suspended::default()))
        }
        TableWork::Recreate(table, dataset) => {
            let created = create(conn, dataset, style).await?;
            let now = TableState { layout: dataset.clone(), retained: Vec::new() };
            tables::record(conn, table.table.id, &now).await?;
            tables::unload(conn, table.table.id).await?;
            Ok((created, Suspended::default()))
        }
        TableWork::Mend(table, touched) => {
            let contested = work.contested_columns();
            let mut suspended = Suspended::default();
            if !contested.is_empty() {
                dependants::none(conn, &table.table.table, Some(&contested)).await?;
                suspended = views::suspend(conn, table.table.id).await?;
            }
            let count = run(conn, work.statements(style)?).await?;
            if touched.iter().any(|mend| matches!(mend, Mend::Retype { .. })) {
                tables::doubt_rows(conn, table, &table.table.table).await?;
            }
            Ok((count, suspended))
        }
        TableWork::Alter(table, change) => {
            let contested = work.contested_columns();
            let mut suspended = Suspended::default();
            if !contested.is_empty() {
                dependants::none(conn, &table.table.table, Some(&contested)).await?;
                suspended = views::suspend(conn, table.table.id).await?;
            }
            schemas::ensure(conn, &change.after.layout.table.schema).await?;
            let count = run(conn, work.statements(style)?).await?;
            tables::record(conn, table.table.id, &change.after).await?;
            if aside::await_columns(conn, table, change).await? {
                tables::doubt_rows(conn, table, &change.after.layout.table).await?;
            }
            Ok((count, suspended))
        }
    }
}

async fn create(conn: &mut PgConnection, dataset: &DatasetSpec, style: Style) -> Result<u32> {
    schemas::ensure(conn, &dataset.table.schema).await?;
    run(conn, ddl::create_table(dataset, style)?).await
}

async fn run(conn: &mut PgConnection, statements: Vec<Sql>) -> Result<u32> {
    let mut count = 0;
    for statement in statements {
        sqlx::query(statement).execute(&mut *conn).await.during("altering a merge table")?;
        count += 1;
    }
    Ok(count)
}
