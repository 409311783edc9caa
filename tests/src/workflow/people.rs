//! What people ask, and what they are refused.

use std::sync::atomic::Ordering;

use teal_proto::v1::Ask;
use teal_temporal::{Closed, names};

use super::{
    script::{Act, CONFIG},
    world::{LIMIT, World},
};

#[tokio::test(flavor = "multi_thread")]
async fn pause_is_in_the_catalog_before_it_is_answered_and_holds_until_resumed() {
    let world = World::new("pause", 0).await;
    world.start().await;
    world.settled().await;
    let reply = world.tell(names::PAUSE).await;
    assert_eq!((reply.state.as_str(), reply.failure), ("paused", None));
    assert!(world.script.ledger().calls.contains(&"set_intent pause me@here a test".to_owned()));
    let refused = world.refusal(names::RUN_NOW).await;
    assert_eq!(refused.code().id, "TEMPORAL0005");
    assert!(refused.to_string().contains("is paused: resume it first"), "{refused}");
    world.tell(names::RESUME).await;
    world.until("waiting").await;
    let refused = world.refusal(names::RESUME).await;
    assert!(refused.to_string().contains("is not paused"), "{refused}");
    let ticket = world.tell(names::RUN_NOW).await.ticket;
    world.until_that("served", |status| status.runs_served == ticket).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pause_during_a_batch_takes_effect_after_it() {
    let world = World::new("pause_during", 200).await;
    world.script.ledger().ingest.push_back(Act::Hold);
    world.start().await;
    world.called("ingest", 1).await; // earlier, the pause would be found by `begin`
    let reply = world.tell(names::PAUSE).await;
    assert!(reply.message.contains("after the open batch"), "{reply:?}");
    assert_eq!(world.status().await.state, "ingesting");
    world.script.release.store(true, Ordering::Relaxed);
    let status = world.until("paused").await;
    assert_eq!(status.last_batch, 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batch_that_has_not_begun_yields_to_a_pause() {
    let world = World::new("pause_before", 0).await;
    world.start().await;
    world.settled().await;
    world.script.ledger().intent = "paused".into(); // written, and not yet told
    world.tell(names::RUN_NOW).await;
    let status = world.until("paused").await;
    assert_eq!((status.last_batch, world.script.count("ingest")), (0, 0));
    world.tell(names::RESUME).await;
    world.until_that("what was asked for", |status| status.runs_served == 1).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn run_now_during_a_run_queues_exactly_one_more() {
    let world = World::new("run_now_during", 0).await;
    world.script.ledger().ingest.push_back(Act::Hold);
    world.start().await;
    world.settled().await;
    world.tell(names::RUN_NOW).await;
    world.called("ingest", 1).await;
    world.tell(names::RUN_NOW).await;
    let last = world.tell(names::RUN_NOW).await;
    assert!(last.message.contains("one more batch follows"), "{last:?}");
    world.script.release.store(true, Ordering::Relaxed);
    let status = world.until_that("all served", |status| status.runs_served == last.ticket).await;
    assert_eq!((status.last_batch, world.script.count("ingest")), (2, 2));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hand_typed_json_works_or_is_refused_without_a_trace() {
    let world = World::new("hand_typed", 0).await;
    world.start().await;
    world.settled().await;
    let reply = world.type_by_hand(names::PAUSE, Some(r#"{"reason":"x","junk":1}"#)).await.unwrap();
    assert_eq!(reply["state"], "paused");
    let again = world.type_by_hand(names::PAUSE, Some(r#"{"reason":"y"}"#)).await.unwrap();
    let message = again["message"].as_str().unwrap();
    assert!(message.ends_with(": paused; before: paused by bob: earlier"), "{message}");
    let asked = "set_intent pause unknown (temporal update) y";
    assert!(world.script.ledger().calls.contains(&asked.to_owned()));
    world.type_by_hand(names::RESUME, None).await.unwrap();
    world.until("waiting").await;
    world.type_by_hand(names::PAUSE, Some("null")).await.unwrap();
    world.type_by_hand(names::RESUME, Some("{}")).await.unwrap();
    world.until("waiting").await;
    for bad in ["5", r#"{"reason":5}"#, r#""text""#] {
        let refused = world.type_by_hand(names::PAUSE, Some(bad)).await.unwrap_err();
        assert!(refused.contains("cannot read the input"), "{refused}");
    }
    let unknown = world.type_by_hand("paus", Some("{}")).await.unwrap_err();
    assert!(unknown.contains("paus"), "{unknown}");
    assert_eq!(world.status().await.state, "waiting");
    let ticket = world.tell(names::RUN_NOW).await.ticket;
    world.until_that("still works", |status| status.runs_served == ticket).await;
    world.end().await;
}

/// Whatever a person types for whichever verb: an answer or a refusal, and the stream goes on.
#[tokio::test(flavor = "multi_thread")]
async fn every_verb_takes_any_input_without_harm() {
    let world = World::new("any_input", 0).await;
    world.start().await;
    world.settled().await;
    let verbs = [
        names::RUN_NOW,
        names::PAUSE,
        names::RESUME,
        names::RETRY,
        names::RESYNC,
        names::RESET,
        names::RELOAD,
        names::RETIRE,
    ];
    let long = format!(r#"{{"reason":"{}"}}"#, "x".repeat(100_000));
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    let unreadable = ["5", r#""text""#, "[]", "[{}]", "true", r#"{"by":7}"#, r#"{"reason":["a"]}"#];
    for verb in verbs {
        for bad in unreadable.into_iter().chain([deep.as_str()]) {
            let refused = world.type_by_hand(verb, Some(bad)).await;
            let refused = refused.expect_err(&format!("{verb} took {bad}"));
            assert!(refused.contains("cannot read the input"), "{verb} {bad}: {refused}");
        }
    }
    for verb in verbs.into_iter().filter(|verb| *verb != names::RETIRE) {
        for odd in ["{}", "null", r#"{"junk":{"a":[1,null]},"by":"a\"; drop table x; --"}"#, &long]
        {
            // an answer or a refusal with a reason: neither is a failure of the workflow
            if let Err(refused) = world.type_by_hand(verb, Some(odd)).await {
                assert!(!refused.contains("cannot read"), "{verb}: {refused}");
            }
        }
    }
    world.type_by_hand(names::RESUME, None).await.ok();
    let ticket = world.tell(names::RUN_NOW).await.ticket;
    world.until_that("still works", |status| status.runs_served == ticket).await;
    let reason = r#"{"junk":1,"reason":"over"}"#;
    world.type_by_hand(names::RETIRE, Some(reason)).await.unwrap();
    let closed = world.temporal.wait_closed(&world.stream.workflow_id(), LIMIT).await.unwrap();
    assert_eq!(closed, Closed::Completed("retired".into()));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reload_cancels_an_ingest_and_answers_when_the_configuration_runs() {
    let world = World::new("reload", 0).await;
    world.script.ledger().ingest.push_back(Act::Hold);
    world.start().await;
    world.settled().await;
    world.tell(names::RUN_NOW).await;
    world.called("ingest", 1).await;
    world.script.ledger().config = "h2".into();
    let ask = Ask { config_hash: "h2".into(), ..Ask::default() };
    let reply = world.ask(names::RELOAD, ask).await.unwrap();
    assert_eq!((reply.config_hash.as_str(), reply.failure), ("h2", None));
    world.until_that("the run goes on", |status| status.runs_served == 1).await;
    let calls = world.script.ledger().calls.clone();
    let of = |name: &str| calls.iter().position(|call| call == name).unwrap();
    assert!(of("cancelled") < of("reconcile h2"), "{calls:?}");
    assert_eq!(calls.iter().filter(|call| *call == "ingest 1").count(), 2, "{calls:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reload_that_cannot_take_effect_answers_with_the_failure() {
    let world = World::new("reload_fails", 0).await;
    world.start().await;
    world.settled().await;
    {
        let mut ledger = world.script.ledger();
        ledger.config = "h2".into();
        ledger.reconcile.push_back(Act::Fail(CONFIG));
    }
    let reply = world.tell(names::RELOAD).await;
    let failure = reply.failure.unwrap();
    assert_eq!((failure.code.as_str(), failure.kind.as_str()), ("TEST0003", "config"));
    assert_eq!(world.until("failing").await.last_failure, Some(failure));
    let reply = world.tell(names::RELOAD).await;
    assert_eq!((reply.failure, reply.config_hash.as_str()), (None, "h2"));
    world.until("waiting").await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retired_stream_finishes_its_merge_and_ends() {
    let world = World::new("retire", 0).await;
    world.script.ledger().merge.push_back(Act::Hold);
    world.start().await;
    world.settled().await;
    world.tell(names::RUN_NOW).await;
    world.until("merging").await;
    world.tell(names::RETIRE).await;
    let refused = world.refusal(names::PAUSE).await;
    assert!(refused.to_string().contains("is being retired"), "{refused}");
    world.script.release.store(true, Ordering::Relaxed);
    let closed = world.temporal.wait_closed(&world.stream.workflow_id(), LIMIT).await.unwrap();
    assert_eq!(closed, Closed::Completed("retired".into()));
    let calls = world.script.ledger().calls.clone();
    assert_eq!(calls.last().map(String::as_str), Some("retire"), "{calls:?}");
    assert_eq!(world.script.ledger().last_batch, 1);
    let gone = world.refusal(names::PAUSE).await;
    assert_eq!(gone.code().id, "TEMPORAL0004", "{gone:?}");
    world.end().await;
}
