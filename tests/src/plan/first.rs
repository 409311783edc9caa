//! A first apply, and a second one that finds nothing to do.

use teal_model::plan::Action;

use super::world::{World, words};

#[tokio::test]
async fn first_apply_creates_what_the_plan_said() {
    let world = World::new("first_apply_creates_what_the_plan_said").await;
    let plan = world.plan(&world.model).await;
    insta::assert_snapshot!(words(&world, &plan).join("\n"), @r"
    create schema live
    create schema past
    create schema teal_retired
    create schema WS
    create schema WS_audit
    create role teal_WS_reader
    create role teal_WS_audit_reader
    install
    create stream live/shop for WS/core
    create stream past/shop for WS_audit/all
    create view WS.core__shop__customers
    create view WS.core__shop__orders
    create view WS_audit.all__shop__customers
    create view WS_audit.all__shop__customers__history
    create view WS._status
    grant WS.core__shop__customers WS.core__shop__orders WS._status to teal_WS_reader
    create view WS_audit._status
    grant WS_audit.all__shop__customers WS_audit.all__shop__customers__history WS_audit._status to teal_WS_audit_reader
    ");
    let Some(Action::CreateStream { ddl, loads, facts, .. }) =
        plan.steps.iter().map(|s| &s.action).find(|a| matches!(a, Action::CreateStream { .. }))
    else {
        panic!("a stream to create");
    };
    assert!(ddl.iter().any(|text| text.starts_with("create table")), "{ddl:?}");
    assert_eq!(loads.iter().map(|load| load.rows).collect::<Vec<_>>(), [Some(3), Some(4)]);
    assert!(loads.iter().all(|load| load.bytes > Some(0)), "{loads:?}");
    assert_eq!(facts[0].new.as_deref(), Some("every 1 min"));
    assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);

    world.apply(&world.model).await;
    assert_eq!(
        world.rows("select store, dataset, platform, state from WS._status order by 2").await,
        ["shop|customers|live|loading", "shop|orders|live|loading"]
    );
    assert_eq!(world.rows("select * from WS.core__shop__customers").await, Vec::<String>::new());
    let sizes = "select name, merge_class, merge_request_cpu, merge_request_memory,
        merge_limit_cpu, merge_limit_memory from teal.stream order by name";
    assert_eq!(
        world.rows(sizes).await,
        [
            "live/shop|small|100|67108864|500|134217728",
            "past/shop|small|100|67108864|500|134217728"
        ]
    );
    assert_eq!(
        world.rows("select verb, by_whom, object from teal.audit order by id").await,
        ["apply|anna|apply/acme", "applied|anna|apply/acme"]
    );
    world.end().await;
}

#[tokio::test]
async fn applying_twice_does_nothing() {
    let world = World::new("applying_twice_does_nothing").await;
    world.apply(&world.model).await;
    let again = world.plan(&world.model).await;
    assert!(again.is_empty(), "{:#?}", again.steps);
    assert!(again.warnings.is_empty(), "{:?}", again.warnings);
    world.batch("live/shop").await;
    world.batch("past/shop").await;
    let again = world.plan(&world.model).await;
    assert!(again.is_empty(), "after a batch: {:#?}", again.steps);
    let before = world.end_state().await;
    world.apply(&world.model).await;
    assert_eq!(world.end_state().await, before);
    world.end().await;
}

#[tokio::test]
async fn a_plan_is_the_same_when_the_data_moves_a_little() {
    let world = World::new("a_plan_is_the_same_when_the_data_moves_a_little").await;
    world
        .bench
        .source
        .run("insert into extras select n from generate_series(2, 10000) n; analyze")
        .await;
    let model = world.edit(&[("shop:orders]", "shop:orders, shop:extras]")]);
    let before = world.plan(&model).await;
    world.bench.source.run("delete from extras where id < 30; analyze").await;
    let after = world.plan(&model).await;
    assert_eq!(before.hash(), after.hash(), "{before:#?} {after:#?}");
    world.end().await;
}

#[tokio::test]
async fn views_show_what_batches_merged_and_when() {
    let world = World::new("views_show_what_batches_merged_and_when").await;
    world.apply(&world.model).await;
    world.batch("past/shop").await;
    world.bench.source.run("update customers set name = 'other' where id = 1").await;
    world.batch("past/shop").await;
    assert_eq!(
        world.rows("select id, name from WS_audit.all__shop__customers order by id").await,
        ["1|other", "2|customer 2", "3|customer 3"]
    );
    assert_eq!(
        world
            .rows(
                "select id, name, teal_batch_in, teal_batch_out, teal_to is null as open,
                   coalesce(teal_to > teal_from, true) as ordered
                 from WS_audit.all__shop__customers__history where id = 1 order by teal_from"
            )
            .await,
        ["1|customer 1|1|1|false|true", "1|other|2|2147483647|true|true"]
    );
    assert_eq!(
        world
            .rows("select state, last_batch, lag < '1 minute' as fresh from WS_audit._status")
            .await,
        ["waiting|2|true"]
    );
    world.end().await;
}

#[tokio::test]
async fn the_control_catalog_may_live_in_another_database() {
    let world = World::new("the_control_catalog_may_live_in_another_database").await;
    let apart = world.with_catalog_at_the_source();
    apart.apply(&apart.model).await;
    apart.batch("past/shop").await;
    assert!(apart.plan(&apart.model).await.is_empty(), "{:#?}", apart.plan(&apart.model).await);
    assert_eq!(apart.rows("select count(*) from teal.stream").await, ["0"]);
    assert_eq!(apart.rows("select state, last_batch from WS_audit._status").await, ["waiting|1"]);
    let cut = apart.model.rfind("---\nkind: Workspace").unwrap();
    let (model, _) = apart.model.split_at(cut);
    apart.apply(model).await;
    assert!(apart.plan(model).await.is_empty(), "{:#?}", apart.plan(model).await);
    apart.end().await;
}
