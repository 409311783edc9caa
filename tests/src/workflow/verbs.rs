//! Retry, resync, reset: what each does on a workflow, and what it refuses.

use teal_proto::v1::Ask;
use teal_temporal::names;

use super::{
    script::{Act, DATA, TRANSIENT},
    world::World,
};

#[tokio::test(flavor = "multi_thread")]
async fn retry_tries_what_failed_at_once_and_refuses_where_nothing_failed() {
    let world = World::new("retry", 600_000).await;
    world.script.ledger().ingest.push_back(Act::Fail(DATA));
    world.start().await;
    world.until("failing").await;
    let reply = world.type_by_hand(names::RETRY, Some(r#"{"by":"ann@desk"}"#)).await.unwrap();
    assert!(reply["message"].as_str().unwrap().contains("tries again after 1 failure"), "{reply}");
    world.until_that("mended", |status| status.last_batch == 2).await;
    let refused = world.refusal(names::RETRY).await.to_string();
    assert!(refused.contains("neither failing nor backing off"), "{refused}");
    world.tell(names::PAUSE).await;
    let refused = world.refusal(names::RETRY).await.to_string();
    assert!(refused.contains("is paused: resume it first"), "{refused}");
    assert!(world.script.ledger().calls.contains(&"set_intent retry ann@desk ".to_owned()));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn resync_is_in_the_catalog_before_it_is_answered_and_done_by_one_batch() {
    let world = World::new("resync", 0).await;
    world.start().await;
    world.settled().await;
    let reply = world.type_by_hand(names::RESYNC, Some(r#"{"dataset":"orders"}"#)).await.unwrap();
    assert_eq!((&reply["resync"], &reply["ticket"]), (&"1".into(), &"1".into()), "{reply}");
    let message = reply["message"].as_str().unwrap();
    assert!(message.contains("compare every row of orders: a batch is starting"), "{message}");
    let status = world.until_that("done", |status| status.resync_served == 1).await;
    assert_eq!((status.resync_wanted, status.last_batch, status.resync.as_str()), (0, 1, ""));
    assert!(world.script.ledger().calls.contains(&"resync wish orders".to_owned()));

    let unknown = world.type_by_hand(names::RESYNC, Some(r#"{"dataset":"nonsense"}"#)).await;
    let unknown = unknown.unwrap_err();
    assert!(unknown.contains("nothing was changed: [TEST0003]"), "{unknown}");
    for (input, why) in [
        (r#"{"discard_history":true}"#, "give a reason"),
        (r#"{"cancel":true,"datasets":["orders"]}"#, "give `cancel` alone"),
        (r#"{"dataset":7}"#, "cannot read the input"),
    ] {
        let refused = world.type_by_hand(names::RESYNC, Some(input)).await.unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
    world.tell(names::PAUSE).await;
    let refused = world.refusal(names::RESYNC).await.to_string();
    assert!(refused.contains("is paused: resume it first"), "{refused}");
    let taken_back = world.ask(names::RESYNC, Ask { cancel: true, ..Ask::default() }).await;
    assert!(taken_back.unwrap().message.contains("1 resync taken back"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn resync_outlives_its_workflow() {
    let world = World::new("resync_outlives", 0).await;
    world.script.ledger().ingest.push_back(Act::Hold);
    world.start().await;
    world.settled().await;
    world.tell(names::RESYNC).await;
    world.called("ingest", 1).await;
    let id = world.stream.workflow_id();
    world.temporal.terminate(&id, "its state is lost").await.unwrap();
    world.script.release.store(true, std::sync::atomic::Ordering::Relaxed);
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await; // one start a second and id
    world.start().await;
    world.until_that("done", |status| status.resync_served == 1).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_stops_a_batch_and_the_next_has_a_new_number() {
    let world = World::new("reset", 0).await;
    world.start().await;
    world.settled().await;
    let refused = world.refusal(names::RESET).await.to_string();
    assert!(refused.contains("nothing was changed: [TEST0003]"), "{refused}");
    world.script.ledger().merge.push_back(Act::Hold);
    let ticket = world.tell(names::RUN_NOW).await.ticket;
    world.called("merge", 1).await;
    let reply = world.type_by_hand(names::RESET, Some(r#"{"reason":"it hangs"}"#)).await.unwrap();
    let message = reply["message"].as_str().unwrap();
    assert!(message.contains("batch 1 was ingested and is given up"), "{message}");
    let status = world.until_that("served", |status| status.runs_served == ticket).await;
    assert_eq!((status.last_batch, status.failures), (2, 0));
    let calls = world.script.ledger().calls.clone();
    assert!(calls.contains(&"cancelled".to_owned()), "{calls:?}");
    assert_eq!(calls.iter().filter(|call| *call == "merge 2").count(), 1, "{calls:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_of_a_batch_that_backs_off_under_a_pause_leaves_the_pause() {
    let world = World::new("reset_paused", 0).await;
    world.script.ledger().ingest.extend([Act::Fail(TRANSIENT); 9]);
    world.start().await;
    world.settled().await;
    world.tell(names::RUN_NOW).await;
    world.until("backing_off").await;
    world.tell(names::PAUSE).await;
    world.until("paused").await;
    world.tell(names::RESET).await;
    let status = world.until_that("clean", |status| status.failures == 0).await;
    assert_eq!(status.state, "paused");
    assert_eq!(world.script.ledger().open, None);
    world.end().await;
}
