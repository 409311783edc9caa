//! `teal pause` and `teal resume`: a person's intent, written to the catalog before it is answered.

use std::time::Duration;

use serde_json::json;
use teal_model::{Error, Result, StreamId};
use teal_proto::v1::{Ask, Reply};
use teal_temporal::{Temporal, names};

use crate::{
    args::Output,
    code, config,
    exit::Exit,
    session::Session,
    ui::{
        Format, Printer,
        style::{DONE, NAME, paint},
    },
};

/// Longest wait for a stream's answer. It answers from any state; a worker that starts just now
/// needs a few seconds to replay.
pub(crate) const ANSWER: Duration = Duration::from_secs(20);

/// Stop streams from starting batches until they are resumed.
///
/// A batch that is being read or merged is finished. The pause stands in the catalog: it outlives
/// workers, restarts and the loss of Temporal's state, and ends with `teal resume` only.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal pause live/shop --reason 'source is being upgraded'
  teal pause live/shop history/shop/orders --reason 'month end'")]
pub struct Args {
    /// Streams: <platform>/<store> or <platform>/<store>/<dataset>
    #[arg(required = true, value_name = "STREAM")]
    streams: Vec<StreamId>,
    /// Why, for the audit and for whoever looks at `teal status`
    #[arg(short, long)]
    reason: String,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let ask = Ask { reason: args.reason.clone(), by: config::whoami(), ..Ask::default() };
    tell_all(&args.streams, names::PAUSE, &ask, args.output.format, printer).await
}

/// Sends one verb to several streams; goes on after a refusal and fails at the end.
pub(crate) async fn tell_all(
    streams: &[StreamId],
    verb: &str,
    ask: &Ask,
    format: Format,
    printer: Printer,
) -> Result<Exit> {
    let session = Session::open().await?;
    let temporal = session.temporal().await?;
    require_worker(&session, &temporal).await?;
    let (mut answers, mut failed) = (Vec::new(), false);
    for stream in streams {
        match tell(&session, &temporal, stream, verb, ask).await {
            Ok(reply) => {
                printer.say(&answer_line(stream, &reply));
                answers.push(json!({
                    "stream": stream,
                    "state": reply.state,
                    "message": reply.message,
                }));
            }
            Err(error) => {
                failed = true;
                printer.error(&error);
                answers.push(json!({
                    "stream": stream,
                    "error": { "code": error.code().id, "message": error.one_line() },
                }));
            }
        }
    }
    if format == Format::Json {
        printer.json(&answers)?;
    }
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

/// Refuses at once what nobody would answer.
///
/// # Errors
/// `CLI0008`.
pub(crate) async fn require_worker(session: &Session, temporal: &Temporal) -> Result<()> {
    let services = &session.installed.release.services.name;
    if temporal.workflows_are_polled(services).await? {
        return Ok(());
    }
    Err(Error::new(code::CLI0008)
        .with("task_queue", names::workflows_queue(services))
        .hint("start one with `teal worker`; `teal run --local` works without"))
}

/// Sends one verb to one stream.
pub(crate) async fn tell(
    session: &Session,
    temporal: &Temporal,
    stream: &StreamId,
    verb: &str,
    ask: &Ask,
) -> Result<Reply> {
    session.stream(stream).await?;
    temporal.update(&names::stream_workflow(stream), verb, ask, ANSWER).await
}

/// The stream's own words, which begin with its name: `live/shop: paused`.
pub(crate) fn answer_line(stream: &StreamId, reply: &Reply) -> String {
    match reply.message.strip_prefix(&format!("{stream}: ")) {
        Some(message) => format!("{}: {}", paint(NAME, stream), paint(DONE, message)),
        None => format!("{}: {} {}", paint(NAME, stream), paint(DONE, &reply.state), reply.message),
    }
}
