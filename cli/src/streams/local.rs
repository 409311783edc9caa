//! In this process: the same functions that the workflow calls, in the same order.
//!
//! The ledger fences as always: when a worker is at the same stream, one of the two attempts loses
//! and nothing is merged twice.

use teal_activities::{Io, stream};
use teal_model::{Error, Kind, Result, StreamId};
use teal_proto::v1::{
    Failure, IngestReport, IngestRequest, LoadReport, LoadRequest, MergeReport, MergeRequest,
    NoteRequest, ReconcileRequest,
};
use tokio_util::sync::CancellationToken;

use super::{Done, Outcome};
use crate::{
    code, interrupt,
    session::Session,
    ui::{Printer, progress::Line},
};

/// Runs one batch of each stream, one after another. Ctrl-C ends the batch that runs and begins no
/// other.
pub(crate) async fn batches(
    session: &Session,
    streams: &[StreamId],
    accept_deletes: bool,
    printer: Printer,
) -> Vec<Outcome> {
    let cancellation = CancellationToken::new();
    each(streams, async |stream| {
        if cancellation.is_cancelled() {
            return Err(Error::new(code::CLI0009).with("stream", stream));
        }
        let line = Line::start(printer, cancellation.clone());
        let batch = Batch { io: &session.io, stream, accept_deletes, line: &line };
        match interrupt::stoppable(&cancellation, Box::pin(batch.run())).await {
            Ok(report) => Ok(Done::committed(stream, &report)),
            Err(_stopped) if cancellation.is_cancelled() => Err(Error::new(code::CLI0009)
                .with("stream", stream)
                .hint("nothing was committed; the next run takes the batch up again")),
            Err(error) => Err(error),
        }
    })
    .await
}

/// Does something to each stream, one after another; a failure of one does not keep the others.
pub(crate) async fn each(
    streams: &[StreamId],
    act: impl AsyncFn(&StreamId) -> Result<Done>,
) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for stream in streams {
        outcomes.push(Outcome { stream: stream.clone(), ended: act(stream).await });
    }
    outcomes
}

/// One batch of one stream.
struct Batch<'a> {
    io: &'a Io,
    stream: &'a StreamId,
    accept_deletes: bool,
    line: &'a Line,
}

impl Batch<'_> {
    /// Load, reconcile where needed, ingest, merge; a failure is noted for `teal status`.
    async fn run(&self) -> Result<MergeReport> {
        let loaded = self.load().await?;
        let done = Box::pin(self.after_load(loaded)).await;
        if let Err(error) = &done
            && error.kind() != Kind::Fenced
        {
            self.note_failure(error).await;
        }
        done
    }

    async fn after_load(&self, mut loaded: LoadReport) -> Result<MergeReport> {
        let name = self.stream.to_string();
        if loaded.needs_reconcile && loaded.open_status == "ingested" {
            // What was staged under the old shape is merged before the tables change.
            self.merge_older(loaded.open_batch, loaded.open_epoch).await?;
            loaded = self.load().await?;
        }
        if loaded.needs_reconcile {
            self.line.show(&format!("{name}: tables and views"));
            let request =
                ReconcileRequest { stream: name.clone(), config_hash: loaded.config_hash.clone() };
            Box::pin(stream::reconcile(self.io, &request, self.line)).await?;
        }
        let request = IngestRequest {
            stream: name,
            config_hash: loaded.config_hash,
            accept_deletes: self.accept_deletes,
            ..IngestRequest::default()
        };
        let mut staged = self.ingest(&request).await?;
        if staged.staged_before {
            self.merge_older(staged.batch, staged.epoch).await?;
            staged = self.ingest(&request).await?;
        }
        let may_delete = self.accept_deletes && !staged.staged_before;
        let merged = self.merge(staged.batch, staged.epoch, may_delete).await?;
        self.note("waiting", None).await?;
        Ok(merged)
    }

    async fn ingest(&self, request: &IngestRequest) -> Result<IngestReport> {
        self.note("ingesting", None).await?;
        Box::pin(stream::ingest(self.io, request, self.line)).await
    }

    /// What an attempt before us staged is neither what the source holds now, nor what a permission
    /// was given for. It is given up when it cannot be merged.
    async fn merge_older(&self, batch: u32, epoch: i64) -> Result<()> {
        match self.merge(batch, epoch, false).await {
            Err(error) if !matches!(error.kind(), Kind::Transient | Kind::Fenced) => {
                self.note_failure(&error).await;
                Ok(())
            }
            merged => merged.map(|_report| ()),
        }
    }

    async fn merge(&self, batch: u32, epoch: i64, accept_deletes: bool) -> Result<MergeReport> {
        self.note("merging", None).await?;
        let request = MergeRequest {
            stream: self.stream.to_string(),
            batch,
            epoch,
            accept_deletes,
            ..MergeRequest::default()
        };
        Box::pin(stream::merge(self.io, &request, self.line)).await
    }

    /// A paused or retired stream is refused here as it is by its workflow.
    async fn load(&self) -> Result<LoadReport> {
        may_run(self.io, self.stream).await
    }

    async fn note(&self, state: &str, failure: Option<Failure>) -> Result<()> {
        let request = NoteRequest {
            stream: self.stream.to_string(),
            state: state.to_owned(),
            failures: u32::from(failure.is_some()),
            // As in the workflow: what helps by itself keeps its batch, everything else takes a new
            // one.
            abandon_open_batch: failure.as_ref().is_some_and(|failure| {
                !matches!(failure.error_kind(), Kind::Transient | Kind::Fenced)
            }),
            failure,
            ..NoteRequest::default()
        };
        stream::note(self.io, &request).await.map(|_report| ())
    }

    /// So that `teal status` tells it. The failure itself matters more than one of telling.
    async fn note_failure(&self, error: &Error) {
        let failure = Failure::from_error(error, 0);
        if let Err(untold) = self.note("failing", Some(failure)).await {
            tracing::warn!(stream = %self.stream, error = %untold.one_line(), "failure not noted");
        }
    }
}

/// What the catalog holds of a stream that is meant to run.
///
/// # Errors
/// `CLI0015` when it is paused or retired.
pub(crate) async fn may_run(io: &Io, stream: &StreamId) -> Result<LoadReport> {
    let request =
        LoadRequest { stream: stream.to_string(), remembered_batch: 0, ..LoadRequest::default() };
    let load = stream::load(io, &request).await?;
    if load.intent == "run" {
        return Ok(load);
    }
    Err(Error::new(code::CLI0015)
        .with("stream", stream)
        .with("wanted", load.intent)
        .with("reason", load.intent_reason)
        .with("by", load.intent_by))
}
