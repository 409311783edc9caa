//! Apply: does what a stored plan says, one step at a time.
//!
//! In: the hash of a plan. Out: streams, tables, views and roles as the release wants them.
//! Invariant: each step may run again at any time and leaves the same state, so a killed apply goes
//! on with [`begin`]; the release counts as installed only after [`finish`]. Only one plan is being
//! applied at a time: who begins another takes over from one whose process is gone, or that gave no
//! sign of life for a minute, and that one's next step is refused.
//! Read first: [`begin`], [`step`], [`finish`]; [`run`] (all of them, in one process).

mod alive;
mod claim;
mod install;
mod job;
mod load;
mod local;
mod moves;
mod publish;

use std::{collections::BTreeSet, future::Future, time::Duration};

use teal_model::{
    Error, Result, StreamId,
    plan::{Action, Phase, Plan, Step},
};
use teal_proto::v1::{
    ApplyBeginRequest, ApplyFinishRequest, ApplyOutline, ApplyPhase, ApplyReport, ApplyStepReport,
    ApplyStepRequest,
};

use crate::{
    Io, Orchestrator, Pulse,
    catalog::{self},
    code, pg,
    plan::{self, Stored},
    pulse::{Progress, while_beating},
};

use alive::{Alive, Session};
pub use local::Local;

/// How often a running step says that its apply is alive; well below the silence of `claim.rs`.
const TOUCH_EVERY: Duration = Duration::from_secs(10);

/// Checks that the plan is still true and that nobody else applies, and marks it. A plan that was
/// begun before goes on.
///
/// # Errors
/// `PLAN0002`, `PLAN0003`, `APPLY0001` when another release was installed meanwhile, `APPLY0002`
/// when another apply is alive, `LEDGER0013` when the catalog belongs to another ecosystem.
pub async fn begin(io: &Io, request: &ApplyBeginRequest) -> Result<ApplyOutline> {
    begin_alive(io, request, Alive::BySigns).await
}

async fn begin_alive(io: &Io, request: &ApplyBeginRequest, alive: Alive) -> Result<ApplyOutline> {
    let stored = plan::load(io.control(), &request.plan).await?;
    let identity = catalog::claim(io.control(), &stored.plan.ecosystem).await?;
    let ledger = io.ledger(&stored.release.services.merge).await?;
    catalog::migrate(&ledger).await?;
    catalog::claim_ledger(&ledger, identity.uid).await?;
    claim::take(io.control(), &request.plan, &stored.plan, &request.by, alive).await?;
    Ok(outline(&stored.plan))
}

/// Runs one step of a plan that was begun. Running it again leaves the same state.
///
/// # Errors
/// `APPLY0003` when the plan is not being applied (any more), `APPLY0005` for a step that it does
/// not have; those of the step.
pub async fn step(
    io: &Io,
    orchestrator: &dyn Orchestrator,
    request: &ApplyStepRequest,
    pulse: &dyn Pulse,
) -> Result<ApplyStepReport> {
    let stored = io.plan(&request.plan).await?;
    let index = usize::try_from(request.step).unwrap_or(usize::MAX);
    let Some(step) = stored.plan.steps.get(index) else {
        return Err(Error::new(code::APPLY0005).with("step", request.step));
    };
    touch(io, &request.plan).await?;
    let label = step.action.label();
    let progress = Progress { doing: label.clone(), ..Progress::default() };
    let work = Box::pin(perform(io, orchestrator, &stored, step, &request.by, pulse));
    let work = while_beating(pulse, &progress, while_touching(io, &request.plan, work));
    match Box::pin(work).await {
        Ok(outcome) => Ok(ApplyStepReport { step: request.step, label, outcome }),
        Err(error) => {
            claim::stopped(io, &request.plan).await;
            Err(error.with("step", label))
        }
    }
}

/// Says that the release is installed. Saying it again gives the same report.
///
/// # Errors
/// `APPLY0003` when the plan is not being applied (any more).
pub async fn finish(io: &Io, request: &ApplyFinishRequest) -> Result<ApplyReport> {
    let stored = io.plan(&request.plan).await?;
    let duration_ms = claim::finish(io.control(), &request.plan, &stored, &request.by).await?;
    io.forget_plan();
    Ok(ApplyReport {
        plan: request.plan.clone(),
        release: stored.plan.release.clone(),
        steps: u32::try_from(stored.plan.steps.len()).unwrap_or(u32::MAX),
        duration_ms,
    })
}

/// A whole apply in this process: what the apply workflow does, one step after another.
///
/// # Errors
/// Those of [`begin`], [`step`] and [`finish`].
pub async fn run(
    io: &Io,
    orchestrator: &dyn Orchestrator,
    plan: &str,
    by: &str,
    pulse: &dyn Pulse,
    mut done: impl FnMut(&ApplyStepReport),
) -> Result<ApplyReport> {
    let (plan, by) = (plan.to_owned(), by.to_owned());
    let _lives = Session::open(io.control(), &plan).await?;
    let request = ApplyBeginRequest { plan: plan.clone(), by: by.clone() };
    let outline = begin_alive(io, &request, Alive::BySession).await?;
    for number in 0..outline.steps {
        let request = ApplyStepRequest { plan: plan.clone(), step: number, by: by.clone() };
        done(&step(io, orchestrator, &request, pulse).await?);
    }
    finish(io, &ApplyFinishRequest { plan, by }).await
}

async fn perform(
    io: &Io,
    orchestrator: &dyn Orchestrator,
    stored: &Stored,
    step: &Step,
    by: &str,
    pulse: &dyn Pulse,
) -> Result<String> {
    let release = &stored.release;
    match &step.action {
        Action::InstallRelease { .. } => {
            install::install(io, release, &late_streams(&stored.plan)).await
        }
        Action::RegisterAttributes { .. } => job::register(orchestrator).await,
        Action::HandOver { from, tables, .. } => job::hand_over(io, from, tables, by).await,
        Action::LoadStream { stream, .. } => load::load(io, orchestrator, stream, by, pulse).await,
        Action::CreateStream { stream, .. } => {
            job::take_over(io, orchestrator, release, stream, None, by).await
        }
        Action::ChangeStream { stream, formerly, .. } => {
            if step.phase == Phase::Retire {
                install::install_one(io, release, stream).await?;
            }
            job::take_over(io, orchestrator, release, stream, formerly.as_ref(), by).await
        }
        Action::RepairStream { stream, .. } => {
            job::repair(io, orchestrator, release, stream, by).await
        }
        Action::RetireStream { stream, why, .. } => {
            job::retire(io, orchestrator, (stream, why), by, pulse).await
        }
        Action::CreateSchema { .. }
        | Action::RenameSchema { .. }
        | Action::CreateRole { .. }
        | Action::RenameRole { .. }
        | Action::GrantMember { .. }
        | Action::RevokeMember { .. }
        | Action::CreateView { .. }
        | Action::ReplaceView { .. }
        | Action::MoveViews { .. }
        | Action::DropView { .. }
        | Action::CreateStatusView { .. }
        | Action::GrantReader { .. }
        | Action::DropSchema { .. }
        | Action::DropRole { .. } => publish::publish(io, release, &step.action).await,
    }
}

/// Streams that take over their configuration in the phase `retire`.
fn late_streams(plan: &Plan) -> BTreeSet<&StreamId> {
    let late = plan.steps.iter().filter(|step| step.phase == Phase::Retire);
    late.filter_map(|step| match &step.action {
        Action::ChangeStream { stream, .. } => Some(stream),
        _ => None,
    })
    .collect()
}

/// Keeps the plan's sign of life fresh; ends the work when another apply took over.
async fn while_touching<T>(
    io: &Io,
    plan: &str,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let touching = async {
        loop {
            tokio::time::sleep(TOUCH_EVERY).await; // it was touched just before
            if let Err(error) = touch(io, plan).await {
                return error;
            }
        }
    };
    tokio::select! {
        result = work => result,
        error = touching => Err(error),
    }
}

async fn touch(io: &Io, plan: &str) -> Result<()> {
    const TOUCHING: &str = "saying that the apply is alive";
    pg::answered(io, TOUCHING, claim::touch(io.control(), plan)).await
}

/// Phases of a plan and their steps.
pub fn outline(plan: &Plan) -> ApplyOutline {
    let mut phases: Vec<ApplyPhase> = Vec::new();
    for (index, step) in (0..).zip(&plan.steps) {
        let name = step.phase.as_str();
        match phases.last_mut() {
            Some(phase) if phase.name == name => phase.step_count += 1,
            _ => {
                phases.push(ApplyPhase { name: name.to_owned(), first_step: index, step_count: 1 });
            }
        }
    }
    let steps = phases.iter().map(|phase| phase.step_count).sum();
    let labels = plan.steps.iter().map(|step| step.action.label()).collect();
    ApplyOutline { phases, steps, labels }
}
