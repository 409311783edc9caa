//! Histories of every state, recorded from earlier code, replayed by today's. No server.

use std::path::{Path, PathBuf};

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
    for path in histories(&folder()) {
        let bytes = std::fs::read(&path).unwrap();
        let history = WorkflowHistory::from_json(&bytes).unwrap();
        if let Err(error) = replayer().replay_workflow(history).await {
            panic!("{}: {error:#}", path.display());
        }
    }
}

/// All of a folder, and of the folders of earlier versions in it.
fn histories(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(histories(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn each_state_has_its_history() {
    let files = histories(&folder());
    let own = files.iter().filter(|path| path.parent() == Some(&folder()));
    let names: Vec<String> =
        own.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(names, FIXTURES);
}

#[tokio::test]
async fn replay_notices_another_order_of_commands() {
    let bytes = std::fs::read(folder().join("stream_waiting.json")).unwrap();
    let changed = String::from_utf8(bytes).unwrap().replace("stream.merge", "stream.retire");
    let history = WorkflowHistory::from_json(changed.as_bytes()).unwrap();
    replayer().replay_workflow(history).await.unwrap_err();
}
