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
    replace view WS.core__shop__customers: is missing
    replace view WS.core__shop__orders: is missing
    replace view WS_audit.all__shop__customers: was changed by hand
    grant WS.core__shop__customers WS.core__shop__orders to teal_WS_reader
    grant WS_audit._status to teal_WS_audit_reader
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
    let options = plan::Options { open: Some(open), ..plan::Options::default() };
    let found = plan::make(world.io(), &release(&world.model), &options).await.unwrap();
    assert_eq!(
        words(&world, &found),
        ["install", "repair stream past/shop: it has no open workflow"]
    );
    world.end().await;
}

#[tokio::test]
async fn columns_types_keys_and_members_that_somebody_changed_are_put_right() {
    let world = World::new("columns_types_keys_and_members_are_put_right").await;
    let user = format!("{}_eve", world.workspace);
    world.run(&format!("drop role if exists {user}; create role {user}")).await;
    world.apply(&world.model).await;
    world.batch("live/shop").await;
    world.batch("past/shop").await;
    world
        .run(&format!(
            "alter table live.shop__orders add column note text;
             alter table past.shop__customers add column note text;
             alter table live.shop__orders drop constraint shop__orders_key;
             drop index past.shop__customers_key;
             grant teal_WS_reader to {user};
             drop view WS_audit.all__shop__customers__history, WS_audit.all__shop__customers;
             alter table past.shop__customers alter column name type text"
        ))
        .await;
    let plan = world.plan(&world.model).await;
    let found = words(&world, &plan).join("\n").replace(&user, "EVE").replace("WS_eve", "EVE");
    insta::assert_snapshot!(found, @r"
    install
    repair stream live/shop: column note of live.shop__orders was added by hand; the key of live.shop__orders is gone
    repair stream past/shop: column note of past.shop__customers was added by hand; column name of past.shop__customers is text, not varchar(80); the key of past.shop__customers is gone
    replace view WS_audit.all__shop__customers: is missing
    replace view WS_audit.all__shop__customers__history: is missing
    remove EVE from teal_WS_reader
    grant WS_audit.all__shop__customers WS_audit.all__shop__customers__history to teal_WS_audit_reader
    ");
    assert!(plan.is_destructive(), "values of a column go");
    world.apply(&world.model).await;
    assert!(world.plan(&world.model).await.is_empty(), "{:#?}", world.plan(&world.model).await);
    world.batch("past/shop").await;
    assert_eq!(
        world.rows("select count(*) from WS_audit.all__shop__customers__history").await,
        ["3"],
        "no new versions"
    );
    world.run(&format!("drop role {user}")).await;
    world.end().await;
}
