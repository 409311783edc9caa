//! What somebody changed by hand is shown and mended.

use std::collections::BTreeSet;

use teal_activities::plan;

use super::world::{World, release, words};

#[tokio::test]
async fn dropped_views_tables_columns_and_grants_are_shown_and_mended() {
    let world = World::new("dropped_views_tables_columns_and_grants_are_shown_and_mended").await;
    world.apply(&world.model).await;
    world.batch("live/shop").await;
    world.batch("past/shop").await;
    let expected = world.rows("select * from WS.core__shop__customers order by id").await;
    world
        .run(
            "drop view WS.core__shop__orders;
             drop table live.shop__orders;
             drop view WS.core__shop__customers;
             alter table live.shop__customers drop column name;
             create or replace view WS_audit.all__shop__customers as
               select id, name from past.shop__customers;
             revoke select on WS_audit._status from teal_WS_audit_reader",
        )
        .await;
    let plan = world.plan(&world.model).await;
    insta::assert_snapshot!(words(&world, &plan).join("\n"), @r"
    install
    repair stream live/shop: column name of live.shop__customers is gone; table live.shop__orders is gone
    replace view WS.core__shop__customers
    replace view WS.core__shop__orders
    replace view WS_audit.all__shop__customers
    grant WS.core__shop__customers WS.core__shop__orders to teal_WS_reader
    grant WS_audit._status to teal_WS_audit_reader
    ");
    let warnings = plan.warnings.join("\n").replace(&world.workspace, "WS");
    insta::assert_snapshot!(warnings, @r"
    view WS.core__shop__customers is missing
    view WS.core__shop__orders is missing
    view WS_audit.all__shop__customers was changed by hand
    ");
    world.apply(&world.model).await;
    assert!(world.plan(&world.model).await.is_empty(), "{:#?}", world.plan(&world.model).await);
    world.batch("live/shop").await;
    assert_eq!(world.rows("select * from WS.core__shop__customers order by id").await, expected);
    assert_eq!(world.rows("select count(*) from WS.core__shop__orders").await, ["4"]);
    world.end().await;
}

#[tokio::test]
async fn a_stream_without_open_workflow_is_repaired() {
    let world = World::new("a_stream_without_open_workflow_is_repaired").await;
    world.apply(&world.model).await;
    let open = BTreeSet::from(["live/shop".parse().unwrap()]);
    let options = plan::Options { open: Some(open) };
    let found = plan::make(world.io(), &release(&world.model), &options).await.unwrap();
    assert_eq!(
        words(&world, &found),
        ["install", "repair stream past/shop: it has no open workflow"]
    );
    world.end().await;
}
