//! `formerly`: renames keep ids, rows and history.

use super::world::{World, words};

#[tokio::test]
async fn store_dataset_column_and_workspace_are_renamed_without_loss() {
    let world = World::new("store_dataset_column_and_workspace_are_renamed_without_loss").await;
    world.apply(&world.model).await;
    world.batch("live/shop").await;
    world.batch("past/shop").await;
    let ids = "select s.id, m.id as table, m.rows from teal.stream s join teal.merge_table m
        on m.stream_id = s.id order by 1, 2";
    let before = world.rows(ids).await;
    let model = world.edit(&[
        ("kind: Datastore\nname: shop", "kind: Datastore\nname: store\nformerly: [shop]"),
        ("  customers:\n", "  clients:\n    formerly: [customers]\n"),
        (
            "      name: varchar(80)",
            "      label: {type: varchar(80), formerly: [name], source: name}",
        ),
        ("shop:customers", "store:clients"),
        ("shop:orders", "store:orders"),
        (
            &format!("name: {}_audit", world.workspace),
            &format!("name: {0}_control\nformerly: [{0}_audit]", world.workspace),
        ),
    ]);
    let plan = world.plan(&model).await;
    insta::assert_snapshot!(words(&world, &plan).join("\n"), @r"
    rename schema WS_audit to WS_control
    rename role teal_WS_audit_reader to teal_WS_control_reader
    install past/store needed by; workspace;
    change stream live/store: name live/shop → live/store; dataset customers → clients; table of clients live.shop__customers → live.store__clients; column clients.label name varchar(80) → varchar(80), from name; table of orders live.shop__orders → live.store__orders
    change stream past/store: name past/shop → past/store; dataset customers → clients; table of clients past.shop__customers → past.store__clients; column clients.label name varchar(80) → varchar(80), from name
    create view WS.core__store__clients
    create view WS.core__store__orders
    create view WS_control.all__store__clients
    create view WS_control.all__store__clients__history
    replace view WS._status
    grant WS.core__store__clients WS.core__store__orders to teal_WS_reader
    create view WS_control._status
    grant WS_control.all__store__clients WS_control.all__store__clients__history to teal_WS_control_reader
    drop view WS.core__shop__customers
    drop view WS.core__shop__orders
    drop view WS_control.all__shop__customers
    drop view WS_control.all__shop__customers__history
    ");
    world.apply(&model).await;
    assert_eq!(world.rows(ids).await, before);
    assert_eq!(
        world.rows("select id, label from WS.core__store__clients order by 1").await,
        ["1|customer 1", "2|customer 2", "3|customer 3"]
    );
    assert!(world.plan(&model).await.is_empty(), "{:#?}", world.plan(&model).await);
    // The next batch finds all as it was: no new versions.
    world.batch("past/store").await;
    assert_eq!(
        world.rows("select count(*) from WS_control.all__store__clients__history").await,
        ["3"]
    );
    let numbers = "select name, last_batch from teal.stream s join teal.stream_state t
        on t.stream_id = s.id order by 1";
    assert_eq!(world.rows(numbers).await, ["live/store|1", "past/store|2"]);
    assert_eq!(
        world.rows("select rolname from pg_roles where rolname like 'teal_WS_c%'").await,
        [format!("teal_{}_control_reader", world.workspace)]
    );
    world.end().await;
}

#[tokio::test]
async fn a_new_name_without_formerly_is_a_new_column_that_gets_filled() {
    let world = World::new("a_new_name_without_formerly_is_a_new_column_that_gets_filled").await;
    world.apply(&world.model).await;
    world.batch("live/shop").await;
    let before = world.rows("select id, total from WS.core__shop__orders order by 1").await;
    // Same values at the same place of the row: the hashes stay equal, the column does not.
    let model = world.edit(&[(
        "      total: {type: \"decimal(15,2)\", nullable: true}",
        "      amount: {type: \"decimal(15,2)\", nullable: true, source: total}",
    )]);
    world.apply(&model).await;
    world.batch("live/shop").await;
    let after = world.rows("select id, amount from WS.core__shop__orders order by 1").await;
    assert_eq!(after, before);
    world.end().await;
}

#[tokio::test]
async fn a_platform_is_renamed_with_its_tables() {
    let world = World::new("a_platform_is_renamed_with_its_tables").await;
    world.apply(&world.model).await;
    world.batch("past/shop").await;
    let model = world
        .edit(&[("kind: Platform\nname: past", "kind: Platform\nname: archive\nformerly: [past]")]);
    world.apply(&model).await;
    assert_eq!(world.rows("select count(*) from archive.shop__customers").await, ["3"]);
    assert_eq!(world.rows("select count(*) from WS_audit.all__shop__customers").await, ["3"]);
    assert_eq!(world.rows("select 1 from pg_namespace where nspname = 'past'").await.len(), 0);
    assert!(world.plan(&model).await.is_empty());
    world.end().await;
}
