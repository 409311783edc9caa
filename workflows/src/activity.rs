//! How an activity ended, in Teal's words.

use teal_model::Code;
use teal_proto::v1::Failure;
use teal_temporal::teal_failure;
use temporalio_common::error::TimeoutType;
use temporalio_sdk::ActivityExecutionError;

use crate::code;

/// Whether the activity stopped because it was told to.
pub(crate) fn is_cancelled(error: &ActivityExecutionError) -> bool {
    matches!(error, ActivityExecutionError::Cancelled(_)) || error.as_cancelled().is_some()
}

/// The failure of an activity: its own, or that of the worker that should have done it.
pub(crate) fn failed(error: &ActivityExecutionError) -> Failure {
    if let Some(failure) = error.reason().and_then(teal_failure) {
        return failure;
    }
    if let Some(timeout) = error.as_timeout() {
        return match timeout.timeout_type() {
            TimeoutType::Heartbeat => own(code::WORK0001, "no heartbeat in time"),
            _ => own(code::WORK0002, "start-to-close time-out"),
        };
    }
    match error {
        ActivityExecutionError::Serialization(why) => own(code::WORK0004, &why.to_string()),
        _ => {
            let why = error.reason().map_or_else(String::new, |r| r.failure().message.clone());
            own(code::WORK0005, &why)
        }
    }
}

/// A failure that the workflow itself found.
pub(crate) fn own(code: Code, why: &str) -> Failure {
    Failure {
        code: code.id.to_owned(),
        kind: code.kind.as_str().to_owned(),
        message: format!("[{}] {}: {why}", code.id, code.title).replace('\n', " "),
        help: code.help.to_owned(),
        batch: 0,
    }
}
