//! In this process: the same steps in the same order, and streams take their shape here.
//!
//! Workflows are started where Temporal answers, also when no worker polls yet: they go on from the
//! catalog as soon as one does.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use teal_activities::{
    Orchestrator, Pulse,
    apply::{self, Local},
};
use teal_model::{Error, Result};
use teal_proto::v1::{ApplyReport, ApplyStepReport};
use teal_temporal::{Temporal, names};
use tokio_util::sync::CancellationToken;

use super::{Job, durable::step_line};
use crate::{code, interrupt, ui::progress::Line};

/// Longest wait for the end of another apply: a little above the minute that one counts whose worker
/// was killed.
const PATIENCE: Duration = Duration::from_secs(75);
/// How often its end is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Ends an apply workflow that no worker attends to: it would fail when one comes, as the plan that
/// it was started for is done here.
pub(super) async fn supersede(job: &Job<'_>, temporal: &Temporal) -> Result<()> {
    let workflow = names::apply_workflow(&job.plan.ecosystem);
    if !temporal.is_open(&workflow).await? {
        return Ok(());
    }
    if temporal.apply_status(&job.plan.ecosystem).await.is_ok() {
        return Ok(()); // a worker has it: the catalog refuses the second of two applies
    }
    temporal.terminate(&workflow, "teal apply --local took over").await
}

pub(super) async fn run(
    job: &Job<'_>,
    beyond: Option<Arc<dyn Orchestrator>>,
) -> Result<ApplyReport> {
    let cancellation = CancellationToken::new();
    let line = Arc::new(Line::start(job.printer, cancellation.clone()));
    let local = Local::new(Arc::clone(job.io), beyond).with_pulse(Arc::<Line>::clone(&line));
    let work = Box::pin(once_free(job, &local, &line));
    match interrupt::stoppable(&cancellation, work).await {
        Err(_stopped) if cancellation.is_cancelled() => Err(Error::new(code::CLI0009)
            .with("plan", job.hash.get(..12).unwrap_or(&job.hash))
            .hint("done steps stay done; the same command goes on with what is left")),
        ended => ended,
    }
}

/// Runs the steps as soon as no other apply is alive: one whose worker was killed counts as alive for a
/// minute, one in a process like this ends with it.
async fn once_free(job: &Job<'_>, local: &Local, line: &Arc<Line>) -> Result<ApplyReport> {
    let began = Instant::now();
    loop {
        let told = Arc::clone(line);
        let tell = move |step: &ApplyStepReport| told.above(&step_line(step));
        match Box::pin(apply::run(job.io, local, &job.hash, &job.by, &**line, tell)).await {
            Err(error)
                if error.code() == teal_activities::code::APPLY0002
                    && began.elapsed() < PATIENCE
                    && !line.cancellation().is_cancelled() =>
            {
                line.show(
                    "another apply is alive, or was less than a minute ago: waiting for its end",
                );
                tokio::time::sleep(LOOK_EVERY).await;
            }
            ended => return ended,
        }
    }
}
