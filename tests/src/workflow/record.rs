//! Records the histories that `replay` replays. Run on the commit of a release, never to silence a
//! replay that fails: a history recorded from changed code proves nothing.
//!
//! ```text
//! TEAL_RECORD_HISTORIES=1 cargo test -p teal-tests workflow::record -- --ignored
//! ```

use std::{path::PathBuf, sync::atomic::Ordering};

use teal_proto::v1::{ApplyInput, Ask, StreamCarry};
use teal_temporal::names;
use temporalio_client::UntypedWorkflow;

use super::{
    script::{Act, BUG, CONFIG, DATA, TRANSIENT},
    world::{LIMIT, World},
};

/// Where the fixtures lie.
pub(super) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("histories")
}

async fn save(world: &World, workflow: &str, name: &str) {
    let handle = world.temporal.client().get_workflow_handle::<UntypedWorkflow>(workflow);
    let json = handle.fetch_history(Default::default()).to_json().await.unwrap();
    std::fs::write(folder().join(format!("{name}.json")), json).unwrap();
}

async fn save_stream(world: World, name: &str) {
    save(&world, &world.stream.workflow_id(), name).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes fixtures: TEAL_RECORD_HISTORIES=1 cargo x test -- workflow::record -- --ignored"]
async fn record_histories() {
    assert!(
        std::env::var_os("TEAL_RECORD_HISTORIES").is_some(),
        "recording overwrites tests/histories: set TEAL_RECORD_HISTORIES=1"
    );
    std::fs::create_dir_all(folder()).unwrap();
    busy_states().await;
    resting_states().await;
    requests().await;
    verbs().await;
    applies().await;
}

async fn busy_states() {
    let world = World::new("record", 0).await;
    world.script.ledger().ingest.push_back(Act::Hold);
    world.start().await;
    world.settled().await;
    world.tell(names::RUN_NOW).await;
    world.until("ingesting").await;
    save_stream(world, "stream_ingesting").await;

    let world = World::new("record", 0).await;
    world.script.ledger().merge.push_back(Act::Hold);
    world.start().await;
    world.settled().await;
    world.tell(names::RUN_NOW).await;
    world.until("merging").await;
    save_stream(world, "stream_merging").await;

    let world = World::new("record", 0).await;
    world.script.ledger().reconcile.push_back(Act::Hold);
    world.start().await;
    world.until("reconciling").await;
    save_stream(world, "stream_reconciling").await;
}

async fn resting_states() {
    let world = World::new("record", 700).await;
    world.start().await;
    world.until_that("some batches", |status| status.last_batch >= 3).await;
    world.until("waiting").await;
    save_stream(world, "stream_waiting").await;

    let world = World::new("record", 0).await;
    world.start().await;
    world.settled().await;
    world.tell(names::PAUSE).await;
    save_stream(world, "stream_paused").await;

    let world = World::new("record", 0).await;
    world.script.ledger().ingest.extend([Act::Fail(TRANSIENT); 4]);
    world.start().await;
    world.settled().await;
    world.tell(names::RUN_NOW).await;
    world.until_that("three failures", |status| status.failures == 3).await;
    save_stream(world, "stream_backing_off").await;

    for (code, name) in [(DATA, "stream_failing"), (BUG, "stream_failing_bug")] {
        let world = World::new("record", 60_000).await;
        world.script.ledger().merge.push_back(Act::Fail(code));
        world.start().await;
        world.until("failing").await;
        world.called("note", 1).await;
        save_stream(world, name).await;
    }
}

async fn requests() {
    let world = World::new("record", 0).await;
    world.script.ledger().ingest.push_back(Act::Hold);
    world.start().await;
    world.settled().await;
    world.tell(names::RUN_NOW).await;
    world.called("ingest", 1).await;
    world.script.ledger().config = "h2".into();
    world.tell(names::RELOAD).await;
    world.until_that("served", |status| status.runs_served == 1).await;
    save_stream(world, "stream_reloaded").await;

    let world = World::new("record", 0).await;
    world.start().await;
    world.settled().await;
    world.tell(names::RETIRE).await;
    world.temporal.wait_closed(&world.stream.workflow_id(), LIMIT).await.unwrap();
    save_stream(world, "stream_retired").await;

    let world = World::new("record", 0).await;
    let carry = StreamCarry {
        last_batch: 7,
        runs_requested: 3,
        runs_served: 3,
        state: "failing".into(),
        ..StreamCarry::default()
    };
    world.start_with(carry).await;
    world.until("failing").await;
    world.tell(names::PAUSE).await;
    world.tell(names::RESUME).await;
    world.until("waiting").await;
    save_stream(world, "stream_renewed").await;
}

async fn verbs() {
    let world = World::new("record", 0).await;
    world.start().await;
    world.settled().await;
    world.tell(names::RESYNC).await;
    world.until_that("done", |status| status.resync_served == 1).await;
    let cancel = Ask { cancel: true, ..Ask::default() };
    world.ask(names::RESYNC, cancel).await.unwrap();
    save_stream(world, "stream_resynced").await;

    let world = World::new("record", 0).await;
    world.script.ledger().ingest.push_back(Act::Hold);
    world.script.ledger().merge.push_back(Act::Hold);
    world.start().await;
    world.settled().await;
    world.tell(names::RUN_NOW).await;
    world.called("ingest", 1).await;
    world.tell(names::RESET).await;
    world.called("merge", 1).await;
    world.tell(names::RESET).await;
    world.until_that("served", |status| status.runs_served == 1).await;
    save_stream(world, "stream_reset").await;

    let world = World::new("record", 60_000).await;
    world.script.ledger().merge.push_back(Act::Fail(DATA));
    world.start().await;
    world.until("failing").await;
    world.tell(names::RETRY).await;
    world.until_that("mended", |status| status.last_batch == 2).await;
    save_stream(world, "stream_retried").await;
}

async fn applies() {
    let world = World::new("record", 0).await;
    world.script.ledger().step.extend([Act::Fail(TRANSIENT), Act::Hold, Act::Hold]);
    let input = ApplyInput {
        ecosystem: world.services.clone(),
        services: world.services.clone(),
        plan: "p1".into(),
        ..ApplyInput::default()
    };
    let id = names::apply_workflow(&world.services);
    world.temporal.start_apply(&input).await.unwrap();
    world.called("step", 3).await;
    save(&world, &id, "apply_running").await;
    world.script.release.store(true, Ordering::Relaxed);
    world.temporal.wait_closed(&id, LIMIT).await.unwrap();
    save(&world, &id, "apply_done").await;
    world.script.ledger().step.push_back(Act::Fail(CONFIG));
    world.temporal.start_apply(&input).await.unwrap();
    world.temporal.wait_closed(&id, LIMIT).await.unwrap();
    save(&world, &id, "apply_failed").await;
    world.end().await;
}
