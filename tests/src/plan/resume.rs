//! An apply that is killed anywhere leads to the same end.

use teal_activities::{apply, pulse::Still};
use teal_proto::v1::{ApplyBeginRequest, ApplyFinishRequest, ApplyStepRequest};

use super::world::World;

/// Runs the first `count` steps and goes away.
async fn die_after(world: &World, plan: &str, count: u32) {
    let begin = ApplyBeginRequest { plan: plan.to_owned(), by: "anna".into() };
    apply::begin(world.io(), &begin).await.unwrap();
    for step in 0..count {
        run(world, plan, step).await;
    }
}

async fn run(world: &World, plan: &str, step: u32) {
    let request = ApplyStepRequest { plan: plan.to_owned(), step, by: "anna".into() };
    let local = world.local();
    apply::step(world.io(), &local, &request, &Still::default()).await.unwrap();
}

/// What a workflow does that was started again.
async fn resume(world: &World, plan: &str) {
    let begin = ApplyBeginRequest { plan: plan.to_owned(), by: "anna".into() };
    let outline = apply::begin(world.io(), &begin).await.unwrap();
    for step in 0..outline.steps {
        run(world, plan, step).await;
    }
    let finish = ApplyFinishRequest { plan: plan.to_owned(), by: "anna".into() };
    let report = apply::finish(world.io(), &finish).await.unwrap();
    let again = apply::finish(world.io(), &finish).await.unwrap();
    assert_eq!(report.release, again.release);
}

#[tokio::test]
async fn a_first_apply_killed_after_any_step_ends_the_same() {
    let test = "a_first_apply_killed_after_any_step_ends_the_same";
    let (expected, steps) = {
        let world = World::new(test).await;
        let steps = world.plan(&world.model).await.steps.len();
        world.apply(&world.model).await;
        let state = world.end_state().await;
        world.end().await;
        (state, u32::try_from(steps).unwrap())
    };
    for killed_after in 0..=steps {
        let world = World::new(test).await;
        let (_, plan) = world.store(&world.model).await;
        die_after(&world, &plan, killed_after).await;
        if killed_after % 2 == 0 {
            resume(&world, &plan).await;
        } else {
            world.run("update teal.plan set touched_at = touched_at - interval '2 minutes'").await;
            world.apply(&world.model).await; // plans again and finds what is left
        }
        assert_eq!(
            comparable(world.end_state().await),
            comparable(expected.clone()),
            "{killed_after}"
        );
        assert!(world.plan(&world.model).await.is_empty());
        world.end().await;
    }
}

#[tokio::test]
async fn a_change_killed_after_any_step_ends_the_same() {
    let test = "a_change_killed_after_any_step_ends_the_same";
    let edit = |world: &World| {
        world.edit(&[
            ("kind: Datastore\nname: shop", "kind: Datastore\nname: store\nformerly: [shop]"),
            (
                "      name: varchar(80)",
                "      label: {type: text, formerly: [name], source: name}",
            ),
            ("sinks: [shop:customers, shop:orders]", "sinks: [store:orders, store:extras]"),
            ("sinks: [shop:customers]", "sinks: [store:customers]"),
            ("needs: {history: full}", "needs: {history: none}"),
        ])
    };
    let prepared = async || {
        let world = World::new(test).await;
        world.apply(&world.model).await;
        world.batch("live/shop").await;
        world.batch("past/shop").await;
        let model = edit(&world);
        (world, model)
    };
    let (world, model) = prepared().await;
    let steps = u32::try_from(world.plan(&model).await.steps.len()).unwrap();
    world.apply(&model).await;
    let expected = comparable(world.end_state().await);
    world.end().await;
    for killed_after in 0..=steps {
        let (world, model) = prepared().await;
        let (_, plan) = world.store(&model).await;
        die_after(&world, &plan, killed_after).await;
        if killed_after % 2 == 1 {
            resume(&world, &plan).await;
        } else {
            world.run("update teal.plan set touched_at = touched_at - interval '2 minutes'").await;
            world.apply(&model).await;
        }
        assert_eq!(comparable(world.end_state().await), expected, "killed after {killed_after}");
        assert!(world.plan(&model).await.is_empty(), "killed after {killed_after}");
        world.end().await;
    }
}

/// Without the folder of credentials, which is another one each time and part of each hash.
fn comparable(state: Vec<String>) -> Vec<String> {
    let told_apart =
        |line: &String| !["installed ", "workspace "].iter().any(|word| line.starts_with(word));
    state.into_iter().filter(told_apart).collect()
}
