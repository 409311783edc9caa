//! In this process: the same functions that the workflow calls, in the same order.
//!
//! The ledger fences as always: when a worker is at the same stream, one of the two attempts loses
//! and nothing is merged twice.

use teal_activities::{Io, stream};
use teal_model::{Error, Kind, Result};
use teal_proto::v1::{
    Failure, IngestRequest, LoadReport, LoadRequest, MergeReport, MergeRequest, NoteRequest,
    ReconcileRequest,
};
use tokio_util::sync::CancellationToken;

use super::Args;
use crate::{
    code,
    exit::Exit,
    interrupt,
    session::Session,
    ui::{Printer, progress::Line},
};

pub(super) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let session = Session::open().await?;
    session.stream(&args.stream).await?;
    let cancellation = CancellationToken::new();
    let line = Line::start(printer, cancellation.clone());
    let work = Box::pin(batch(&session.io, args, &line));
    let ran = interrupt::stoppable(&cancellation, work).await;
    drop(line);
    match ran {
        Ok(report) => {
            super::report(&args.stream, &report, args.output.format, printer)?;
            Ok(Exit::Done)
        }
        Err(_stopped) if cancellation.is_cancelled() => Err(Error::new(code::CLI0009)
            .with("stream", &args.stream)
            .hint("nothing was committed; the next run takes the batch up again")),
        Err(error) => Err(error),
    }
}

/// Load, reconcile where needed, ingest, merge; a failure is noted for `teal status`.
async fn batch(io: &Io, args: &Args, line: &Line) -> Result<MergeReport> {
    let loaded = load(io, args).await?;
    let done = Box::pin(after_load(io, args, loaded, line)).await;
    if let Err(error) = &done
        && error.kind() != Kind::Fenced
    {
        note_failure(io, args, error).await;
    }
    done
}

async fn after_load(
    io: &Io,
    args: &Args,
    mut loaded: LoadReport,
    line: &Line,
) -> Result<MergeReport> {
    let name = args.stream.to_string();
    if loaded.needs_reconcile && loaded.open_status == "ingested" {
        // What was staged under the old shape is merged before the tables change.
        merge(io, args, loaded.open_batch, loaded.open_epoch, line).await?;
        loaded = load(io, args).await?;
    }
    if loaded.needs_reconcile {
        line.show(&format!("{name}: tables and views"));
        let request =
            ReconcileRequest { stream: name.clone(), config_hash: loaded.config_hash.clone() };
        Box::pin(stream::reconcile(io, &request, line)).await?;
    }
    note(io, args, "ingesting", None).await?;
    let request = IngestRequest {
        stream: name,
        config_hash: loaded.config_hash,
        accept_deletes: args.accept,
    };
    let ingested = Box::pin(stream::ingest(io, &request, line)).await?;
    let merged = merge(io, args, ingested.batch, ingested.epoch, line).await?;
    note(io, args, "waiting", None).await?;
    Ok(merged)
}

async fn merge(io: &Io, args: &Args, batch: u32, epoch: i64, line: &Line) -> Result<MergeReport> {
    note(io, args, "merging", None).await?;
    let request =
        MergeRequest { stream: args.stream.to_string(), batch, epoch, accept_deletes: args.accept };
    Box::pin(stream::merge(io, &request, line)).await
}

/// A paused or retired stream is refused here as it is by its workflow.
async fn load(io: &Io, args: &Args) -> Result<LoadReport> {
    let request = LoadRequest { stream: args.stream.to_string(), remembered_batch: 0 };
    let load = stream::load(io, &request).await?;
    if load.intent == "run" {
        return Ok(load);
    }
    Err(Error::new(code::CLI0015)
        .with("stream", &args.stream)
        .with("wanted", load.intent)
        .with("reason", load.intent_reason)
        .with("by", load.intent_by))
}

async fn note(io: &Io, args: &Args, state: &str, failure: Option<Failure>) -> Result<()> {
    let request = NoteRequest {
        stream: args.stream.to_string(),
        state: state.to_owned(),
        failures: u32::from(failure.is_some()),
        // As in the workflow: what helps by itself keeps its batch, everything else takes a new one.
        abandon_open_batch: failure
            .as_ref()
            .is_some_and(|failure| !matches!(failure.error_kind(), Kind::Transient | Kind::Fenced)),
        failure,
        ..NoteRequest::default()
    };
    stream::note(io, &request).await.map(|_report| ())
}

/// So that `teal status` tells it. The failure itself matters more than one of telling.
async fn note_failure(io: &Io, args: &Args, error: &Error) {
    let failure = Failure::from_error(error, 0);
    if let Err(untold) = note(io, args, "failing", Some(failure)).await {
        tracing::warn!(stream = %args.stream, error = %untold.one_line(), "failure not noted");
    }
}
