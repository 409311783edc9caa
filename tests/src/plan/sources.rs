//! A plan compares the model with its live sources.

use teal_activities::{code, plan::sources::Findings};

use teal_model::plan::Action;

use super::world::{World, words};

/// Everything that a plan of this model is refused for.
async fn refused(world: &World, model: &str) -> String {
    let error = world.try_plan(model).await.expect_err("a refusal");
    assert_eq!(error.code(), code::PLAN0020, "{error:?}");
    let findings = Findings::of(&error).expect("findings");
    findings.to_string().replace(&world.workspace, "WS")
}

#[tokio::test]
async fn all_differences_of_tables_and_columns_are_told_at_once() {
    let world = World::new("all_differences_of_tables_and_columns").await;
    world
        .bench
        .source
        .run(
            "alter table customers rename column name to \"Full Name\";
             alter table customers add owner regclass, add place point;
             alter table orders alter total type text;
             alter table orders rename to \"Orders\"",
        )
        .await;
    let model = world.edit(&[
        (
            "      name: varchar(80)\n",
            "      name: varchar(80)\n      vip: text\n      owner: text\n      place: native:regtype\n",
        ),
        ("sinks: [shop:customers]", "sinks: [shop:customers, shop:extras]"),
        ("table: public.extras", "table: pulbic.extras"),
    ]);
    insta::assert_snapshot!(refused(&world, &model).await, @r#"
    shop:customers: [PG0010] column place: Teal does not carry this type (type: native:regtype, because: it names an object of its own database by a number): leave the column out of the model, or read a view of the source that casts it to text
    shop:customers: [SOURCE0010] column name is missing: did you mean the source's column "Full Name"? renamed: say `datasets: {customers: {columns: {name: {source: "Full Name"}}}}` in the Datastore `shop`; dropped: take it out of the model, which `teal discover --store shop` does where it wrote the dataset
    shop:customers: [SOURCE0010] column vip is boolean, the model says text: let `teal discover --store shop` take the type over, or say `datasets: {customers: {columns: {vip: {type: boolean}}}}` in the Datastore `shop`
    shop:customers: [SOURCE0017] column owner is regclass, which Teal does not carry: it names an object of its own database by a number: leave the column out of the model, or read a view of the source that casts it to text (`teal discover --store shop` leaves it out where it wrote the dataset)
    shop:extras: [SOURCE0011] there is no schema pulbic, so no pulbic.extras: did you mean `public.extras`? renamed: `teal discover --store shop` shows how its data goes on; dropped: take `shop:extras` out of `sinks:` and apply, then `teal discover --store shop --prune` removes its file
    shop:orders: [SOURCE0011] there is no table or view public.orders: did you mean `public.Orders`? renamed: `teal discover --store shop` shows how its data goes on; dropped: take `shop:orders` out of `sinks:` and apply, then `teal discover --store shop --prune` removes its file
    "#);
    world.bench.source.run("alter table \"Orders\" rename to orders").await;
    let model = model.replace("pulbic", "public");
    insta::assert_snapshot!(refused(&world, &model).await, @r#"
    shop:customers: [PG0010] column place: Teal does not carry this type (type: native:regtype, because: it names an object of its own database by a number): leave the column out of the model, or read a view of the source that casts it to text
    shop:customers: [SOURCE0010] column name is missing: did you mean the source's column "Full Name"? renamed: say `datasets: {customers: {columns: {name: {source: "Full Name"}}}}` in the Datastore `shop`; dropped: take it out of the model, which `teal discover --store shop` does where it wrote the dataset
    shop:customers: [SOURCE0010] column vip is boolean, the model says text: let `teal discover --store shop` take the type over, or say `datasets: {customers: {columns: {vip: {type: boolean}}}}` in the Datastore `shop`
    shop:customers: [SOURCE0017] column owner is regclass, which Teal does not carry: it names an object of its own database by a number: leave the column out of the model, or read a view of the source that casts it to text (`teal discover --store shop` leaves it out where it wrote the dataset)
    shop:orders: [SOURCE0010] column total is text, the model says numeric(15,2): let `teal discover --store shop` take the type over, or say `datasets: {orders: {columns: {total: {type: text}}}}` in the Datastore `shop`
    "#);
    world.end().await;
}

#[tokio::test]
async fn rows_that_the_first_batch_would_refuse_are_told_before() {
    let world = World::new("rows_that_the_first_batch_would_refuse").await;
    world
        .bench
        .source
        .run(
            "create view doubled as select id / 2 as id, name from customers;
             create view single as select id, name from customers;
             create view broken as select 1 / (id - id) as id, total from orders;
             alter table orders drop constraint orders_pkey, alter id drop not null;
             insert into orders values (null, null)",
        )
        .await;
    let model = world.edit(&[
        ("public.customers", "public.doubled"),
        ("total: {type: \"decimal(15,2)\", nullable: true}", "total: decimal(15,2)"),
    ]);
    insta::assert_snapshot!(refused(&world, &model).await, @r#"
    shop:customers: [SOURCE0019] (id) is not unique in public.doubled: choose a key that is unique there and say `datasets: {customers: {key: [column, …]}}` in the Datastore `shop`, or mend the rows at the source
    shop:orders: [SOURCE0020] column id holds NULL, the model says that it never does: choose a key that always holds a value and say `datasets: {orders: {key: [column, …]}}` in the Datastore `shop`, or mend the rows at the source
    shop:orders: [SOURCE0020] column total holds NULL, the model says that it never does: say `datasets: {orders: {columns: {total: {nullable: true}}}}` in the Datastore `shop`, or mend the rows at the source
    "#);
    // What the source cannot vouch for and rows do not contradict is planned.
    world.bench.source.run("delete from orders where id is null").await;
    let model = world.edit(&[("public.customers", "public.single")]);
    assert!(world.plan(&model).await.warnings.is_empty());
    let model = world.edit(&[("public.orders", "public.broken")]);
    insta::assert_snapshot!(refused(&world, &model).await, @r#"shop:orders: [PG0008] PostgreSQL refused a value: division by zero: look at the rows of the dataset named above at the source"#);
    world.end().await;
}

#[tokio::test]
async fn a_credential_that_may_not_read_is_told_what_to_grant() {
    let world = World::new("a_credential_that_may_not_read").await;
    let source = &world.bench.source;
    let role = format!("{}_poor", world.workspace);
    source
        .run(&format!(
            "create role {role} login password 'poor';
             create schema \"Sa les\"; alter table orders set schema \"Sa les\";
             alter table customers enable row level security;
             create policy few on customers using (id < 3);
             grant select on customers to {role}; grant select (id) on \"Sa les\".orders to {role};
             create table secret as select id, total from \"Sa les\".orders;
             create role {role}_owner; grant usage, create on schema public to {role}_owner;
             create view borrowed as select * from secret;
             alter view borrowed owner to {role}_owner; grant select on borrowed to {role}"
        ))
        .await;
    world.bench.credentials.set("source", &role, Some("poor"));
    let named = "table: {schema: \"Sa les\", name: orders}";
    let model = world.edit(&[("table: public.orders", named)]);
    insta::assert_snapshot!(refused(&world, &model).await, @r#"
    shop:customers: [SOURCE0012] row-level security of public.customers hides rows from role WS_poor: give the role BYPASSRLS, or read a view that says which rows are meant
    shop:orders: [SOURCE0018] role WS_poor lacks USAGE on schema Sa les and SELECT on Sa les.orders: as its owner: `grant usage on schema "Sa les" to "WS_poor"`, `grant select on "Sa les"."orders" to "WS_poor"`
    "#);
    source.run("alter table customers disable row level security").await;
    let model = world.edit(&[("public.orders", "public.borrowed")]);
    insta::assert_snapshot!(refused(&world, &model).await, @r#"shop:orders: [PG0004] the role lacks a privilege: permission denied for table secret: grant what the message names to the role of this credential"#);
    source
        .run(&format!(
            "drop view borrowed; drop owned by {role}, {role}_owner; drop role {role}, {role}_owner"
        ))
        .await;
    world.end().await;
}

#[tokio::test]
async fn a_source_that_drifted_holds_nothing_else_up() {
    let world = World::new("a_source_that_drifted_holds_nothing_else_up").await;
    world.apply(&world.model).await;
    world.bench.source.run("alter table customers drop column name").await;
    let model = world.edit(&[("sinks: [shop:customers, shop:orders]", "sinks: [shop:orders]")]);
    let plan = world.plan(&model).await;
    assert!(words(&world, &plan).iter().any(|step| step.starts_with("change stream live/shop")));
    let drifted = "the source drifted: shop:customers: [SOURCE0010] column name is missing";
    assert_eq!(plan.warnings, [drifted]);
    // Wanted anew, it is refused.
    world.apply(&model).await;
    assert!(refused(&world, &world.model).await.contains("column name is missing"));
    world.end().await;
}

#[tokio::test]
async fn tables_that_nobody_analysed_are_estimated_from_a_few_pages() {
    let world = World::new("tables_that_nobody_analysed").await;
    world
        .bench
        .source
        .run(
            "drop table customers, orders;
             create table customers (id bigint primary key, name varchar(80) not null)
               with (autovacuum_enabled = off);
             insert into customers select n, 'customer ' || n from generate_series(1, 20000) n;
             create table orders (id bigint, total numeric(15,2), primary key (id))
               partition by range (id);
             create table orders_a partition of orders for values from (0) to (10)
               with (autovacuum_enabled = off)",
        )
        .await;
    let plan = world.plan(&world.model).await;
    let loads = plan.steps.iter().find_map(|step| match &step.action {
        Action::CreateStream { loads, .. } if loads.len() == 2 => Some(loads),
        _ => None,
    });
    let loads = loads.expect("the loads of live/shop");
    let (customers, orders) = (loads[0].rows.unwrap(), loads[1].rows.unwrap());
    assert_eq!((customers, orders), (20_000, 0));
    world.end().await;
}
