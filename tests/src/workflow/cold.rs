//! A stream that is asked how it is while no worker knows it: as after the death of one.

use std::sync::atomic::Ordering;

use teal_proto::v1::Ask;
use teal_temporal::{Seen, names};
use tokio::task::JoinSet;

use super::{
    script::Act,
    world::{CATALOG, LIMIT, World},
};
use crate::testkit::eventually;

/// Questions that wait for a worker.
const QUESTIONS: usize = 30;

/// The server hands a question to the first worker that comes, with all events of that moment, also
/// those that no workflow task has taken up: what the workflow makes of them then must be what it
/// makes of them in every later replay, when they come with their task and its time.
#[tokio::test(flavor = "multi_thread")]
async fn questions_that_overtake_a_workflow_task_change_nothing() {
    let mut world = World::new("overtaken", 4_000).await;
    world.start().await;
    world.until_that("one batch", |status| status.last_batch >= 1).await;
    for round in 2..=4 {
        let due_at_ms = world.until("waiting").await.next_due_at_ms;
        world.stop_worker().await;
        let questions = ask_how_it_is(&world);
        eventually("the tick", LIMIT, || async {
            (super::script::now_ms() > due_at_ms + 300).then_some(())
        })
        .await;
        world.start_worker().await;
        questions.join_all().await;
        world.until_that("the next batch", |status| status.last_batch >= round).await;
    }
    replays(world).await;
}

/// The same with a request in the task that follows: a replay hands that over before the end of the
/// activity, which a question had brought forward in the first place.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_between_an_answer_and_a_request_changes_nothing() {
    let mut world = World::new("brought_forward", 0).await;
    world.split().await;
    world.start().await;
    world.settled().await;
    for round in 1..=3 {
        world.script.release.store(false, Ordering::SeqCst);
        world.script.ledger().ingest.push_back(Act::Hold);
        world.tell(names::RUN_NOW).await;
        world.until("ingesting").await;
        world.called("ingest", 2 * round - 1).await;
        world.stop_worker().await;
        let questions = ask_how_it_is(&world);
        world.script.release.store(true, Ordering::SeqCst);
        eventually("the answer has come", LIMIT, || async {
            let seen = world.temporal.look(&world.stream, CATALOG).await.unwrap();
            (seen == Seen::Open(None)).then_some(())
        })
        .await;
        let asking = {
            let (temporal, id) = (world.temporal.clone(), world.stream.workflow_id());
            tokio::spawn(async move {
                temporal.update(&id, names::RUN_NOW, &Ask::default(), LIMIT).await
            })
        };
        world.start_worker().await;
        questions.join_all().await;
        let ticket = asking.await.unwrap().unwrap().ticket;
        world.until_that("served", |status| status.runs_served >= ticket).await;
    }
    replays(world).await;
}

/// Questions that wait for a worker; some wait too long.
fn ask_how_it_is(world: &World) -> JoinSet<()> {
    let mut questions = JoinSet::new();
    for _ in 0..QUESTIONS {
        let (temporal, id) = (world.temporal.clone(), world.stream.workflow_id());
        questions.spawn(async move {
            temporal.status(&id).await.ok();
        });
    }
    questions
}

/// A worker that never saw the workflow goes on with it.
async fn replays(mut world: World) {
    world.stop_worker().await;
    world.start_worker().await;
    let ticket = world.tell(names::RUN_NOW).await.ticket;
    world.until_that("served", |status| status.runs_served >= ticket).await;
    world.end().await;
}
