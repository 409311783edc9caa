//! Changes of the model under data that is there.

use teal_model::plan::{Action, LoadKind};

use super::world::{World, words};

async fn loaded(test: &str) -> World {
    let world = World::new(test).await;
    world.apply(&world.model).await;
    world.batch("live/shop").await;
    world.batch("past/shop").await;
    world
}

#[tokio::test]
async fn a_new_dataset_gets_its_table_and_view() {
    let world = loaded("a_new_dataset_gets_its_table_and_view").await;
    let model = world.edit(&[("shop:orders]", "shop:orders, shop:extras]")]);
    let plan = world.plan(&model).await;
    insta::assert_snapshot!(words(&world, &plan).join("\n"), @r"
    install
    change stream live/shop: dataset extras - → public.extras
    create view WS.core__shop__extras
    replace view WS._status
    grant WS.core__shop__extras to teal_WS_reader
    ");
    assert!(!plan.is_destructive());
    world.apply(&model).await;
    let status = "select dataset, state from WS._status order by 1";
    assert_eq!(world.rows(status).await, ["customers|waiting", "extras|loading", "orders|waiting"]);
    world.batch("live/shop").await;
    assert_eq!(world.rows("select * from WS.core__shop__extras").await, ["1"]);
    assert!(world.plan(&model).await.is_empty());
    world.end().await;
}

#[tokio::test]
async fn a_new_nullable_column_appears_and_keeps_rows_and_batches() {
    let world = loaded("a_new_nullable_column_appears_and_keeps_rows_and_batches").await;
    // A consumer's own view on ours must not be in the way.
    world.run("create view public.mine as select * from WS.core__shop__customers").await;
    let column = "name: varchar(80)\n      vip: {type: boolean, nullable: true}";
    let model = world.edit(&[("name: varchar(80)", column)]);
    let plan = world.plan(&model).await;
    insta::assert_snapshot!(words(&world, &plan).join("\n"), @r"
    install
    change stream live/shop: column customers.vip - → boolean null
    change stream past/shop: column customers.vip - → boolean null
    ");
    let ddl: Vec<String> = plan
        .steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::ChangeStream { ddl, loads, interrupts: true, destructive: false, .. } => {
                assert!(loads.iter().all(|load| load.kind == LoadKind::Compare && !load.rewrites));
                Some(ddl.join(";"))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        ddl,
        [
            r#"alter table "live"."shop__customers" add column "vip" boolean"#,
            r#"alter table "past"."shop__customers" add column "vip" boolean"#
        ]
    );
    world.apply(&model).await;
    assert_eq!(
        world.rows("select * from WS.core__shop__customers order by id").await,
        ["1|customer 1", "2|customer 2", "3|customer 3"]
    );
    world.batch("live/shop").await;
    world.batch("past/shop").await;
    assert_eq!(
        world.rows("select * from WS.core__shop__customers order by id").await,
        ["1|customer 1|false", "2|customer 2|true", "3|customer 3|false"]
    );
    assert_eq!(world.rows("select count(*) from public.mine").await, ["3"]);
    assert!(world.plan(&model).await.is_empty());
    world.end().await;
}

#[tokio::test]
async fn schedule_and_size_change_in_plan_and_catalog() {
    let world = loaded("schedule_and_size_change_in_plan_and_catalog").await;
    let model =
        world.edit(&[("schedule: {every: 1m}", "schedule: {every: 5m}\nhints: {merge: large}")]);
    let plan = world.plan(&model).await;
    insta::assert_snapshot!(words(&world, &plan).join("\n"), @r"
    install
    change stream live/shop: schedule every 1 min → every 5 min; merge class small → large; merge requests cpu 100m → 1; merge requests memory 64Mi → 2Gi; merge limits cpu 500m → 4; merge limits memory 128Mi → 4Gi
    change stream past/shop: schedule every 1 min → every 5 min; merge class small → large; merge requests cpu 100m → 1; merge requests memory 64Mi → 2Gi; merge limits cpu 500m → 4; merge limits memory 128Mi → 4Gi
    ");
    assert!(plan.steps.iter().all(|step| match &step.action {
        Action::ChangeStream { interrupts, ddl, .. } => !interrupts && ddl.is_empty(),
        _ => true,
    }));
    let epoch = world.rows("select epoch from teal.stream_state order by stream_id").await;
    world.apply(&model).await;
    let sizes = "select name, ingest_class, merge_class, merge_request_cpu, merge_request_memory,
        merge_limit_cpu, merge_limit_memory from teal.stream order by name";
    assert_eq!(
        world.rows(sizes).await,
        [
            "live/shop|small|large|1000|2147483648|4000|4294967296",
            "past/shop|small|large|1000|2147483648|4000|4294967296"
        ]
    );
    // Nothing to alter: the running batch, if there were one, would go on.
    assert_eq!(world.rows("select epoch from teal.stream_state order by stream_id").await, epoch);
    assert!(world.plan(&model).await.is_empty());
    world.end().await;
}

#[tokio::test]
async fn a_wider_type_keeps_rows_and_grants() {
    let world = loaded("a_wider_type_keeps_rows_and_grants").await;
    world.run("grant select on WS.core__shop__customers to public").await;
    world.bench.source.run("alter table customers alter column name type text").await;
    let model = world.edit(&[("name: varchar(80)", "name: text")]);
    world.apply(&model).await;
    assert_eq!(world.rows("select count(*) from WS.core__shop__customers").await, ["3"]);
    assert_eq!(
        world
            .rows(
                "select has_table_privilege('teal_WS_reader', 'WS.core__shop__customers', 'select'),
                   relacl::text like '%,=r/%' as public from pg_class
                 where oid = 'WS.core__shop__customers'::regclass"
            )
            .await,
        ["true|true"]
    );
    world.batch("live/shop").await;
    assert!(world.plan(&model).await.is_empty());
    world.end().await;
}

#[tokio::test]
async fn another_key_builds_the_table_anew_and_keeps_the_history_aside() {
    let world = loaded("another_key_builds_the_table_anew_and_keeps_the_history_aside").await;
    let model = world.edit(&[("key: [id]\n    columns:\n      id: bigint\n      name", {
        "key: [name]\n    columns:\n      id: bigint\n      name"
    })]);
    let plan = world.plan(&model).await;
    assert!(plan.is_destructive());
    world.apply(&model).await;
    world.batch("live/shop").await;
    world.batch("past/shop").await;
    assert_eq!(world.rows("select count(*) from WS.core__shop__customers").await, ["3"]);
    assert_eq!(world.rows("select count(*) from WS_audit.all__shop__customers").await, ["3"]);
    assert_eq!(
        world
            .rows(
                "select schema_name, dataset, drop_after > now() + interval '6 days' as kept
                 from teal.merge_table where retired_at is not null"
            )
            .await,
        ["teal_retired|customers|true"]
    );
    assert!(world.plan(&model).await.is_empty());
    world.end().await;
}

#[tokio::test]
async fn a_column_that_left_is_dropped_live_and_kept_with_history() {
    let world = loaded("a_column_that_left_is_dropped_live_and_kept_with_history").await;
    let model = world.edit(&[("      name: varchar(80)\n", "")]);
    assert!(world.plan(&model).await.is_destructive());
    world.apply(&model).await;
    world.batch("live/shop").await;
    world.batch("past/shop").await;
    assert_eq!(
        world.rows("select * from WS.core__shop__customers order by 1").await,
        ["1", "2", "3"]
    );
    let columns = "select count(*) from information_schema.columns
        where table_schema = 'past' and table_name = 'shop__customers' and column_name = 'name'";
    assert_eq!(world.rows(columns).await, ["1"]);
    // It comes back with what its old versions held.
    world.apply(&world.model).await;
    world.batch("past/shop").await;
    let old = "select distinct name from WS_audit.all__shop__customers__history where id = 1
        and name is not null";
    assert_eq!(world.rows(old).await, ["customer 1"]);
    assert!(world.plan(&world.model).await.is_empty());
    world.end().await;
}

#[tokio::test]
async fn a_removed_workspace_takes_views_role_and_streams_along() {
    let world = loaded("a_removed_workspace_takes_views_role_and_streams_along").await;
    let cut = world.model.find("---\nkind: Workspace\nname: w").unwrap();
    let (rest, workspaces) = world.model.split_at(cut);
    let second = workspaces.rfind("---\nkind: Workspace").unwrap();
    let (first, second) = workspaces.split_at(second);

    let only_first = format!("{rest}{first}");
    let plan = world.plan(&only_first).await;
    insta::assert_snapshot!(words(&world, &plan).join("\n"), @r"
    install workspace WS_audit;
    retire stream past/shop: past.shop__customers rows 3 kept 7
    drop view WS_audit.all__shop__customers
    drop view WS_audit.all__shop__customers__history
    drop schema past
    drop schema WS_audit
    drop role teal_WS_audit_reader
    ");
    assert!(plan.is_destructive());
    world.apply(&only_first).await;
    assert_eq!(
        world.rows("select nspname from pg_namespace where nspname = 'WS_audit'").await.len(),
        0
    );
    assert_eq!(
        world.rows("select rolname from pg_roles where rolname like 'teal_WS%'").await,
        [format!("teal_{}_reader", world.workspace)]
    );
    assert_eq!(
        world.rows("select name, retired_at is null as open from teal.stream order by 1").await,
        ["live/shop|true", "past/shop|false"]
    );
    // History waits for a week.
    assert_eq!(
        world
            .rows(
                "select schema_name, drop_after - retired_at as kept from teal.merge_table
                 where retired_at is not null"
            )
            .await,
        ["teal_retired|7 days"]
    );
    assert!(world.plan(&only_first).await.is_empty());

    let only_second = format!("{rest}{second}");
    world.apply(&only_second).await;
    assert_eq!(
        world.rows("select count(*) from pg_class where relname = 'shop__orders'").await,
        ["0"],
        "a live table can be read again: it is dropped"
    );
    assert!(world.plan(&only_second).await.is_empty());
    world.end().await;
}
