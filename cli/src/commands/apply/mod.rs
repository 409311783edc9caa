//! `teal apply`: migrate the catalog, make and show the plan (or take one from a file), ask, carry it
//! out.

mod attend;
mod cancel;
mod confirm;
mod durable;
mod jobs;
mod local;

use std::{path::PathBuf, sync::Arc};

use teal_activities::{Io, Orchestrator, catalog, plan};
use teal_model::{Error, Known, Result, plan::Plan, release::Release};
use teal_proto::v1::ApplyReport;
use teal_temporal::{Retry, Temporal};
use teal_worker::TemporalOrchestrator;

use self::durable::Ended;
use crate::{
    args::Output,
    code,
    commands::plan as planning,
    config,
    exit::Exit,
    live, model,
    plan_file::PlanFile,
    session,
    ui::{
        Format, Printer,
        ask::ask,
        error::render_failure,
        plan::{Depth, render},
        style::{DONE, paint},
        units,
    },
};

/// Make a model true: streams, tables, views, grants.
///
/// Prints the plan, asks when it removes something, and does exactly what it says: as a durable
/// workflow that survives this command, its workers and Temporal; or in this process with --local.
/// Applying twice does nothing the second time; after an interruption it goes on with what is left.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal apply examples/tpch/model
  teal apply --yes                   do not ask, even when something is removed
  teal apply --local                 no worker runs yet: do the steps here
  teal apply --plan monday.plan      exactly that plan, or nothing when it is no longer true
  teal apply --queue                 no worker runs yet: leave it for the first one that comes
  teal apply --cancel                stop the one that is running; done steps stay done")]
pub struct Args {
    /// Files, and folders searched for *.yaml and *.yml [default: `model/` or else `.`]
    paths: Vec<PathBuf>,
    /// Go on without asking, even when something is removed
    #[arg(short, long)]
    yes: bool,
    /// Do the steps in this process instead of on a worker
    #[arg(long)]
    local: bool,
    /// Carry out the plan of a file that `teal plan --out` wrote
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    plan: Option<PathBuf>,
    /// When no worker runs, leave the apply for the first one that comes
    #[arg(long, conflicts_with = "local")]
    queue: bool,
    /// Cancel the apply that is running
    #[arg(long, conflicts_with_all = ["paths", "plan", "local", "queue", "yes"])]
    cancel: bool,
    #[command(flatten)]
    output: Output,
}

/// One plan on its way.
struct Job<'a> {
    io: &'a Arc<Io>,
    plan: &'a Plan,
    hash: String,
    by: String,
    catalog_uid: String,
    printer: Printer,
}

/// What is to be made true, and how.
struct Wanted {
    release: Release,
    /// What the model describes beyond it; a plan file does not say.
    known: Option<Known>,
    /// The plan of a file, to be carried out exactly.
    planned: Option<Plan>,
}

impl Wanted {
    fn read(args: &Args, printer: Printer) -> Result<Option<Self>> {
        if let Some(path) = &args.plan {
            let file = PlanFile::read(path)?;
            let (release, planned) = (file.release, Some(file.plan));
            return Ok(Some(Self { release, known: None, planned }));
        }
        let compiled = model::compile_known(&args.paths, printer)?;
        Ok(compiled.map(|(release, known)| Self { release, known: Some(known), planned: None }))
    }
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    if args.cancel {
        return cancel::run(args.output.format, printer).await;
    }
    let Some(wanted) = Wanted::read(args, printer)? else { return Ok(Exit::Failed) };
    let release = &wanted.release;
    let io = Arc::new(session::open(release.services.credentials.clone()).await?);
    migrate(&io, release).await?;
    let patience = if args.local { planning::TEMPORAL } else { Retry::COMMAND };
    let connected = session::temporal(&release.services, patience).await;
    if let (false, Ok(temporal)) = (args.local, &connected)
        && let Some(ended) = durable::join_running(&io, temporal, &wanted, printer).await?
    {
        told(&ended, printer)?;
    }
    let made = to_do(&io, wanted.known.clone(), &wanted, printer).await;
    let plan = match made {
        Err(error) => return live::told(error, &args.paths, printer),
        Ok(plan) => plan,
    };
    let Some(plan) = plan else {
        printer.say("this plan is applied already");
        return nothing_to_do(args, None, printer);
    };
    if args.output.format == Format::Text {
        printer.data(&render(&plan, Depth::asked(false, printer), None))?;
    }
    if plan.is_empty() {
        return nothing_to_do(args, Some(&plan), printer);
    }
    confirm::destruction(&plan, args.yes, printer)?;
    let identity = catalog::identity(io.control()).await?;
    let by = config::whoami();
    let hash = plan::store(io.control(), &plan, release, &by).await?;
    let job =
        Job { io: &io, plan: &plan, hash, by, catalog_uid: identity.uid.to_string(), printer };
    match carry_out(args, &job, connected).await? {
        Some(ended) => report(args, &job, &ended),
        None => Ok(Exit::Done),
    }
}

/// The plan to carry out: made now, or that of the file as long as it is true; `None`: that one is
/// done.
async fn to_do(
    io: &Io,
    known: Option<Known>,
    wanted: &Wanted,
    printer: Printer,
) -> Result<Option<Plan>> {
    let now = planning::make(io, &wanted.release, known, printer).await?;
    let Some(planned) = &wanted.planned else { return Ok(Some(now)) };
    if now.is_empty() && !planned.is_empty() {
        return Ok(None);
    }
    let begun = plan::was_begun(io.control(), &planned.hash()).await?;
    plan::still_true(planned, &now, begun)?;
    Ok(Some(planned.clone()))
}

/// The control catalog and the merge store's ledger: often one database, always one schema. Not
/// before it is clear that the merge store is the right one.
async fn migrate(io: &Io, release: &Release) -> Result<()> {
    catalog::migrate(io.control()).await?;
    plan::refuse_another_place(io, release).await?;
    let merge = io.ledger(&release.services.merge).await?;
    catalog::migrate(&merge)
        .await
        .map_err(|error| error.with("merge_store", &release.services.merge.host))
}

fn nothing_to_do(args: &Args, plan: Option<&Plan>, printer: Printer) -> Result<Exit> {
    if args.output.format == Format::Json {
        let plan = plan.map(planning::as_json);
        printer.json(&serde_json::json!({ "applied": false, "plan": plan }))?;
    }
    Ok(Exit::Done)
}

/// On a worker, or here when that was asked for or nobody else does it; `None`: it is left for the
/// first worker that comes.
async fn carry_out(
    args: &Args,
    job: &Job<'_>,
    connected: Result<Temporal>,
) -> Result<Option<Ended>> {
    if args.local {
        let beyond = match &connected {
            Ok(temporal) => {
                local::supersede(job, temporal).await?;
                Some(beyond(job, temporal))
            }
            Err(error) => {
                job.printer.warn(
                    "Temporal does not answer: tables and views are made, workflows not started",
                );
                job.printer.detail(&error.one_line());
                None
            }
        };
        let ended = local::run(job, beyond).await;
        if let Err(error) = &ended
            && error.code() == teal_activities::code::APPLY0001
            && is_installed(job).await?
        {
            job.printer.say("another apply did all this in the meantime");
            return Ok(None);
        }
        return ended.map(Ended::Applied).map(Some);
    }
    let temporal = connected.map_err(|error| {
        let help = error.help().to_owned();
        error.hint(format!("{help}; `teal apply --local` does the steps without Temporal"))
    })?;
    if args.queue && attend::queued(job, &temporal).await? {
        return Ok(None);
    }
    match durable::run(job, &temporal).await? {
        Ended::Unattended { begun: true } => Err(unattended_error(job).hint(
            "its worker is gone: another one goes on with it, `teal apply` joins it then and \
             `teal apply --cancel` ends it",
        )),
        Ended::Unattended { begun: false } => unattended(job, &temporal).await.map(Some),
        ended => Ok(Some(ended)),
    }
}

/// Whether the release that the plan wants is the one in force: another apply of this model, which
/// had its own plan of what was left, came to its end.
async fn is_installed(job: &Job<'_>) -> Result<bool> {
    let installed = catalog::installed(job.io.control()).await?;
    Ok(installed.is_some_and(|installed| installed.hash == job.plan.release))
}

/// Who starts and ends workflows for steps that are done here.
fn beyond(job: &Job<'_>, temporal: &Temporal) -> Arc<dyn Orchestrator> {
    let (uid, services) = (job.catalog_uid.clone(), job.plan.services.clone());
    Arc::new(TemporalOrchestrator::new(temporal.clone(), uid, services))
}

fn unattended_error(job: &Job<'_>) -> Error {
    Error::new(code::CLI0008)
        .with("task_queue", teal_temporal::names::workflows_queue(&job.plan.services))
        .with("plan", job.hash.get(..12).unwrap_or(&job.hash))
}

/// Says that nobody works, and offers to do it here. Nothing stays behind that a worker would start
/// next week.
async fn unattended(job: &Job<'_>, temporal: &Temporal) -> Result<Ended> {
    local::supersede(job, temporal).await?;
    let error = unattended_error(job).hint(
        "nothing was done and nothing is queued: start a worker with `teal worker`, let this process \
         do it with `--local`, or leave it for the first worker with `--queue`",
    );
    if !job.printer.can_ask() {
        return Err(error);
    }
    job.printer.error(&error);
    confirm::agreed(ask("Do it in this process now?", code::CLI0007, job.printer)?)?;
    local::run(job, Some(beyond(job, temporal))).await.map(Ended::Applied)
}

fn report(args: &Args, job: &Job<'_>, ended: &Ended) -> Result<Exit> {
    let report = told(ended, job.printer)?;
    if args.output.format == Format::Json {
        job.printer.json(&serde_json::json!({
            "applied": true,
            "plan": planning::as_json(job.plan),
            "steps": report.steps,
            "duration_ms": report.duration_ms,
        }))?;
    }
    Ok(Exit::Done)
}

/// Says how an apply ended.
///
/// # Errors
/// `CLI0012` when a step failed, `CLI0008` when nobody did it.
fn told(ended: &Ended, printer: Printer) -> Result<&ApplyReport> {
    match ended {
        Ended::Applied(report) => {
            printer.say(&applied_line(report));
            Ok(report)
        }
        Ended::Failed(failure) => {
            printer.stderr(&render_failure(failure));
            Err(Error::new(code::CLI0012))
        }
        Ended::Unattended { .. } => Err(Error::new(code::CLI0008)),
    }
}

fn applied_line(report: &ApplyReport) -> String {
    format!(
        "{} {} in {}, release {}",
        paint(DONE, "applied:"),
        units::counted(u64::from(report.steps), "step"),
        units::millis(report.duration_ms),
        report.release.get(..12).unwrap_or(&report.release)
    )
}

#[cfg(test)]
mod tests {
    use teal_proto::v1::Failure;

    use super::*;
    use crate::ui::{Color, Verbosity};

    #[test]
    fn an_apply_that_did_not_end_well_is_an_error() {
        let printer = Printer::new(Verbosity::Quiet, Color::Never);
        let failed = told(&Ended::Failed(Failure::default()), printer).unwrap_err();
        assert_eq!(failed.code(), code::CLI0012);
        assert_eq!(
            told(&Ended::Unattended { begun: false }, printer).unwrap_err().code(),
            code::CLI0008
        );
    }
}
