//! Every workflow and activity, by task queue.
//!
//! | queue | workflows | activities |
//! |---|---|---|
//! | `teal/<services>/workflows` | `stream`, `apply` | `stream.load` `stream.reconcile` `stream.note` `stream.set_intent` `stream.resync` `stream.reset` `stream.retire`, `apply.begin` `apply.step` `apply.finish` |
//! | `teal/<services>/<class>` | – | `stream.ingest` `stream.merge` |
//!
//! Reconcile and retire are DDL: the merge store does the work and the worker waits, so they need no
//! class; and an apply, which waits for them, must not hang because no worker of a class runs.

use std::{sync::Arc, time::Duration};

use teal_model::{Error, Result};
use teal_temporal::options::HEARTBEAT_THROTTLE;
use teal_workflows::{apply::ApplyWorkflow, stream::StreamWorkflow};
use temporalio_common::worker::{
    VersioningBehavior, WorkerDeploymentOptions, WorkerDeploymentVersion,
};
use temporalio_sdk::{
    WorkerOptions,
    runtime::worker_tuner::{FixedSizeSlotSupplier, TunerHolder, WorkerTuner},
};

use crate::{
    bind::{ApplyControl, Bulk, Control},
    code,
    config::Deployment,
    engine::Engine,
    metrics::Metrics,
};

/// Control activities at a time: most of them are a few statements; 16 steps of an apply may wait
/// for streams beside them.
const CONTROL_SLOTS: usize = 100;
/// Workflow tasks at a time: pure bookkeeping on one thread.
const WORKFLOW_SLOTS: usize = 100;
/// Workflows kept in memory: 130 to 500 KB each, as the SDK keeps some 13 KB of each batch until the
/// workflow goes on with a new history (`RENEW_AFTER_TURNS`); above it an idle one is replayed when it
/// wakes.
const CACHED_WORKFLOWS: usize = 4_000;
/// After the death of a worker its tasks wait this long for it before another one may take them.
const STICKY: Duration = Duration::from_secs(5);

/// Options of the worker for workflows and control activities.
///
/// # Errors
/// `WORK0105` when the SDK refuses a registration.
pub(crate) fn workflows(
    queue: &str,
    engine: &Arc<dyn Engine>,
    search_attributes: bool,
    grace: Duration,
    deployment: Option<&Deployment>,
) -> Result<WorkerOptions> {
    let control = Control { engine: Arc::clone(engine), search_attributes };
    let refused = |error: &dyn std::error::Error| {
        Error::new(code::WORK0105).with("task_queue", queue).caused_by(error.to_string())
    };
    Ok(WorkerOptions::new(queue)
        .deployment_options(version(deployment))
        .tuner(slots(WORKFLOW_SLOTS, CONTROL_SLOTS))
        .max_cached_workflows(CACHED_WORKFLOWS)
        .sticky_queue_schedule_to_start_timeout(STICKY)
        .max_heartbeat_throttle_interval(HEARTBEAT_THROTTLE)
        .default_heartbeat_throttle_interval(HEARTBEAT_THROTTLE)
        .graceful_shutdown_period(grace)
        .register_workflow::<StreamWorkflow>()
        .map_err(|error| refused(&error))?
        .register_workflow::<ApplyWorkflow>()
        .map_err(|error| refused(&error))?
        .register_activities(control)
        .register_activities(ApplyControl { engine: Arc::clone(engine) })
        .build())
}

/// Options of the worker of one resource class.
pub(crate) fn class(
    queue: &str,
    class: &str,
    class_slots: u32,
    engine: &Arc<dyn Engine>,
    metrics: &Arc<Metrics>,
    grace: Duration,
    deployment: Option<&Deployment>,
) -> WorkerOptions {
    let bulk =
        Bulk { engine: Arc::clone(engine), metrics: Arc::clone(metrics), class: class.to_owned() };
    metrics.slots(class, class_slots);
    WorkerOptions::new(queue)
        .deployment_options(version(deployment))
        .tuner(slots(WORKFLOW_SLOTS, usize::try_from(class_slots.max(1)).unwrap_or(1)))
        .max_heartbeat_throttle_interval(HEARTBEAT_THROTTLE)
        .default_heartbeat_throttle_interval(HEARTBEAT_THROTTLE)
        .graceful_shutdown_period(grace)
        .register_activities(bulk)
        .build()
}

fn slots(workflow_tasks: usize, activities: usize) -> WorkerTuner {
    TunerHolder::builder()
        .workflow_task_slot_supplier(FixedSizeSlotSupplier::new(workflow_tasks))
        .activity_task_slot_supplier(FixedSizeSlotSupplier::new(activities))
        .local_activity_task_slot_supplier(FixedSizeSlotSupplier::new(1))
        .nexus_task_slot_supplier(FixedSizeSlotSupplier::new(1))
        .build()
        .into()
}

/// Entities are AutoUpgrade: a pinned workflow that never ends would never drain.
fn version(deployment: Option<&Deployment>) -> WorkerDeploymentOptions {
    match deployment {
        Some(deployment) => WorkerDeploymentOptions::new(
            WorkerDeploymentVersion::builder()
                .deployment_name(deployment.name.clone())
                .build_id(deployment.build_id.clone())
                .build(),
        )
        .use_worker_versioning(true)
        .default_versioning_behavior(VersioningBehavior::AutoUpgrade)
        .build(),
        None => WorkerDeploymentOptions::from_build_id(env!("CARGO_PKG_VERSION").to_owned()),
    }
}
