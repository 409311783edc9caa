//! A store that runs as one stream and then as one for each dataset, and back: rows, history and
//! views stay.

use super::world::{World, words};

const HISTORY: &str = "select id, teal_from is not null as came, teal_to is not null as went,
    teal_batch_in from WS_audit.all__shop__customers__history order by id, teal_batch_in";

#[tokio::test]
async fn a_store_changes_its_shape_and_keeps_rows_history_and_views() {
    let world = World::new("a_store_changes_its_shape_and_keeps_rows_history_and_views").await;
    world.apply(&world.model).await;
    world.batch("live/shop").await;
    world.batch("past/shop").await;
    world.bench.source.run("update customers set name = 'x' where id = 1").await;
    world.batch("past/shop").await;
    let tables =
        "select id, schema_name, table_name, loaded, rows from teal.merge_table order by 1";
    let (before, history) = (world.rows(tables).await, world.rows(HISTORY).await);

    let single = world.edit(&[("streams: multi", "streams: single")]);
    let plan = world.plan(&single).await;
    insta::assert_snapshot!(words(&world, &plan).join("\n"), @r"
    install
    hand over live/shop: live.shop__customers to live/shop/customers; live.shop__orders to live/shop/orders
    hand over past/shop: past.shop__customers to past/shop/customers
    create stream live/shop/customers for WS/core
    create stream live/shop/orders for WS/core
    create stream past/shop/customers for WS_audit/all
    retire stream live/shop: 
    retire stream past/shop:
    ");
    assert!(!plan.is_destructive());
    let seen = [
        "select count(*) from WS.core__shop__customers",
        "select count(*) from WS.core__shop__orders",
        "select count(*) from WS_audit.all__shop__customers__history",
    ];
    world.apply_watching(&single, &seen, &["3", "4", "4"]).await;
    assert_eq!(world.rows(tables).await, before, "no table was loaded again");
    assert_eq!(world.rows(HISTORY).await, history);
    assert!(world.plan(&single).await.is_empty(), "{:#?}", world.plan(&single).await);

    world.bench.source.run("update customers set name = 'y' where id = 2").await;
    world.batch("live/shop/customers").await;
    world.batch("past/shop/customers").await;
    let unclosed = "select count(*) from WS_audit.all__shop__customers__history
        where teal_from is null or (teal_to is null and teal_batch_out <> 2147483647)";
    assert_eq!(world.rows(unclosed).await, ["0"], "each version has its times");
    assert_eq!(
        world.rows("select name from WS.core__shop__customers order by id").await,
        ["x", "y", "customer 3"]
    );

    // Two streams become one; their numbers overlapped, the times must not.
    world.apply_watching(&world.model, &seen, &["3", "4", "5"]).await;
    world.bench.source.run("delete from customers where id = 3").await;
    world.batch("live/shop").await;
    world.batch("past/shop").await;
    assert_eq!(world.rows(unclosed).await, ["0"]);
    assert_eq!(world.rows("select count(*) from WS.core__shop__customers").await, ["2"]);
    assert!(world.plan(&world.model).await.is_empty());
    world.end().await;
}

#[tokio::test]
async fn a_pause_goes_on_for_the_streams_that_follow() {
    let world = World::new("a_pause_goes_on_for_the_streams_that_follow").await;
    world.apply(&world.model).await;
    world
        .run(
            "update teal.intent set wanted = 'paused', reason = 'month end', by_whom = 'anna'
             where stream_id = (select id from teal.stream where name = 'live/shop')",
        )
        .await;
    let single = world.edit(&[("streams: multi", "streams: single")]);
    world.apply(&single).await;
    let paused =
        "select s.name, i.reason from teal.stream s join teal.intent i on i.stream_id = s.id
        where i.wanted = 'paused' and s.retired_at is null order by 1";
    assert_eq!(
        world.rows(paused).await,
        ["live/shop/customers|month end", "live/shop/orders|month end"]
    );
    world.end().await;
}
