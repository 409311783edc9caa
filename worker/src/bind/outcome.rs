//! How the end of a function of the engine reaches the workflow, the log and the metrics.

use teal_activities::code::ENGINE0001;
use teal_model::{Error, Kind, Result};
use teal_proto::v1::Failure;
use temporalio_common::error::ApplicationFailure;
use temporalio_sdk::activities::{ActivityContext, ActivityError};

/// A failure carries its code as type, one readable line, and [`Failure`] as details. Temporal never
/// retries it: the workflow decides.
pub(super) fn settle<T>(
    ctx: &ActivityContext,
    stream: &str,
    batch: u32,
    ended: Result<T>,
) -> Result<T, ActivityError> {
    let activity = &ctx.info().activity_type;
    let error = match ended {
        Ok(report) => return Ok(report),
        Err(error) => error,
    };
    if error.code() == ENGINE0001 && ctx.is_cancelled() {
        tracing::info!(stream, batch, %activity, "stopped as told");
        return Err(ActivityError::cancelled());
    }
    match error.kind() {
        Kind::Bug => {
            tracing::error!(stream, batch, %activity, error = %error.one_line(), "activity failed");
        }
        Kind::Config | Kind::Transient | Kind::Data | Kind::Fenced => {
            tracing::warn!(stream, batch, %activity, error = %error.one_line(), "activity failed");
        }
    }
    Err(ActivityError::application(failure(&error, batch)))
}

fn failure(error: &Error, batch: u32) -> ApplicationFailure {
    ApplicationFailure::builder(error.one_line())
        .type_name(error.code().id.to_owned())
        .non_retryable(true)
        .details(Failure::from_error(error, batch))
        .build()
}
