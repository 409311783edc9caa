//! `teal plan`: what applying a model would do. Changes nothing anywhere.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use teal_activities::{
    Io, catalog,
    plan::{self, Options},
};
use teal_model::{Known, Result, StreamId, plan::Plan, release::Release};
use teal_temporal::{Retry, Temporal, names};

use crate::{
    args::Output,
    exit::Exit,
    live, model,
    plan_file::PlanFile,
    session,
    ui::{
        Format, Printer,
        plan::{Depth, render},
    },
};

/// A plan is also made without Temporal, so there is no point in waiting for it.
pub(crate) const TEMPORAL: Retry =
    Retry { budget: Duration::from_secs(1), attempt: Duration::from_secs(2) };
/// Questions to Temporal that are under way at once.
const QUESTIONS: usize = 16;

/// Show what applying a model would do.
///
/// Compares the model with what is really there: catalog, merge store, tables and statistics of the
/// sources and, where it answers, Temporal. Changes nothing. On an empty database everything is to
/// be created. What a new or changed dataset wants and its source does not have is refused, all at
/// once.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal plan examples/tpch/model
  teal plan --brief                  one line for each object
  teal plan -v                       every statement and every grant
  teal plan --detailed-exitcode      0: nothing to do, 2: changes, 1: error
  teal plan --out monday.plan        then: teal apply --plan monday.plan
  teal plan -o json | jq '.plan.steps[].action.do'")]
pub struct Args {
    /// Files, and folders searched for *.yaml and *.yml [default: `model/` or else `.`]
    paths: Vec<PathBuf>,
    /// Exit with 2 when there is something to do
    #[arg(long)]
    detailed_exitcode: bool,
    /// One line for each object: no changes, no reasons. (`-v`: every statement and every grant)
    #[arg(short, long)]
    brief: bool,
    /// Write the plan to a file that `teal apply --plan` carries out exactly
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let Some((release, known)) = model::compile_known(&args.paths, printer)? else {
        return Ok(Exit::Failed);
    };
    let io = session::open(release.services.credentials.clone()).await?;
    let plan = match make(&io, &release, Some(known), printer).await {
        Err(error) => return live::told(error, &args.paths, printer),
        Ok(plan) => plan,
    };
    if let Some(path) = &args.out {
        PlanFile::new(&plan, &release).write(path)?;
    }
    match args.output.format {
        Format::Json => printer.json(&as_json(&plan))?,
        Format::Text => {
            let depth = Depth::asked(args.brief, printer);
            printer.data(&render(&plan, depth, Some(&apply_command(args))))?;
        }
    }
    Ok(if args.detailed_exitcode && !plan.is_empty() { Exit::Changes } else { Exit::Done })
}

/// Makes the plan, with Temporal's word on workflows and search attributes where it can be had.
pub(crate) async fn make(
    io: &Io,
    release: &Release,
    known: Option<Known>,
    printer: Printer,
) -> Result<Plan> {
    let options = match asked(io, release, printer).await? {
        Some((open, lacking_attributes)) => Options { open, known, lacking_attributes },
        None => Options { known, ..Options::default() },
    };
    plan::make(io, release, &options).await
}

/// For programs: the plan itself and what matters of it at a glance.
pub(crate) fn as_json(plan: &Plan) -> serde_json::Value {
    json!({
        "changes": !plan.is_empty(),
        "destructive": plan.is_destructive(),
        "hash": plan.hash(),
        "plan": plan,
    })
}

/// Streams of the catalog whose workflow is open, and search attributes that are missing.
type Asked = (Option<BTreeSet<StreamId>>, Vec<String>);

/// `None` when nobody can say.
async fn asked(io: &Io, release: &Release, printer: Printer) -> Result<Option<Asked>> {
    let installed = match catalog::check(io.control()).await {
        Ok(()) => catalog::installed(io.control()).await?,
        Err(error) if session::is_empty(&error) => None,
        Err(error) => return Err(error),
    };
    let Some(installed) = installed else { return Ok(None) };
    let temporal = match session::temporal(&release.services, TEMPORAL).await {
        Ok(temporal) => temporal,
        Err(error) => {
            printer.warn("Temporal does not answer: it is not known whether all workflows run");
            printer.detail(&error.one_line());
            return Ok(None);
        }
    };
    let streams = installed.release.jobs.into_iter().map(|job| job.stream.id);
    let open = stream::iter(streams.map(|id| is_open(&temporal, id)))
        .buffer_unordered(QUESTIONS)
        .try_filter_map(async |found| Ok(found))
        .try_collect()
        .await?;
    // Who may not ask for them may not register them either: streams run without.
    let lacking = temporal.missing_search_attributes().await.unwrap_or_default();
    Ok(Some((Some(open), lacking.into_iter().map(str::to_owned).collect())))
}

async fn is_open(temporal: &Temporal, stream: StreamId) -> Result<Option<StreamId>> {
    let open = temporal.is_open(&names::stream_workflow(&stream)).await?;
    Ok(open.then_some(stream))
}

/// The command that carries this plan out.
fn apply_command(args: &Args) -> String {
    if let Some(path) = &args.out {
        return format!("teal apply --plan {}", path.display());
    }
    let paths: Vec<String> = args.paths.iter().map(|path| format!(" {}", path.display())).collect();
    format!("teal apply{}", paths.concat())
}
