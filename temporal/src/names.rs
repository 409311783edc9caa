//! Names that a person types into `temporal …` and that stand in histories: never renamed.

use teal_model::{StreamId, release::WORKFLOWS_QUEUE, release::task_queue};

/// Workflow type of a stream.
pub const STREAM: &str = "stream";
/// Workflow type of an apply.
pub const APPLY: &str = "apply";
/// Query of both: [`teal_proto::v1::StreamStatus`], [`teal_proto::v1::ApplyStatus`].
pub const STATUS: &str = "status";

/// Update: start a batch now; during a run exactly one more follows.
pub const RUN_NOW: &str = "run_now";
/// Update: no new batch from now on; an open one is finished.
pub const PAUSE: &str = "pause";
/// Update: go on.
pub const RESUME: &str = "resume";
/// Update: try at once what failed.
pub const RETRY: &str = "retry";
/// Update: compare every row, or load from zero.
pub const RESYNC: &str = "resync";
/// Update: give up the open batch.
pub const RESET: &str = "reset";
/// Update: take over the configuration that the catalog holds.
pub const RELOAD: &str = "reload";
/// Update: end for good.
pub const RETIRE: &str = "retire";

/// Key of the memo that says to which catalog a workflow belongs.
pub const MEMO_CATALOG: &str = "teal_catalog";

/// Id of the workflow of a stream.
pub fn stream_workflow(stream: &StreamId) -> String {
    stream.workflow_id()
}

/// Id of the workflow that applies a plan: one per ecosystem, so that two never run side by side.
pub fn apply_workflow(ecosystem: &str) -> String {
    format!("apply/{ecosystem}")
}

/// Queue of all workflows and of the short control activities of a services stack.
pub fn workflows_queue(services: &str) -> String {
    task_queue(services, WORKFLOWS_QUEUE)
}
