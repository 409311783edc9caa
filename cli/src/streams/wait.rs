//! Waiting for the batches that were asked for.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures::future::join_all;
use teal_activities::catalog::status::{self, Filter};
use teal_model::{Error, Kind, Result, StreamId};
use teal_proto::v1::{Failure, Reply, StreamStatus};
use teal_temporal::{Temporal, names};
use tokio_util::sync::CancellationToken;

use super::{Done, Outcome};
use crate::{
    code,
    session::Session,
    ui::{
        Printer,
        progress::{Line, rows},
    },
};

/// How often the workflow of one stream is asked. Each question costs a worker one cached workflow
/// task, so of many streams each is asked more rarely: about 16 questions a second in all.
const ASK_EVERY: Duration = Duration::from_millis(500);
const STREAMS_IN_THAT_TIME: usize = 8;
/// A worker that is restarted answers nothing for a while; above this many silent questions in a
/// row the waiting ends.
const SILENT_TRIES: u32 = 5;

/// What a stream promised.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket {
    run: u64,
    /// 0: an ordinary batch.
    resync: u64,
}

impl From<&Reply> for Ticket {
    fn from(reply: &Reply) -> Self {
        Self { run: reply.ticket, resync: reply.resync }
    }
}

/// Waits until every stream has kept its promise, or failed to.
pub(crate) async fn served(
    session: &Session,
    temporal: &Temporal,
    tickets: Vec<(StreamId, Ticket)>,
    printer: Printer,
) -> Vec<Outcome> {
    let count = tickets.len();
    let wait = Wait {
        session,
        temporal,
        line: Line::start(printer, CancellationToken::new()),
        count,
        open: AtomicUsize::new(count),
        every: ASK_EVERY * u32::try_from(count.div_ceil(STREAMS_IN_THAT_TIME)).unwrap_or(1).max(1),
    };
    join_all(tickets.into_iter().map(|(stream, ticket)| wait.one(stream, ticket))).await
}

/// All that are waited for.
struct Wait<'a> {
    session: &'a Session,
    temporal: &'a Temporal,
    line: Line,
    count: usize,
    open: AtomicUsize,
    every: Duration,
}

impl Wait<'_> {
    async fn one(&self, stream: StreamId, ticket: Ticket) -> Outcome {
        let status = self.status(&stream, ticket).await;
        self.open.fetch_sub(1, Ordering::Relaxed);
        let ended = status.and_then(|status| outcome(&stream, &status, ticket));
        Outcome { stream, ended }
    }

    /// The first status in which the run of this ticket has ended, or never will begin.
    async fn status(&self, stream: &StreamId, ticket: Ticket) -> Result<StreamStatus> {
        let workflow = names::stream_workflow(stream);
        let (mut silent, mut told) = (0, None);
        loop {
            match self.temporal.status(&workflow).await {
                Ok(status) if status.runs_served >= ticket.run => return Ok(status),
                Ok(status) if ["paused", "retired"].contains(&status.state.as_str()) => {
                    return Ok(status); // nobody will serve this ticket
                }
                Ok(status) => {
                    silent = 0;
                    self.tell_failure(stream, &status, &mut told);
                    self.show(stream, &status).await;
                }
                Err(error) if error.kind() == Kind::Transient && silent < SILENT_TRIES => {
                    silent += 1;
                    self.line.show(&format!("{stream}: waiting for an answer"));
                }
                Err(error) => return Err(error),
            }
            tokio::time::sleep(self.every).await;
        }
    }

    async fn show(&self, stream: &StreamId, status: &StreamStatus) {
        if self.count == 1 {
            let progress = self.progress(stream).await.unwrap_or_default();
            self.line.show(&format!("{stream}: {}{progress}", doing(status)));
        } else {
            let done = self.count - self.open.load(Ordering::Relaxed);
            let text =
                format!("{done} of {} streams done; {stream}: {}", self.count, doing(status));
            self.line.show(&text);
        }
    }

    /// How many rows the running activity has done, as the catalog knows it; empty when unknown.
    async fn progress(&self, stream: &StreamId) -> Option<String> {
        let filter = Filter { streams: vec![stream.to_string()], ..Filter::default() };
        let streams = status::streams(self.session.io.control(), &filter).await.ok()?;
        let stream = streams.first().filter(|stream| stream.state == "ingesting")?;
        let progress = stream.progress.as_ref().filter(|progress| progress.rows > 0)?;
        Some(format!(", {}", rows(progress.rows, progress.total_rows.unwrap_or(0))))
    }

    /// Each failure that the stream gets over by itself is said once; those from before, not at all.
    fn tell_failure(&self, stream: &StreamId, status: &StreamStatus, told: &mut Option<u32>) {
        let before = told.replace(status.failures);
        if let (Some(failure), Some(before)) = (failure_of(status), before)
            && status.failures > before
        {
            let state = &status.state;
            self.line.above(&format!("  {stream}: {state}, trying again: {}", failure.message));
        }
    }
}

fn doing(status: &StreamStatus) -> String {
    match status.open_batch {
        0 => status.state.clone(),
        batch => format!("{} batch {batch}", status.state),
    }
}

fn outcome(stream: &StreamId, status: &StreamStatus, ticket: Ticket) -> Result<Done> {
    if let Some(failure) = failure_of(status) {
        return Ok(Done::failed(failure));
    }
    let undone = |code| Err(Error::new(code).with("stream", stream).with("state", &status.state));
    match &status.last_report {
        Some(_) if status.resync_served < ticket.resync => undone(code::CLI0042),
        Some(report) if status.runs_served >= ticket.run => Ok(Done::committed(stream, report)),
        _ => undone(code::CLI0014),
    }
}

/// Why the run that just ended did not commit.
fn failure_of(status: &StreamStatus) -> Option<&Failure> {
    status.last_failure.as_ref().filter(|failure| status.failures > 0 && !failure.code.is_empty())
}

#[cfg(test)]
mod tests {
    use teal_proto::v1::MergeReport;

    use super::*;

    #[test]
    fn an_old_failure_is_not_that_of_this_run() {
        let failure = Failure { code: "PG0002".into(), ..Failure::default() };
        let mut status = StreamStatus { last_failure: Some(failure), ..StreamStatus::default() };
        assert_eq!(failure_of(&status), None);
        status.failures = 1;
        assert_eq!(failure_of(&status).map(|failure| failure.code.as_str()), Some("PG0002"));
    }

    #[test]
    fn waiting_names_state_and_batch() {
        let mut status = StreamStatus { state: "ingesting".into(), ..StreamStatus::default() };
        assert_eq!(doing(&status), "ingesting");
        status.open_batch = 7;
        assert_eq!(doing(&status), "ingesting batch 7");
    }

    #[test]
    fn a_batch_that_did_not_do_the_resync_is_not_taken_for_it() {
        let stream = StreamId::multi("live", "shop");
        let mut status = StreamStatus {
            runs_served: 3,
            last_report: Some(MergeReport { batch: 9, ..MergeReport::default() }),
            ..StreamStatus::default()
        };
        let ended = |status: &StreamStatus, resync| {
            outcome(&stream, status, Ticket { run: 3, resync })
                .map(|done| done.message)
                .map_err(|error| error.code().id)
        };
        assert_eq!(ended(&status, 0), Ok("committed batch 9: no change".to_owned()));
        assert_eq!(ended(&status, 2), Err("CLI0042"));
        status.resync_served = 2;
        assert!(ended(&status, 2).is_ok());
        assert_eq!(
            outcome(&stream, &status, Ticket { run: 4, resync: 0 }).unwrap_err().code().id,
            "CLI0014"
        );
    }
}
