//! Histories of every state, recorded from earlier code, replayed by today's. No server.

use teal_workflows::{apply::ApplyWorkflow, stream::StreamWorkflow};
use temporalio_client::WorkflowHistory;
use temporalio_sdk::workflow_replayer::{WorkflowReplayer, WorkflowReplayerOptions};

use super::record::folder;

/// One per state, so that a missing recording is noticed.
const FIXTURES: [&str; 17] = [
    "apply_done",
    "apply_failed",
    "apply_running",
    "stream_backing_off",
    "stream_failing",
    "stream_failing_bug",
    "stream_ingesting",
    "stream_merging",
    "stream_paused",
    "stream_reconciling",
    "stream_reloaded",
    "stream_renewed",
    "stream_reset",
    "stream_resynced",
    "stream_retired",
    "stream_retried",
    "stream_waiting",
];

fn replayer() -> WorkflowReplayer {
    let options = WorkflowReplayerOptions::new()
        .register_workflow::<StreamWorkflow>()
        .unwrap()
        .register_workflow::<ApplyWorkflow>()
        .unwrap()
        .build();
    WorkflowReplayer::new(options).unwrap()
}

#[tokio::test]
async fn recorded_histories_replay() {
    for name in FIXTURES {
        let bytes = std::fs::read(folder().join(format!("{name}.json"))).unwrap();
        let history = WorkflowHistory::from_json(&bytes).unwrap();
        if let Err(error) = replayer().replay_workflow(history).await {
            panic!("{name}: {error:#}");
        }
    }
}

#[tokio::test]
async fn replay_notices_another_order_of_commands() {
    let bytes = std::fs::read(folder().join("stream_waiting.json")).unwrap();
    let changed = String::from_utf8(bytes).unwrap().replace("stream.merge", "stream.retire");
    let history = WorkflowHistory::from_json(changed.as_bytes()).unwrap();
    replayer().replay_workflow(history).await.unwrap_err();
}
