//! In this process: the same steps in the same order, and streams take their shape here.
//!
//! Workflows are started where Temporal answers, also when no worker polls yet: they go on from the
//! catalog as soon as one does.

use std::sync::Arc;

use teal_activities::{
    Orchestrator,
    apply::{self, Local},
};
use teal_model::{Error, Result};
use teal_proto::v1::ApplyReport;
use teal_temporal::{Temporal, names};
use tokio_util::sync::CancellationToken;

use super::{Job, durable::step_line};
use crate::{code, interrupt, ui::progress::Line};

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
    let told = Arc::clone(&line);
    let work = Box::pin(apply::run(job.io, &local, &job.hash, &job.by, &*line, move |step| {
        told.above(&step_line(step));
    }));
    match interrupt::stoppable(&cancellation, work).await {
        Err(_stopped) if cancellation.is_cancelled() => Err(Error::new(code::CLI0009)
            .with("plan", job.hash.get(..12).unwrap_or(&job.hash))
            .hint("done steps stay done; the same command goes on with what is left")),
        ended => ended,
    }
}
