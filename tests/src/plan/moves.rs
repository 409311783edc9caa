//! Views that move from one platform to another never show an empty table.

use teal_activities::{apply, code, pulse::Still};

use super::world::{World, words};

const SEEN: [&str; 2] =
    ["select count(*) from WS.core__shop__customers", "select count(*) from WS.core__shop__orders"];

#[tokio::test]
async fn views_wait_for_the_first_load_and_move_at_one_stroke() {
    let world = World::new("views_wait_for_the_first_load_and_move_at_one_stroke").await;
    world.apply(&world.model).await;
    world.batch("live/shop").await;
    world.run("create view public.mine as select id from WS.core__shop__customers").await;
    let model = world.edit(&[("needs: {history: none}", "platform: past")]);
    let plan = world.plan(&model).await;
    insta::assert_snapshot!(words(&world, &plan).join("\n"), @r"
    install past/shop needed by;
    change stream past/shop: dataset orders - → public.orders
    load past/shop for WS.core__shop__customers WS.core__shop__orders
    move views of WS: core__shop__customers live/shop → past/shop; core__shop__orders live/shop → past/shop
    create view WS.core__shop__customers__history
    create view WS.core__shop__orders__history
    replace view WS._status
    grant WS.core__shop__customers__history WS.core__shop__orders__history to teal_WS_reader
    retire stream live/shop: live.shop__customers rows 3 kept 0; live.shop__orders rows 4 kept 0
    drop schema live
    ");
    world.apply_watching(&model, &SEEN, &["3", "4"]).await;
    assert_eq!(
        world.rows("select distinct platform from WS._status").await,
        ["past"],
        "the views are on the other platform"
    );
    // What somebody built on a view goes with it.
    assert_eq!(world.rows("select count(*) from public.mine").await, ["3"]);
    assert!(world.plan(&model).await.is_empty(), "{:#?}", world.plan(&model).await);
    world.run("drop view public.mine").await;
    world.end().await;
}

#[tokio::test]
async fn a_stream_that_loses_only_some_datasets_changes_after_the_views_moved() {
    let world = World::new("a_stream_that_loses_only_some_datasets_changes_late").await;
    world.apply(&world.model).await;
    world.batch("live/shop").await;
    let other = format!(
        "{}---\nkind: Workspace\nname: {}_two\nteam: retail/online\nroles: external\ngroups:\n  \
         own:\n    needs: {{history: none}}\n    sinks: [shop:orders, shop:extras]\n",
        world.edit(&[("needs: {history: none}", "platform: past")]),
        world.workspace
    );
    let plan = world.plan(&other).await;
    let order: Vec<String> = words(&world, &plan)
        .into_iter()
        .filter(|text| !text.starts_with("create schema") && !text.starts_with("grant"))
        .collect();
    insta::assert_snapshot!(order.join("\n"), @r"
    install live/shop needed by; past/shop needed by; workspace WS_two;
    change stream past/shop: dataset orders - → public.orders
    load past/shop for WS.core__shop__customers WS.core__shop__orders
    move views of WS: core__shop__customers live/shop → past/shop; core__shop__orders live/shop → past/shop
    create view WS.core__shop__customers__history
    create view WS.core__shop__orders__history
    replace view WS._status
    create view WS_two._status
    change stream live/shop: dataset extras - → public.extras; dataset customers public.customers → -
    create view WS_two.own__shop__extras
    create view WS_two.own__shop__orders
    ");
    world.apply_watching(&other, &SEEN, &["3", "4"]).await;
    assert_eq!(world.rows("select count(*) from WS_two.own__shop__orders").await, ["4"]);
    assert!(world.plan(&other).await.is_empty(), "{:#?}", world.plan(&other).await);
    world.end().await;
}

#[tokio::test]
async fn a_load_that_fails_leaves_the_views_where_they_are() {
    let world = World::new("a_load_that_fails_leaves_the_views_where_they_are").await;
    world.apply(&world.model).await;
    world.batch("live/shop").await;
    let model = world.edit(&[("needs: {history: none}", "platform: past")]);
    let (_, hash) = world.store(&model).await;
    world.bench.source.run("alter table orders rename to elsewhere").await;
    let (local, pulse) = (world.local(), Still::default());
    let error = apply::run(world.io(), &local, &hash, "anna", &pulse, |_| {}).await.unwrap_err();
    assert!(error.to_string().contains("stream past/shop"), "{error}");
    for (query, count) in SEEN.iter().zip(["3", "4"]) {
        assert_eq!(world.rows(query).await, [count]);
    }
    world.bench.source.run("alter table elsewhere rename to orders").await;
    let pause = "update teal.intent set wanted = 'paused', reason = 'month end', by_whom = 'eve'
        where stream_id = (select id from teal.stream where name = 'past/shop')";
    world.run(pause).await;
    let error = world.try_apply(&model).await.unwrap_err();
    assert_eq!(error.code(), code::APPLY0007, "{error}");
    assert!(error.to_string().contains("month end"), "{error}");
    world.run(&pause.replace("'paused'", "'run'")).await;
    world.apply(&model).await;
    assert_eq!(world.rows("select distinct platform from WS._status").await, ["past"]);
    world.end().await;
}
