//! Whether a worker would take an apply, and leaving one for the first that comes.

use std::time::{Duration, Instant};

use teal_model::Result;
use teal_proto::v1::ApplyInput;
use teal_temporal::{Temporal, names};
use tokio_util::sync::CancellationToken;

use super::Job;
use crate::ui::progress::Line;

/// How often it is looked for a worker.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// A worker that waited for this very plan, or has just been started, gets this long to come.
const PATIENCE: Duration = Duration::from_secs(10);

impl Job<'_> {
    /// What the workflow of this apply is started with.
    pub(super) fn input(&self) -> ApplyInput {
        ApplyInput {
            ecosystem: self.plan.ecosystem.clone(),
            services: self.plan.services.clone(),
            plan: self.hash.clone(),
            by: self.by.clone(),
            catalog_uid: self.catalog_uid.clone(),
        }
    }
}

/// Whether some worker would take the workflow.
pub(super) async fn is_attended(job: &Job<'_>, temporal: &Temporal) -> Result<bool> {
    let services = &job.plan.services;
    if temporal.workflows_are_polled(services).await? {
        return Ok(true);
    }
    let line = Line::start(job.printer, CancellationToken::new());
    let queue = names::workflows_queue(services);
    line.above(&format!("no worker polls {queue}: waiting for one (`teal worker`)"));
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        line.show(&format!("waiting for a worker at {queue}"));
        tokio::time::sleep(LOOK_EVERY).await;
        if temporal.workflows_are_polled(services).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Starts the workflow although no worker polls; one of an earlier plan that nobody has begun gives
/// way. False when a worker is there after all.
pub(super) async fn queued(job: &Job<'_>, temporal: &Temporal) -> Result<bool> {
    let services = &job.plan.services;
    if temporal.workflows_are_polled(services).await? {
        return Ok(false);
    }
    super::local::supersede(job, temporal).await?;
    temporal.start_apply(&job.input()).await?;
    let queue = names::workflows_queue(services);
    job.printer.say(&format!(
        "queued: the first worker at {queue} carries it out; `teal apply --cancel` takes it back"
    ));
    Ok(true)
}
