//! What each kind of failure does to a stream.

use teal_temporal::names;

use super::{
    script::{Act, BUG, DATA, FENCED, TRANSIENT},
    world::World,
};

#[tokio::test(flavor = "multi_thread")]
async fn transient_failure_backs_off_and_takes_the_same_batch_again() {
    let world = World::new("transient", 0).await;
    world.script.ledger().ingest.extend([Act::Fail(TRANSIENT), Act::Fail(TRANSIENT)]);
    world.start().await;
    world.settled().await;
    world.tell(names::RUN_NOW).await;
    assert_eq!(world.noted("backing_off").await.code, "TEST0001");
    let status = world.until_that("committed", |status| status.runs_served == 1).await;
    assert_eq!((status.last_batch, status.failures, status.last_failure), (1, 0, None));
    assert_eq!(world.script.count("ingest"), 3);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn data_failure_fails_is_probed_on_schedule_and_heals() {
    let world = World::new("data", 700).await;
    world.script.ledger().merge.push_back(Act::Fail(DATA));
    world.start().await;
    let failure = world.noted("failing").await;
    assert_eq!((failure.code.as_str(), failure.batch), ("TEST0002", 1));
    assert!(failure.message.starts_with("[TEST0002] one key came twice"), "{failure:?}");
    assert_eq!(failure.help, "mend it");
    let status = world.until_that("healed", |status| status.last_batch >= 2).await;
    assert_eq!(status.failures, 0);
    let calls = world.script.ledger().calls.clone();
    assert!(calls.contains(&"ingest 2".to_owned()), "the failed number is not used again");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bug_waits_until_somebody_asks() {
    let world = World::new("bug", 300).await;
    world.script.ledger().ingest.push_back(Act::Fail(BUG));
    world.start().await;
    let status = world.until("failing").await;
    assert_eq!(status.next_due_at_ms, 0, "no probe");
    assert_eq!(status.last_failure.map(|failure| failure.code), Some("TEST0005".into()));
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    assert_eq!(world.script.count("ingest"), 1);
    world.tell(names::RESUME).await;
    world.until_that("goes on", |status| status.last_batch >= 2).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fenced_attempt_reads_the_ledger_and_goes_on() {
    let world = World::new("fenced", 0).await;
    world.script.ledger().merge.push_back(Act::Fail(FENCED));
    world.start().await;
    world.settled().await;
    world.tell(names::RUN_NOW).await;
    world.until_that("committed", |status| status.runs_served == 1).await;
    assert_eq!(world.script.count("load"), 2);
    assert_eq!(world.script.count("note"), 1, "no failure is told for a fenced attempt");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn worker_that_hangs_is_a_transient_failure() {
    let world = World::new("hangs", 0).await;
    world.script.ledger().ingest.push_back(Act::Hang);
    world.start().await;
    world.settled().await;
    world.tell(names::RUN_NOW).await;
    let failure = world.noted("backing_off").await;
    assert_eq!((failure.code.as_str(), failure.kind.as_str()), ("WORK0001", "transient"));
    world.until_that("committed", |status| status.runs_served == 1).await;
    world.end().await;
}
