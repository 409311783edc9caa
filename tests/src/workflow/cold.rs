//! A stream that is asked how it is while no worker knows it: as after the death of one.

use std::time::Duration;

use teal_temporal::names;

use super::world::World;
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
        let id = world.stream.workflow_id();
        let questions: Vec<_> = (0..QUESTIONS)
            .map(|_| {
                let (temporal, id) = (world.temporal.clone(), id.clone());
                tokio::spawn(async move { temporal.status(&id).await })
            })
            .collect();
        eventually("the tick", Duration::from_secs(20), || async {
            (super::script::now_ms() > due_at_ms + 300).then_some(())
        })
        .await;
        world.start_worker().await;
        for question in questions {
            question.await.unwrap().ok(); // some wait too long
        }
        world.until_that("the next batch", |status| status.last_batch >= round).await;
    }
    world.stop_worker().await; // whoever comes now replays all of it
    world.start_worker().await;
    let ticket = world.tell(names::RUN_NOW).await.ticket;
    world.until_that("served", |status| status.runs_served >= ticket).await;
    world.end().await;
}
