//! How a workflow ended.

use std::time::Duration;

use teal_failpoint::{self as failpoint, Boundary};
use teal_model::{Error, Kind, Result};
use teal_proto::v1::Failure;
use temporalio_client::{
    WorkflowCancelOptions, WorkflowGetResultOptions, WorkflowTerminateOptions,
    errors::{WorkflowGetResultError, WorkflowInteractionError},
};
use temporalio_common::error::IncomingError;

use crate::{Temporal, code, rpc};

/// The end of a workflow, continued runs followed to the last.
#[derive(Debug, Clone, PartialEq)]
pub enum Closed {
    /// It did what it was for; its result as JSON.
    Completed(serde_json::Value),
    /// It failed, and why.
    Failed(Failure),
    /// Somebody cancelled it.
    Cancelled,
    /// Somebody terminated it, or its time ran out.
    Terminated,
}

impl Temporal {
    /// Waits until the workflow is closed, at most `wait`; a workflow that never was is closed too.
    ///
    /// # Errors
    /// `TEMPORAL0006` when it is still open after `wait`; else those of any call.
    pub async fn wait_closed(&self, workflow_id: &str, wait: Duration) -> Result<Closed> {
        let handle = self.handle(workflow_id);
        let waiting =
            handle.get_result(WorkflowGetResultOptions::builder().follow_runs(true).build());
        let ended = match tokio::time::timeout(wait, waiting).await {
            Err(_elapsed) => {
                return Err(Error::new(code::TEMPORAL0006).with("workflow", workflow_id));
            }
            Ok(ended) => ended,
        };
        match ended {
            Ok(result) => {
                let data = result.payloads.into_iter().next().unwrap_or_default().data;
                Ok(Closed::Completed(serde_json::from_slice(&data).unwrap_or_default()))
            }
            Err(WorkflowGetResultError::Failed(error)) => Ok(Closed::Failed(failure_of(&error))),
            Err(WorkflowGetResultError::Cancelled { .. }) => Ok(Closed::Cancelled),
            Err(
                WorkflowGetResultError::Terminated { .. }
                | WorkflowGetResultError::TimedOut
                | WorkflowGetResultError::ContinuedAsNew,
            ) => Ok(Closed::Terminated),
            Err(WorkflowGetResultError::NotFound(status)) => {
                match rpc::failed("waiting for the end", &status) {
                    error if error.code() == code::TEMPORAL0004 => {
                        Ok(Closed::Completed(serde_json::Value::Null))
                    }
                    error => Err(error),
                }
            }
            Err(WorkflowGetResultError::Rpc(status)) => {
                Err(rpc::failed("waiting for the end", &status).with("workflow", workflow_id))
            }
            Err(other) => Err(Error::new(code::TEMPORAL0008)
                .with("workflow", workflow_id)
                .caused_by(other.to_string())),
        }
    }

    /// Asks a workflow to stop what it does and end; it may take a heartbeat until it did.
    ///
    /// # Errors
    /// `TEMPORAL0004`; else those of any call.
    pub async fn cancel(&self, workflow_id: &str, reason: &str) -> Result<()> {
        let options = WorkflowCancelOptions::builder().reason(reason.to_owned()).build();
        let handle = self.handle(workflow_id);
        #[expect(clippy::disallowed_methods, reason = "the one place that cancels workflows")]
        let cancelling = handle.cancel(options);
        failpoint::around(Boundary::WorkflowCancel, async {
            cancelling.await.map_err(|error| lost(&error).with("workflow", workflow_id))
        })
        .await
    }
}

impl Temporal {
    /// Ends a workflow at once, whatever it does: safe, as the ledger fences what still runs.
    ///
    /// # Errors
    /// `TEMPORAL0004`; else those of any call.
    pub async fn terminate(&self, workflow_id: &str, reason: &str) -> Result<()> {
        let options = WorkflowTerminateOptions::builder().reason(reason.to_owned()).build();
        let handle = self.handle(workflow_id);
        #[expect(clippy::disallowed_methods, reason = "the one place that terminates workflows")]
        let terminating = handle.terminate(options);
        failpoint::around(Boundary::WorkflowTerminate, async {
            terminating.await.map_err(|error| lost(&error).with("workflow", workflow_id))
        })
        .await
    }
}

/// The failure that Teal put into the details of an error; `None` for anything else: a time-out, a
/// panic, a worker that was stopped.
pub fn teal_failure(error: &IncomingError) -> Option<Failure> {
    if let IncomingError::Application(application) = error
        && let Ok(Some(failure)) = application.details::<Failure>()
    {
        return Some(failure);
    }
    teal_failure(error.cause()?)
}

/// As [`teal_failure`], anything else in its own words.
fn failure_of(error: &IncomingError) -> Failure {
    teal_failure(error).unwrap_or_else(|| Failure {
        code: code::TEMPORAL0008.id.to_owned(),
        kind: Kind::Transient.as_str().to_owned(),
        message: rpc::chain(error),
        help: code::TEMPORAL0008.help.to_owned(),
        batch: 0,
    })
}

/// What it means that a workflow could not be reached.
pub(crate) fn lost(error: &WorkflowInteractionError) -> Error {
    match error {
        WorkflowInteractionError::NotFound(status) | WorkflowInteractionError::Rpc(status) => {
            rpc::failed("looking for the workflow", status)
        }
        other => Error::new(code::TEMPORAL0008).caused_by(other.to_string()),
    }
}
