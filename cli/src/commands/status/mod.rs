//! `teal status`: how the streams are, from the catalog alone.

mod render;

use std::{io::IsTerminal, time::Duration};

use serde_json::{Value, json};
use teal_activities::catalog::status::{self, Filter, StreamStatusRow};
use teal_model::{Error, Result, StreamId};

use crate::{
    args::Output,
    code,
    exit::Exit,
    session::Session,
    ui::{Format, Printer, units::Clock},
};

/// How often `--watch` looks.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Batches that the view of one stream shows.
const BATCHES: u32 = 10;
/// Clears the terminal and goes to its first line.
const CLEAR: &str = "\x1b[2J\x1b[H";

/// Show the streams: state, last batch, lag, last error.
///
/// Reads the catalog alone, so it also answers while Temporal or the workers are away. For one
/// stream its tables and its last batches are shown as well.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal status
  teal status live/shop              one stream, with its last 10 batches
  teal status 'live/*' --state failing
  teal status --watch
  teal status -o json | jq '.streams[] | select(.failures > 0)'")]
pub struct Args {
    /// Streams, platforms, or patterns with *
    #[arg(value_name = "STREAM")]
    streams: Vec<String>,
    /// Only those of this team, `zone/team` or `zone`
    #[arg(long)]
    team: Option<String>,
    /// Only those in this state, such as failing
    #[arg(long = "state", value_name = "STATE")]
    states: Vec<String>,
    /// Look again every two seconds until Ctrl-C
    #[arg(short, long)]
    watch: bool,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let session = Session::open().await?;
    if !args.watch {
        printer.data(&look(&session, args).await?)?;
        return Ok(Exit::Done);
    }
    let clear = std::io::stdout().is_terminal() && args.output.format == Format::Text;
    loop {
        let text = look(&session, args).await?;
        let text = if clear { format!("{CLEAR}{text}") } else { format!("{text}\n") };
        if !printer.show(&text)? {
            return Ok(Exit::Done);
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _pressed = tokio::signal::ctrl_c() => return Ok(Exit::Done),
        }
    }
}

/// One look, as text or JSON.
async fn look(session: &Session, args: &Args) -> Result<String> {
    let filter = Filter {
        streams: args.streams.clone(),
        team: args.team.clone(),
        states: args.states.clone(),
        ..Filter::default()
    };
    let streams = status::streams(session.io.control(), &filter).await?;
    if streams.is_empty() && !args.streams.is_empty() && args.states.is_empty() {
        return Err(Error::new(code::CLI0010).with("stream", args.streams.join(", ")));
    }
    match one(args, &streams) {
        Some(stream) => detail(session, args, stream).await,
        None => overview(session, args, &streams),
    }
}

/// The one stream that was asked for by its full name.
fn one<'a>(args: &Args, streams: &'a [StreamStatusRow]) -> Option<&'a StreamStatusRow> {
    let [name] = args.streams.as_slice() else { return None };
    let name = name.parse::<StreamId>().ok()?.to_string();
    streams.iter().find(|stream| stream.stream == name)
}

fn overview(session: &Session, args: &Args, streams: &[StreamStatusRow]) -> Result<String> {
    if args.output.format == Format::Json {
        let installed = &session.installed;
        return pretty(&json!({
            "ecosystem": installed.release.ecosystem,
            "release": installed.hash,
            "applied_at": installed.applied_at,
            "applied_by": installed.applied_by,
            "streams": streams,
        }));
    }
    Ok(render::overview(streams, &Clock::now()))
}

async fn detail(session: &Session, args: &Args, stream: &StreamStatusRow) -> Result<String> {
    let id = teal_activities::catalog::control::parse(&stream.stream)?;
    let batches = status::batches(session.io.control(), &id, BATCHES).await?;
    if args.output.format == Format::Json {
        return pretty(&json!({ "stream": stream, "batches": batches }));
    }
    Ok(render::detail(stream, &batches, &Clock::now()))
}

fn pretty(value: &Value) -> Result<String> {
    serde_json::to_string_pretty(value).map_err(|error| Error::new(code::CLI0003).caused_by(error))
}
