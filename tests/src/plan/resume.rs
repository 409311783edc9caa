//! An apply that is killed anywhere leads to the same end.

use std::time::Duration;

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
    let world = World::new("a_first_apply_killed_after_any_step_ends_the_same").await;
    let steps = u32::try_from(world.plan(&world.model).await.steps.len()).unwrap();
    world.apply(&world.model).await;
    let expected = world.end_state().await;
    for killed_after in 0..=steps {
        world.start_over().await;
        let (_, plan) = world.store(&world.model).await;
        die_after(&world, &plan, killed_after).await;
        go_on(&world, &plan, &world.model, killed_after % 2 == 0).await;
        assert_eq!(world.end_state().await, expected, "killed after {killed_after}");
        assert!(world.plan(&world.model).await.is_empty(), "killed after {killed_after}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_change_killed_after_any_step_ends_the_same() {
    let world = World::new("a_change_killed_after_any_step_ends_the_same").await;
    let model = world.edit(&[
        ("kind: Datastore\nname: shop", "kind: Datastore\nname: store\nformerly: [shop]"),
        ("      name: varchar(80)", "      label: {type: text, formerly: [name], source: name}"),
        ("sinks: [shop:customers, shop:orders]", "sinks: [store:orders, store:extras]"),
        ("sinks: [shop:customers]", "sinks: [store:customers]"),
        ("needs: {history: full}", "needs: {history: none}"),
    ]);
    let prepare = async || {
        world.start_over().await;
        world.apply(&world.model).await;
        world.batch("live/shop").await;
        world.batch("past/shop").await;
    };
    prepare().await;
    let steps = u32::try_from(world.plan(&model).await.steps.len()).unwrap();
    world.apply(&model).await;
    let expected = world.end_state().await;
    for killed_after in 0..=steps {
        prepare().await;
        let (_, plan) = world.store(&model).await;
        die_after(&world, &plan, killed_after).await;
        go_on(&world, &plan, &model, killed_after % 2 == 1).await;
        assert_eq!(world.end_state().await, expected, "killed after {killed_after}");
        assert!(world.plan(&model).await.is_empty(), "killed after {killed_after}");
    }
    world.end().await;
}

/// The last answer may be lost after its commit; whoever asks again gets it, and nothing changes.
#[tokio::test]
async fn a_plan_that_is_installed_may_be_applied_again() {
    let world = World::new("a_plan_that_is_installed_may_be_applied_again").await;
    let (_, plan) = world.store(&world.model).await;
    let apply = async || {
        let (local, pulse) = (world.local(), Still::default());
        Box::pin(apply::run(world.io(), &local, &plan, "anna", &pulse, |_| {})).await
    };
    let first = apply().await.unwrap();
    let expected = world.end_state().await;
    // Killed after it began again: it goes on.
    let begin = ApplyBeginRequest { plan: plan.clone(), by: "anna".into() };
    apply::begin(world.io(), &begin).await.unwrap();
    let again = apply().await.unwrap();
    assert_eq!(again.release, first.release);
    assert_eq!(world.end_state().await, expected);
    // Once another release is installed the old plan is no longer true.
    world.apply(&world.edit(&[("needs: {history: full}", "needs: {history: none}")])).await;
    assert_eq!(apply().await.unwrap_err().code(), teal_activities::code::APPLY0001);
    world.end().await;
}

#[tokio::test]
async fn an_apply_interrupted_at_any_moment_ends_the_same() {
    let world = World::new("an_apply_interrupted_at_any_moment_ends_the_same").await;
    world.apply(&world.model).await;
    let expected = world.end_state().await;
    for round in 0..4 {
        world.start_over().await;
        let (_, plan) = world.store(&world.model).await;
        let (mut patience, mut deaths) = (Duration::from_millis(30 + 17 * round), 0);
        loop {
            let local = world.local();
            let pulse = Still::default();
            let all = apply::run(world.io(), &local, &plan, "anna", &pulse, |_| {});
            match tokio::time::timeout(patience, Box::pin(all)).await {
                Ok(done) => break drop(done.unwrap()),
                Err(_died) => (patience, deaths) = (patience.mul_f64(1.3), deaths + 1),
            }
        }
        assert!(deaths > 0, "it never died");
        assert_eq!(world.end_state().await, expected, "after {deaths} deaths");
    }
    world.end().await;
}

#[tokio::test]
async fn steps_of_a_phase_run_side_by_side() {
    let world = World::new("steps_of_a_phase_run_side_by_side").await;
    world.apply(&world.model).await;
    let expected = world.end_state().await;
    world.start_over().await;
    let (_, plan) = world.store(&world.model).await;
    let begin = ApplyBeginRequest { plan: plan.clone(), by: "anna".into() };
    let outline = apply::begin(world.io(), &begin).await.unwrap();
    for phase in outline.phases {
        let steps = phase.first_step..phase.first_step + phase.step_count;
        futures::future::join_all(steps.map(|step| run(&world, &plan, step))).await;
    }
    apply::finish(world.io(), &ApplyFinishRequest { plan, by: "anna".into() }).await.unwrap();
    assert_eq!(world.end_state().await, expected);
    // And away with half of it, side by side too.
    let cut = world.model.rfind("---\nkind: Workspace").unwrap();
    let (model, _) = world.model.split_at(cut);
    let (_, plan) = world.store(model).await;
    let begin = ApplyBeginRequest { plan: plan.clone(), by: "anna".into() };
    let outline = apply::begin(world.io(), &begin).await.unwrap();
    for phase in outline.phases {
        let steps = phase.first_step..phase.first_step + phase.step_count;
        futures::future::join_all(steps.map(|step| run(&world, &plan, step))).await;
    }
    apply::finish(world.io(), &ApplyFinishRequest { plan, by: "anna".into() }).await.unwrap();
    assert!(world.plan(model).await.is_empty(), "{:#?}", world.plan(model).await);
    world.end().await;
}

/// The same plan once more from its first step, or a new one that finds what is left to do.
async fn go_on(world: &World, plan: &str, model: &str, same: bool) {
    if same {
        resume(world, plan).await;
    } else {
        world.run("update teal.plan set touched_at = touched_at - interval '2 minutes'").await;
        world.apply(model).await;
    }
}
