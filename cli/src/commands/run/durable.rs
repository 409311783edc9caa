//! On the stream's workflow: ask, wait for the ticket, report.

use std::time::Duration;

use teal_activities::catalog::status::{self, Filter};
use teal_model::{Error, Result};
use teal_proto::v1::{Ask, Failure, StreamStatus};
use teal_temporal::{Temporal, names};
use tokio_util::sync::CancellationToken;

use super::Args;
use crate::{
    code,
    commands::pause::{answer_line, require_worker, tell},
    config,
    exit::Exit,
    interrupt,
    session::Session,
    ui::{
        Printer,
        error::render_failure,
        progress::{Line, rows},
    },
};

/// How often the workflow is asked. Each question costs a worker one cached workflow task.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// A worker that is restarted answers nothing for a while; above this many silent questions in a
/// row the waiting ends.
const SILENT_TRIES: u32 = 5;

pub(super) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let session = Session::open().await?;
    session.stream(&args.stream).await?;
    let temporal = session.temporal().await?;
    require_worker(&session, &temporal).await?;
    let ask = Ask {
        reason: args.reason.clone(),
        by: config::whoami(),
        accept_deletes: args.accept,
        ..Ask::default()
    };
    let reply = tell(&session, &temporal, &args.stream, names::RUN_NOW, &ask).await?;
    if args.no_wait {
        printer.say(&answer_line(&args.stream, &reply));
        return Ok(Exit::Done);
    }
    let advice = "the stream's workflow goes on with the batch; `teal status` shows it";
    let waiting = served(args, &session, &temporal, reply.ticket, printer);
    let status = interrupt::leaving(advice, waiting).await?;
    outcome(args, &status, reply.ticket, printer)
}

/// Waits until the run of this ticket ended.
async fn served(
    args: &Args,
    session: &Session,
    temporal: &Temporal,
    ticket: u64,
    printer: Printer,
) -> Result<StreamStatus> {
    let line = Line::start(printer, CancellationToken::new());
    let workflow = names::stream_workflow(&args.stream);
    let (mut silent, mut told) = (0, 0);
    loop {
        match temporal.status(&workflow).await {
            Ok(status) if status.runs_served >= ticket => return Ok(status),
            Ok(status) if ["paused", "retired"].contains(&status.state.as_str()) => {
                return Ok(status); // nobody will serve this ticket
            }
            Ok(status) => {
                silent = 0;
                tell_failure(&status, &mut told, &line);
                let progress = progress(session, args).await.unwrap_or_default();
                line.show(&format!("{}: {}{progress}", args.stream, doing(&status)));
            }
            Err(error) if error.kind() == teal_model::Kind::Transient && silent < SILENT_TRIES => {
                silent += 1;
                line.show(&format!("{}: waiting for an answer", args.stream));
            }
            Err(error) => return Err(error),
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// How many rows the running activity has done, as the catalog knows it; empty when unknown.
async fn progress(session: &Session, args: &Args) -> Option<String> {
    let filter = Filter { streams: vec![args.stream.to_string()], ..Filter::default() };
    let streams = status::streams(session.io.control(), &filter).await.ok()?;
    let stream = streams.first().filter(|stream| stream.state == "ingesting")?;
    let progress = stream.progress.filter(|progress| progress.rows > 0)?;
    Some(format!(", {}", rows(progress.rows, progress.total_rows.unwrap_or(0))))
}

/// Each failure that the stream gets over by itself is said once.
fn tell_failure(status: &StreamStatus, told: &mut u32, line: &Line) {
    if let Some(failure) = failure_of(status)
        && status.failures > *told
    {
        *told = status.failures;
        line.above(&format!("  {}, trying again: {}", status.state, failure.message));
    }
}

fn doing(status: &StreamStatus) -> String {
    match status.open_batch {
        0 => status.state.clone(),
        batch => format!("{} batch {batch}", status.state),
    }
}

fn outcome(args: &Args, status: &StreamStatus, ticket: u64, printer: Printer) -> Result<Exit> {
    if let Some(failure) = failure_of(status) {
        printer.stderr(&render_failure(failure));
        return Ok(Exit::Failed);
    }
    match &status.last_report {
        Some(report) if status.runs_served >= ticket => {
            super::report(&args.stream, report, args.output.format, printer)?;
            Ok(Exit::Done)
        }
        _ => {
            Err(Error::new(code::CLI0014).with("stream", &args.stream).with("state", &status.state))
        }
    }
}

/// Why the run that just ended did not commit.
fn failure_of(status: &StreamStatus) -> Option<&Failure> {
    status.last_failure.as_ref().filter(|failure| status.failures > 0 && !failure.code.is_empty())
}

#[cfg(test)]
mod tests {
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
}
