//! What an answer of the server means.

use teal_model::{Error, Result};
use temporalio_client::{
    errors::{WorkflowQueryError, WorkflowUpdateError},
    tonic::{Code, Status},
};

use crate::code;

/// What the server says of a workflow whose task failed three times, to queries and updates.
const STANDS_STILL: &str = "Workflow Task in failed state";

/// Turns a gRPC status into a coded error.
pub(crate) fn failed(attempted: &'static str, status: &Status) -> Error {
    let code = match status.code() {
        Code::Unauthenticated | Code::PermissionDenied => code::TEMPORAL0010,
        Code::Unavailable => code::TEMPORAL0001,
        Code::DeadlineExceeded | Code::Cancelled => code::TEMPORAL0006,
        _ if status.message().contains("Namespace") && status.code() == Code::NotFound => {
            code::TEMPORAL0003
        }
        Code::NotFound => code::TEMPORAL0004,
        Code::FailedPrecondition if status.message().contains(STANDS_STILL) => code::TEMPORAL0013,
        Code::InvalidArgument | Code::FailedPrecondition | Code::Unimplemented => {
            return Error::new(code::TEMPORAL0008)
                .with("while", attempted)
                .with("answer", format!("{:?}", status.code()))
                .caused_by(status.message().to_owned());
        }
        _ => code::TEMPORAL0008,
    };
    Error::new(code).with("while", attempted).caused_by(status.message().to_owned())
}

/// As [`failed`], for a result of a raw call.
pub(crate) fn during<T>(
    attempted: &'static str,
    result: std::result::Result<temporalio_client::tonic::Response<T>, Status>,
) -> Result<T> {
    match result {
        Ok(response) => Ok(response.into_inner()),
        Err(status) => Err(failed(attempted, &status)),
    }
}

/// What an update that did not succeed means: gone, refused, or out of reach.
pub(crate) fn update_failed(verb: &str, error: &WorkflowUpdateError) -> Error {
    match error {
        WorkflowUpdateError::NotFound(status) => failed("sending the request", status),
        WorkflowUpdateError::Failed(failure) => {
            Error::new(code::TEMPORAL0005).with("reason", failure.message.trim())
        }
        WorkflowUpdateError::Rpc(status) => failed("sending the request", status),
        WorkflowUpdateError::PayloadConversion(error) => {
            Error::new(code::TEMPORAL0009).caused_by(error.to_string())
        }
        other => Error::new(code::TEMPORAL0008).caused_by(other.to_string()),
    }
    .with("verb", verb)
}

/// What a query that did not succeed means.
pub(crate) fn query_failed(error: &WorkflowQueryError) -> Error {
    match error {
        WorkflowQueryError::NotFound(status) | WorkflowQueryError::Rpc(status) => {
            failed("asking for the status", status)
        }
        WorkflowQueryError::PayloadConversion(error) => {
            Error::new(code::TEMPORAL0009).caused_by(error.to_string())
        }
        other => Error::new(code::TEMPORAL0008).caused_by(other.to_string()),
    }
}

/// An error and its causes in one line; transport errors say what happened only at the bottom.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !line.contains(&text) {
            line = format!("{line}: {text}");
        }
        cause = inner.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use temporalio_common::data_converters::RawValue;

    use super::*;

    #[test]
    fn answers_of_the_server_have_their_codes() {
        for (status, code) in [
            (Status::unavailable("down"), code::TEMPORAL0001),
            (Status::not_found("Namespace acme is not found."), code::TEMPORAL0003),
            (Status::not_found("workflow not found"), code::TEMPORAL0004),
            (Status::deadline_exceeded("late"), code::TEMPORAL0006),
            (Status::invalid_argument("odd"), code::TEMPORAL0008),
            (Status::internal("broken"), code::TEMPORAL0008),
            (Status::permission_denied("no"), code::TEMPORAL0010),
            (Status::unauthenticated("who?"), code::TEMPORAL0010),
            (Status::failed_precondition("no such version"), code::TEMPORAL0008),
            (
                Status::failed_precondition(
                    "Cannot query workflow due to Workflow Task in failed state.",
                ),
                code::TEMPORAL0013,
            ),
        ] {
            assert_eq!(failed("asking", &status).code(), code, "{status:?}");
        }
    }

    #[test]
    fn an_answer_of_something_else_is_told() {
        let answer = crate::stream::read::<u32>(RawValue::new(Vec::new()));
        assert_eq!(answer.unwrap_err().code(), code::TEMPORAL0009);
    }
}
