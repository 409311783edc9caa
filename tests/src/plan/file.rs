//! A plan that was made earlier is carried out as long as it is true.

use teal_activities::{code, plan};

use super::world::World;

#[tokio::test]
async fn a_plan_stays_true_while_rows_change_and_not_when_steps_do() {
    let world = World::new("a_plan_stays_true_while_rows_change").await;
    world.apply(&world.model).await;
    let model = world.edit(&[("shop:orders]", "shop:orders, shop:extras]")]);
    let planned = world.plan(&model).await;
    let again = world.plan(&model).await;
    assert_eq!(
        serde_json::to_string(&planned).unwrap(),
        serde_json::to_string(&again).unwrap(),
        "the same facts give the same bytes"
    );
    world
        .bench
        .source
        .run("insert into extras select n from generate_series(2, 999) n; analyze extras")
        .await;
    world.batch("live/shop").await;
    let now = world.plan(&model).await;
    assert_ne!(now, planned, "another estimate");
    plan::still_true(&planned, &now, false).unwrap();

    world.run("drop view WS.core__shop__orders").await;
    let refused = plan::still_true(&planned, &world.plan(&model).await, false).unwrap_err();
    assert_eq!(refused.code(), code::PLAN0006);
    assert!(refused.to_string().contains("replace view (view"), "{refused}");
    world.apply(&world.model).await;

    // Another release in force: not the one that it was made on.
    world.apply(&world.edit(&[("every: 1m", "every: 5m")])).await;
    let refused = plan::still_true(&planned, &world.plan(&model).await, false).unwrap_err();
    assert!(refused.to_string().contains("made_on"), "{refused}");
    world.end().await;
}
