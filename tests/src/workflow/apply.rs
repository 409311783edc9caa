//! The apply workflow.

use std::sync::atomic::Ordering;

use teal_proto::v1::ApplyInput;
use teal_temporal::{ApplyStart, Closed, names};

use super::{
    script::{Act, CONFIG, TRANSIENT},
    world::{LIMIT, World},
};
use crate::testkit::eventually;

fn input(world: &World) -> ApplyInput {
    ApplyInput {
        ecosystem: world.services.clone(),
        services: world.services.clone(),
        plan: "p1".into(),
        by: "me@here".into(),
        catalog_uid: "u".into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn apply_runs_phase_by_phase_and_reports() {
    let world = World::new("apply", 0).await;
    let started = world.temporal.start_apply(&input(&world)).await.unwrap();
    assert_eq!(started, ApplyStart::Started);
    let id = names::apply_workflow(&world.services);
    let closed = world.temporal.wait_closed(&id, LIMIT).await.unwrap();
    let Closed::Completed(report) = closed else { panic!("{closed:?}") };
    assert_eq!((&report["plan"], &report["steps"]), (&"p1".into(), &5.into()));
    let calls = world.script.ledger().calls.clone();
    assert_eq!(
        (calls.first().map(String::as_str), calls.last().map(String::as_str)),
        (Some("begin"), Some("finish"))
    );
    assert!(calls[1..3].iter().all(|call| call == "step 0" || call == "step 1"), "{calls:?}");
    let status = world.temporal.apply_status(&world.services).await.unwrap();
    assert_eq!((status.state.as_str(), status.steps_done, status.steps), ("done", 5, 5));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_apply_says_why_and_starting_again_goes_on() {
    let world = World::new("apply_fails", 0).await;
    world.script.ledger().step.extend([Act::Fail(TRANSIENT), Act::Fail(CONFIG)]);
    world.temporal.start_apply(&input(&world)).await.unwrap();
    let id = names::apply_workflow(&world.services);
    let closed = world.temporal.wait_closed(&id, LIMIT).await.unwrap();
    let Closed::Failed(failure) = closed else { panic!("{closed:?}") };
    assert_eq!((failure.code.as_str(), failure.help.as_str()), ("TEST0003", "set it"));
    assert!(failure.message.starts_with("[TEST0003] a credential is missing"), "{failure:?}");
    assert_eq!(world.script.count("finish"), 0);
    world.temporal.start_apply(&input(&world)).await.unwrap();
    let closed = world.temporal.wait_closed(&id, LIMIT).await.unwrap();
    assert!(matches!(closed, Closed::Completed(_)), "{closed:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn second_apply_meets_the_first_and_a_cancelled_one_stops() {
    let world = World::new("apply_twice", 0).await;
    world.script.ledger().step.extend([Act::Hold, Act::Hold]);
    world.temporal.start_apply(&input(&world)).await.unwrap();
    world.called("step", 2).await;
    let other = ApplyInput { plan: "p2".into(), ..input(&world) };
    let started = world.temporal.start_apply(&other).await.unwrap();
    assert_eq!(started, ApplyStart::AlreadyRunning);
    let status = eventually("its status", LIMIT, || async {
        world.temporal.apply_status(&world.services).await.ok()
    })
    .await;
    assert_eq!((status.plan.as_str(), status.state.as_str()), ("p1", "running"));
    assert_eq!(status.running, ["prepare: step 1 of 5", "prepare: step 2 of 5"]);
    let id = names::apply_workflow(&world.services);
    world.temporal.cancel(&id, "the test says so").await.unwrap();
    assert_eq!(world.temporal.wait_closed(&id, LIMIT).await.unwrap(), Closed::Cancelled);
    assert_eq!(world.script.count("cancelled"), 2);
    world.script.release.store(true, Ordering::Relaxed);
    world.end().await;
}
