//! `teal status`: how the streams are. From the catalog alone, and with Temporal's word on workflows
//! and workers where it answers soon.

mod check;
mod render;
mod runtime;
mod watch;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use teal_activities::catalog::status::{
    self, BatchFilter, Filter, ObjectiveRow, StreamStatusRow, objectives,
};
use teal_model::{Error, Result, StreamId};

use self::{render::View, runtime::Runtime};
use crate::{
    args::Output,
    code,
    exit::Exit,
    session::Session,
    ui::{Format, Printer},
};

/// Batches that the view of one stream shows.
const BATCHES: u32 = 10;
/// What Temporal said is shown for this long by `--watch`: a question for each stream every two
/// seconds is more than a server should answer for one person.
const RUNTIME_AGE: Duration = Duration::from_secs(10);

/// Show the streams: state, last batch, lag, last error.
///
/// The catalog is all it needs, so it also answers while Temporal or the workers are away. Where
/// Temporal answers within three seconds it also says whether each workflow is open and whether a
/// worker polls its queues. For one stream its tables and its last batches are shown as well.
///
/// `--check` is for cron, CI and monitoring: exit 1 when a freshness objective of the model
/// (`needs: {latency: 5m}` of a workspace's group) is broken, when a stream is failing, or when its
/// workflow has ended; 0 when all is well. A paused stream breaks its objectives.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal status
  teal status live/shop              one stream, with its last 10 batches
  teal status 'live/*' --state failing
  teal status --watch
  teal status --check                exit 1 when consumers wait for data
  teal status --check --workspace reporting --ignore-paused -q
  teal status -o json | jq '.streams[] | select(.failures > 0)'")]
pub struct Args {
    /// Streams, platforms, or patterns with *
    #[arg(value_name = "STREAM")]
    streams: Vec<String>,
    /// Only those of this team, `zone/team` or `zone`
    #[arg(long)]
    team: Option<String>,
    /// Only those that this workspace reads
    #[arg(long)]
    workspace: Option<String>,
    /// Only those in this state, such as failing
    #[arg(long = "state", value_name = "STATE", conflicts_with = "check")]
    states: Vec<String>,
    /// Look again every two seconds until Ctrl-C
    #[arg(short, long, conflicts_with = "check")]
    watch: bool,
    /// Exit 1 when a freshness objective is broken or a stream is failing
    #[arg(long)]
    check: bool,
    /// With --check: paused streams break no objective
    #[arg(long, requires = "check")]
    ignore_paused: bool,
    /// Do not ask Temporal; show what the catalog knows
    #[arg(long)]
    no_temporal: bool,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let mut desk = Desk::open().await?;
    if args.watch {
        return watch::run(&mut desk, args, printer).await;
    }
    if args.check {
        return check::run(&mut desk, args, printer).await;
    }
    printer.data(&desk.look(args).await?)?;
    Ok(Exit::Done)
}

/// The open catalog and what Temporal said last.
struct Desk {
    session: Session,
    runtime: Runtime,
    asked: Option<Instant>,
}

impl Desk {
    async fn open() -> Result<Self> {
        Ok(Self { session: Session::open().await?, runtime: Runtime::default(), asked: None })
    }

    /// The streams that were asked for, and Temporal's word on them.
    async fn streams(&mut self, args: &Args) -> Result<Vec<StreamStatusRow>> {
        let filter = Filter {
            streams: args.streams.clone(),
            team: args.team.clone(),
            states: args.states.clone(),
            ..Filter::default()
        };
        let mut streams = status::streams(self.session.io.control(), &filter).await?;
        if streams.is_empty() && !args.streams.is_empty() && args.states.is_empty() {
            return Err(Error::new(code::CLI0010).with("stream", args.streams.join(", ")));
        }
        if let Some(workspace) = &args.workspace {
            let read = self.read_by(workspace)?;
            streams.retain(|stream| read.contains(&stream.stream));
        }
        if !args.no_temporal && self.asked.is_none_or(|at| at.elapsed() >= RUNTIME_AGE) {
            self.runtime = Runtime::ask(&self.session, &streams).await?;
            self.asked = Some(Instant::now());
        }
        Ok(streams)
    }

    /// Names of the streams that a workspace reads.
    fn read_by(&self, workspace: &str) -> Result<Vec<String>> {
        let workspaces = &self.session.installed.release.workspaces;
        let Some(found) = workspaces.iter().find(|known| known.name == workspace) else {
            let names: Vec<&str> = workspaces.iter().map(|known| known.name.as_str()).collect();
            return Err(Error::new(code::CLI0070)
                .with("workspace", workspace)
                .with("there_are", names.join(", ")));
        };
        Ok(found.views.iter().map(|view| view.stream.to_string()).collect())
    }

    fn objectives(&self, streams: &[StreamStatusRow], ignore_paused: bool) -> Vec<ObjectiveRow> {
        objectives(&self.session.installed.release, streams, ignore_paused)
    }

    /// One look, as text or JSON.
    async fn look(&mut self, args: &Args) -> Result<String> {
        let streams = self.streams(args).await?;
        match one(args, &streams) {
            Some(stream) => self.detail(args, stream).await,
            None => self.overview(args, &streams),
        }
    }

    fn overview(&self, args: &Args, streams: &[StreamStatusRow]) -> Result<String> {
        if args.output.format == Format::Json {
            let installed = &self.session.installed;
            let value = json!({
                "ecosystem": installed.release.ecosystem,
                "release": installed.hash,
                "applied_at": installed.applied_at,
                "applied_by": installed.applied_by,
                "temporal": self.runtime.as_json(),
                "streams": streams.iter().map(|s| self.with_workflow(s)).collect::<Vec<_>>(),
            });
            return text(&value, args.watch);
        }
        Ok(render::overview(streams, &View::now(&self.runtime)))
    }

    async fn detail(&self, args: &Args, stream: &StreamStatusRow) -> Result<String> {
        let id = teal_activities::catalog::control::parse(&stream.stream)?;
        let last = BatchFilter::last(BATCHES);
        let batches = status::batches(self.session.io.control(), &id, &last).await?;
        let objectives = self.objectives(std::slice::from_ref(stream), false);
        if args.output.format == Format::Json {
            let value = json!({
                "temporal": self.runtime.as_json(),
                "stream": self.with_workflow(stream),
                "objectives": objectives,
                "batches": batches,
            });
            return text(&value, args.watch);
        }
        Ok(render::detail(stream, &objectives, &batches, &View::now(&self.runtime)))
    }

    fn with_workflow(&self, stream: &StreamStatusRow) -> Value {
        let mut value = json!(stream);
        value["temporal"] = self.runtime.workflow_json(stream);
        value
    }
}

/// The one stream that was asked for by its full name.
fn one<'a>(args: &Args, streams: &'a [StreamStatusRow]) -> Option<&'a StreamStatusRow> {
    let [name] = args.streams.as_slice() else { return None };
    let name = name.parse::<StreamId>().ok()?.to_string();
    streams.iter().find(|stream| stream.stream == name)
}

/// One document; on one line where more of them follow.
fn text(value: &Value, one_line: bool) -> Result<String> {
    let text =
        if one_line { serde_json::to_string(value) } else { serde_json::to_string_pretty(value) };
    text.map_err(|error| Error::new(code::CLI0003).caused_by(error))
}
