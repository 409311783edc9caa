//! `teal apply`: migrate the catalog, make and show the plan, ask, carry it out.

mod confirm;
mod durable;
mod local;

use std::{path::PathBuf, sync::Arc};

use teal_activities::{Io, Orchestrator, catalog, plan};
use teal_model::{Error, Result, plan::Plan, release::Release};
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
    live, model, session,
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
/// Applying twice does nothing the second time.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal apply examples/tpch/model
  teal apply --yes                   do not ask, even when something is removed
  teal apply --local                 no worker runs yet: do the steps here")]
pub struct Args {
    /// Files, and folders searched for *.yaml and *.yml [default: `model/` or else `.`]
    paths: Vec<PathBuf>,
    /// Go on without asking, even when something is removed
    #[arg(short, long)]
    yes: bool,
    /// Do the steps in this process instead of on a worker
    #[arg(long)]
    local: bool,
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

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let Some(release) = model::compile(&args.paths, printer)? else { return Ok(Exit::Failed) };
    let io = Arc::new(session::open(release.services.credentials.clone()).await?);
    migrate(&io, &release).await?;
    let patience = if args.local { planning::TEMPORAL } else { Retry::COMMAND };
    let connected = session::temporal(&release.services, patience).await;
    if let (false, Ok(temporal)) = (args.local, &connected)
        && let Some(ended) = durable::join_running(&io, temporal, &release, printer).await?
    {
        told(&ended, printer)?;
    }
    let plan = match planning::make(&io, &release, printer).await {
        Err(error) => return live::told(error, &args.paths, printer),
        Ok(plan) => plan,
    };
    if args.output.format == Format::Text {
        printer.data(&render(&plan, Depth::Full, None))?;
    }
    if plan.is_empty() {
        return nothing_to_do(args, &plan, printer);
    }
    confirm::destruction(&plan, args.yes, printer)?;
    let identity = catalog::identity(io.control()).await?;
    let by = config::whoami();
    let hash = plan::store(io.control(), &plan, &release, &by).await?;
    let job =
        Job { io: &io, plan: &plan, hash, by, catalog_uid: identity.uid.to_string(), printer };
    let ended = carry_out(args, &job, connected).await?;
    report(args, &job, &ended)
}

/// The control catalog and the merge store's ledger: often one database, always one schema.
async fn migrate(io: &Io, release: &Release) -> Result<()> {
    catalog::migrate(io.control()).await?;
    let merge = io.ledger(&release.services.merge).await?;
    catalog::migrate(&merge)
        .await
        .map_err(|error| error.with("merge_store", &release.services.merge.host))
}

fn nothing_to_do(args: &Args, plan: &Plan, printer: Printer) -> Result<Exit> {
    if args.output.format == Format::Json {
        printer.json(&serde_json::json!({ "applied": false, "plan": planning::as_json(plan) }))?;
    }
    Ok(Exit::Done)
}

/// On a worker, or here when that was asked for or nobody else does it.
async fn carry_out(args: &Args, job: &Job<'_>, connected: Result<Temporal>) -> Result<Ended> {
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
        return local::run(job, beyond).await.map(Ended::Applied);
    }
    let temporal = connected.map_err(|error| {
        let help = error.help().to_owned();
        error.hint(format!("{help}; `teal apply --local` does the steps without Temporal"))
    })?;
    match durable::run(job, &temporal).await? {
        Ended::Unattended => unattended(job, &temporal).await,
        ended => Ok(ended),
    }
}

/// Who starts and ends workflows for steps that are done here.
fn beyond(job: &Job<'_>, temporal: &Temporal) -> Arc<dyn Orchestrator> {
    let (uid, services) = (job.catalog_uid.clone(), job.plan.services.clone());
    Arc::new(TemporalOrchestrator::new(temporal.clone(), uid, services))
}

/// Says that nobody works, and offers to do it here.
async fn unattended(job: &Job<'_>, temporal: &Temporal) -> Result<Ended> {
    let error = Error::new(code::CLI0008)
        .with("task_queue", teal_temporal::names::workflows_queue(&job.plan.services))
        .with("plan", job.hash.get(..12).unwrap_or(&job.hash));
    if !job.printer.can_ask() {
        return Err(error);
    }
    job.printer.error(&error);
    confirm::agreed(ask("Do it in this process now?", code::CLI0007, job.printer)?)?;
    local::supersede(job, temporal).await?;
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
        Ended::Unattended => Err(Error::new(code::CLI0008)),
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
        assert_eq!(told(&Ended::Unattended, printer).unwrap_err().code(), code::CLI0008);
    }
}
