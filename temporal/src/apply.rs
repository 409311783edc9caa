//! Starting and watching the workflow that applies a plan.

use teal_model::Result;
use teal_proto::v1::{ApplyInput, ApplyStatus};

use crate::{Temporal, names};

/// What [`Temporal::start_apply`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplyStart {
    /// It runs now.
    Started,
    /// An apply of this ecosystem is still running, perhaps of another plan: `apply_status` says.
    AlreadyRunning,
}

impl Temporal {
    /// Starts applying a plan that stands in the catalog. Starting the same plan again after a
    /// failure goes on where it stopped, as steps are idempotent.
    ///
    /// # Errors
    /// `TEMPORAL0007` when the running one belongs to another catalog; else those of any call.
    pub async fn start_apply(&self, input: &ApplyInput) -> Result<ApplyStart> {
        let id = names::apply_workflow(&input.ecosystem);
        let plan = input.plan.get(..12).unwrap_or(&input.plan);
        let summary = format!("plan {plan} by {}", input.by);
        let started = self
            .start(names::APPLY, &id, &input.services, &input.catalog_uid, &summary, input)
            .await?;
        if started {
            return Ok(ApplyStart::Started);
        }
        self.check_owner(&id, &input.catalog_uid).await?;
        Ok(ApplyStart::AlreadyRunning)
    }

    /// How far an apply is; also answered after it ended, as long as a worker runs.
    ///
    /// # Errors
    /// `TEMPORAL0004`, `TEMPORAL0006`; else those of any call.
    pub async fn apply_status(&self, ecosystem: &str) -> Result<ApplyStatus> {
        self.query(&names::apply_workflow(ecosystem)).await
    }
}
