//! Views show the image of one batch at each moment, also while their tables change.

use teal_activities::provision::drop::retired;
use teal_model::plan::{Action, Load, LoadKind, Plan, ViewChange};

use super::world::World;

async fn loaded(test: &str) -> World {
    let world = World::new(test).await;
    world.apply(&world.model).await;
    world.batch("live/shop").await;
    world.batch("past/shop").await;
    world
}

/// Another type that does not hold every old value, and another key.
async fn other_shapes(world: &World) -> String {
    world.bench.source.run("alter table orders alter column total type bigint").await;
    world.edit(&[
        ("total: {type: \"decimal(15,2)\"", "total: {type: bigint"),
        (
            "key: [id]\n    columns:\n      id: bigint\n      name",
            "key: [name]\n    columns:\n      id: bigint\n      name",
        ),
    ])
}

fn reading(plan: &Plan) -> Vec<(String, LoadKind, Option<u64>, bool)> {
    let of = |load: &Load| (load.dataset.clone(), load.kind, load.rows, load.rewrites);
    changes(plan).flat_map(|(loads, _)| loads.iter().map(of)).collect()
}

fn changes(plan: &Plan) -> impl Iterator<Item = (&Vec<Load>, &Vec<ViewChange>)> {
    plan.steps.iter().filter_map(|step| match &step.action {
        Action::ChangeStream { loads, views, .. } => Some((loads, views)),
        _ => None,
    })
}

const ORDERS: &str = "select * from WS.core__shop__orders order by id";
const CUSTOMERS: &str = "select * from WS.core__shop__customers order by id";
const HISTORY: &str = "select id, name, teal_batch_in, teal_batch_out
    from WS_audit.all__shop__customers__history order by 1, 3";
const ASIDE: &str = "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'teal_retired' and c.relkind = 'r'";

async fn kept(world: &World) -> usize {
    retired(world.io(), &world.bench.merge_endpoint()).await.unwrap().len()
}

#[tokio::test]
async fn a_table_built_anew_shows_its_former_rows_until_its_load_is_committed() {
    let world = loaded("a_table_built_anew_shows_its_former_rows").await;
    world.run("grant select on WS.core__shop__orders to public").await;
    let before = (world.rows(ORDERS).await, world.rows(HISTORY).await);
    let model = other_shapes(&world).await;
    let plan = world.plan(&model).await;
    assert_eq!(
        reading(&plan),
        [
            ("customers".into(), LoadKind::Anew, Some(3), false),
            ("orders".into(), LoadKind::Anew, Some(4), false),
            ("customers".into(), LoadKind::Anew, Some(3), false)
        ]
    );
    assert!(changes(&plan).all(|(_, views)| views.iter().all(|v| v.after_load && !v.recreated)));
    world.apply(&model).await;
    assert_eq!((world.rows(ORDERS).await, world.rows(HISTORY).await), before);
    assert!(world.plan(&model).await.is_empty(), "{:#?}", world.plan(&model).await);
    assert_eq!(kept(&world).await, 0, "nobody may drop what is shown");
    let state = "select state from WS._status where dataset = 'orders'";
    assert_eq!(world.rows(state).await, ["loading"]);

    world.batch("live/shop").await;
    assert_eq!(world.rows(ORDERS).await, ["1|2", "2|3", "3|5", "4|6"]);
    assert_eq!(world.rows(ASIDE).await, ["1"], "the former live tables are gone");
    assert_eq!(world.rows(HISTORY).await, before.1, "the other stream has no batch yet");
    world.batch("past/shop").await;
    assert_eq!(
        world.rows(HISTORY).await,
        ["1|customer 1|2|2147483647", "2|customer 2|2|2147483647", "3|customer 3|2|2147483647"]
    );
    assert_eq!(kept(&world).await, 1, "the former history waits for its days");
    let public = "select relacl::text like '%,=r/%' from pg_class
        where oid = 'WS.core__shop__orders'::regclass";
    assert_eq!(world.rows(public).await, ["true"], "grants stay");
    assert!(world.plan(&model).await.is_empty());
    world.end().await;
}

#[tokio::test]
async fn changes_before_the_load_leave_views_on_the_rows_they_have() {
    let world = loaded("changes_before_the_load_leave_views_on_the_rows").await;
    let before = (world.rows(ORDERS).await, world.rows(HISTORY).await);
    let model = other_shapes(&world).await;
    world.apply(&model).await;
    // Somebody thinks again, twice.
    let text = "alter table orders alter column total type text";
    world.bench.source.run(text).await;
    world.apply(&model.replace("type: bigint", "type: text")).await;
    assert_eq!((world.rows(ORDERS).await, world.rows(HISTORY).await), before);
    let number = "alter table orders alter column total type bigint using total::bigint";
    world.bench.source.run(number).await;
    world.apply(&model).await;
    assert_eq!((world.rows(ORDERS).await, world.rows(HISTORY).await), before);
    assert!(world.plan(&model).await.is_empty(), "{:#?}", world.plan(&model).await);
    assert_eq!(world.rows(ASIDE).await, ["3"], "one former table for each, not one for each apply");
    // The store becomes one stream for each dataset: rows and views go along.
    let single = model.replace("streams: multi", "streams: single");
    world.apply(&single).await;
    assert_eq!((world.rows(ORDERS).await, world.rows(HISTORY).await), before);
    for stream in ["live/shop/orders", "live/shop/customers", "past/shop/customers"] {
        world.batch(stream).await;
    }
    assert_eq!(world.rows(ORDERS).await, ["1|2", "2|3", "3|5", "4|6"]);
    assert_eq!(world.rows(CUSTOMERS).await.len(), 3);
    assert_eq!(world.rows(ASIDE).await, ["1"]);
    assert!(world.plan(&single).await.is_empty());
    world.end().await;
}

#[tokio::test]
async fn a_stream_that_ends_before_its_load_takes_the_former_table_along() {
    let world = loaded("a_stream_that_ends_before_its_load").await;
    let model = other_shapes(&world).await;
    world.apply(&model).await;
    let (nobody, _) = model.split_once("---\nkind: Workspace").unwrap();
    world.apply(nobody).await;
    let live = "select count(*) from teal.merge_table where style = 'live'";
    assert_eq!(world.rows(live).await, ["0"]);
    assert_eq!(world.rows(ASIDE).await, ["1"], "the history");
    assert_eq!(kept(&world).await, 1);
    world.end().await;
}

#[tokio::test]
async fn a_column_that_is_never_null_appears_with_its_values() {
    let world = loaded("a_column_that_is_never_null_appears_with_its_values").await;
    world.run("create view public.mine as select * from WS.core__shop__customers").await;
    let before = world.rows(CUSTOMERS).await;
    world.bench.source.run("alter table customers alter column vip set not null").await;
    let model = world.edit(&[("name: varchar(80)", "name: varchar(80)\n      vip: boolean")]);
    let plan = world.plan(&model).await;
    let all = ("customers".to_owned(), LoadKind::Compare, Some(3), true);
    assert_eq!(reading(&plan), [all.clone(), all]);
    world.apply(&model).await;
    assert_eq!(world.rows(CUSTOMERS).await, before, "no value of it was read yet");
    assert!(world.plan(&model).await.is_empty(), "{:#?}", world.plan(&model).await);
    // Another one comes before a batch: both wait.
    world.bench.source.run("alter table customers add column note text default 'n'").await;
    let more = format!("vip: boolean\n      note: {}", "{type: text, nullable: true}");
    let more = model.replace("vip: boolean", &more);
    world.apply(&more).await;
    assert_eq!(world.rows(CUSTOMERS).await, before);
    world.batch("live/shop").await;
    world.batch("past/shop").await;
    let after = ["1|customer 1|false|n", "2|customer 2|true|n", "3|customer 3|false|n"];
    assert_eq!(world.rows(CUSTOMERS).await, after);
    assert_eq!(world.rows(HISTORY).await.len(), 6, "each row has a new version");
    assert_eq!(world.rows("select count(*) from public.mine").await, ["3"]);
    assert!(world.plan(&more).await.is_empty());
    world.end().await;
}

#[tokio::test]
async fn a_renamed_column_is_not_read_again() {
    let world = loaded("a_renamed_column_is_not_read_again").await;
    world.bench.source.run("alter table customers rename column name to title").await;
    let model =
        world.edit(&[("name: varchar(80)", "title: {type: varchar(80), formerly: [name]}")]);
    assert_eq!(reading(&world.plan(&model).await), []);
    world.apply(&model).await;
    world.batch("live/shop").await;
    let pulled =
        "select sum(staged_rows) from teal.batch b join teal.stream s on s.id = b.stream_id
        where s.name = 'live/shop' and batch = 2";
    assert_eq!(world.rows(pulled).await, ["0"]);
    assert_eq!(world.rows(CUSTOMERS).await.len(), 3);
    world.end().await;
}
