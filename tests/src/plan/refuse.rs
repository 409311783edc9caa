//! What plan and apply refuse, and what they say then.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::{Connection, PgConnection};
use teal_activities::{
    Orchestrator, apply, code, orchestrator::Ensured, plan, provision::schemas, pulse::Still,
};
use teal_model::{Result, StreamId};
use teal_proto::v1::{ApplyBeginRequest, ApplyStepRequest};

use super::world::{World, release};
use crate::testkit::eventually;

/// Longest wait; far below the minute of an apply without a session.
const LIMIT: Duration = Duration::from_secs(20);

fn begin(plan: &str) -> ApplyBeginRequest {
    ApplyBeginRequest { plan: plan.to_owned(), by: "anna".into() }
}

#[tokio::test]
async fn a_plan_on_another_base_is_refused() {
    let world = World::new("a_plan_on_another_base_is_refused").await;
    let (_, old) = world.store(&world.edit(&[("every: 1m", "every: 2m")])).await;
    world.apply(&world.model).await;
    let error = apply::begin(world.io(), &begin(&old)).await.unwrap_err();
    assert_eq!(error.code(), code::APPLY0001, "{error}");
    let error = apply::begin(world.io(), &begin("nonsense")).await.unwrap_err();
    assert_eq!(error.code(), code::PLAN0002, "{error}");
    world.end().await;
}

#[tokio::test]
async fn of_two_applies_at_once_one_wins() {
    let world = World::new("of_two_applies_at_once_one_wins").await;
    let (_, first) = world.store(&world.model).await;
    let (_, second) = world.store(&world.edit(&[("every: 1m", "every: 2m")])).await;
    let (one, two) = (begin(&first), begin(&second));
    let results = tokio::join!(apply::begin(world.io(), &one), apply::begin(world.io(), &two));
    let errors: Vec<_> = [results.0.err(), results.1.err()].into_iter().flatten().collect();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].code(), code::APPLY0002, "{}", errors[0]);
    // A silent one is taken over, and then refused itself.
    let (winner, loser) =
        if apply::begin(world.io(), &one).await.is_ok() { (&first, &two) } else { (&second, &one) };
    world.run("update teal.plan set touched_at = touched_at - interval '2 minutes'").await;
    apply::begin(world.io(), loser).await.unwrap();
    let step = ApplyStepRequest { plan: winner.clone(), step: 0, by: "anna".into() };
    let pulse = Still::default();
    let error = apply::step(world.io(), &world.local(), &step, &pulse).await.unwrap_err();
    assert_eq!(error.code(), code::APPLY0003, "{error}");
    world.end().await;
}

#[tokio::test]
async fn an_apply_in_one_process_is_alive_no_longer_than_it() {
    let world = World::new("an_apply_in_one_process_is_alive_no_longer_than_it").await;
    let (_, first) = world.store(&world.model).await;
    let (_, second) = world.store(&world.edit(&[("every: 1m", "every: 2m")])).await;
    let mut held = PgConnection::connect_with(&world.bench.merge.options()).await.unwrap();
    sqlx::raw_sql("begin; lock table teal.stream").execute(&mut held).await.unwrap();
    {
        let (local, pulse) = (world.local(), Still::default());
        let applying = apply::run(world.io(), &local, &first, "anna", &pulse, |_| {});
        let applying = std::pin::pin!(applying);
        let waits = "select count(*) > 0 from pg_stat_activity
                     where datname = current_database() and wait_event_type = 'Lock'";
        let stands = eventually("a step that stands", LIMIT, || async {
            (world.bench.merge.rows(waits).await == ["true"]).then_some(())
        });
        tokio::select! {
            ended = applying => panic!("a table is locked: {ended:?}"),
            () = stands => {}
        }
        let error = apply::begin(world.io(), &begin(&second)).await.unwrap_err();
        assert_eq!(error.code(), code::APPLY0002, "{error}");
    }
    // Its sign of life is seconds old, and nobody waits for a minute.
    eventually("its session to be gone", LIMIT, || async {
        apply::begin(world.io(), &begin(&second)).await.ok()
    })
    .await;
    held.close().await.unwrap();
    world.end().await;
}

#[tokio::test]
async fn another_style_in_place_is_refused() {
    let world = World::new("another_style_in_place_is_refused").await;
    world.apply(&world.model).await;
    let model = world.edit(&[
        ("style: milestoned", "style: live"),
        ("needs: {history: none}", "platform: live"),
        ("needs: {history: full}", "platform: past"),
    ]);
    let error = world.try_plan(&model).await.unwrap_err();
    assert_eq!(error.code(), code::PLAN0001, "{error}");
    world.end().await;
}

#[tokio::test]
async fn a_source_out_of_reach_is_a_warning() {
    let world = World::new("a_source_out_of_reach_is_a_warning").await;
    let model = world.edit(&[("credential: source}", "credential: nowhere}")]);
    let model = model.replace("credential: source\n", "credential: nowhere\n");
    let plan = world.plan(&model).await;
    assert!(!plan.is_empty());
    let [missing] = &plan.missing_credentials[..] else { panic!("{plan:#?}") };
    assert_eq!((missing.name.as_str(), missing.needed_by.len()), ("nowhere", 2));
    assert!(missing.looked_at.contains("/nowhere/username"), "{missing:?}");
    assert_eq!(plan.warnings, [""; 0], "the missing credential is told once");
    let source = world.bench.source_endpoint();
    let at = |port: u16| format!("port: {port}, database: {}", source.database);
    let plan = world.plan(&world.edit(&[(&at(source.port), &at(1))])).await;
    let [warning] = &plan.warnings[..] else { panic!("{:?}", plan.warnings) };
    assert!(warning.contains("is not compared with it and its loads are not estimated: [PG0002]"));
    world.end().await;
}

#[tokio::test]
async fn a_foreign_view_blocks_and_is_named() {
    let world = World::new("a_foreign_view_blocks_and_is_named").await;
    world.apply(&world.model).await;
    world.batch("live/shop").await;
    world
        .run(
            "create view public.on_table as select name from live.shop__customers;
             create view public.on_view as select name from WS.core__shop__customers",
        )
        .await;
    let model = world.edit(&[("      name: varchar(80)\n", "")]);
    let plan = world.plan(&model).await;
    for name in ["view public.on_table", "view public.on_view"] {
        assert!(plan.warnings.iter().any(|text| text.starts_with(name)), "{:?}", plan.warnings);
    }
    let before = world.rows("select * from public.on_table order by 1").await;
    let error = world.try_apply(&model).await.unwrap_err();
    assert_eq!(error.code(), code::DDL0001, "{error}");
    assert!(error.to_string().contains("public.on_"), "{error}");
    assert_eq!(world.rows("select * from public.on_view order by 1").await, before);
    // Out of the way, it goes on.
    world.run("drop view public.on_table; drop view public.on_view").await;
    world.apply(&model).await;
    assert!(world.plan(&model).await.is_empty());
    world.end().await;
}

#[tokio::test]
async fn a_taken_name_is_not_replaced() {
    let world = World::new("a_taken_name_is_not_replaced").await;
    world.run("create schema WS; create view WS.core__shop__orders as select 1 as one").await;
    let error = world.try_apply(&world.model).await.unwrap_err();
    assert_eq!(error.code(), code::DDL0002, "{error}");
    assert_eq!(world.rows("select * from WS.core__shop__orders").await, ["1"]);
    world.end().await;
}

#[tokio::test]
async fn a_missing_right_to_make_roles_says_what_to_grant() {
    let world = World::new("a_missing_right_to_make_roles_says_what_to_grant").await;
    let owner = format!("{}_owner", world.workspace);
    world
        .run(&format!(
            "drop role if exists {owner}; create role {owner} login password 'poor';
             do $$ begin execute format('alter database %I owner to {owner}', current_database()); end $$"
        ))
        .await;
    world.bench.credentials.set("merge", &owner, Some("poor"));
    let io = teal_activities::Io::new(
        world.bench.merge.options().username(&owner).password("poor"),
        world.bench.credentials.store(),
        "poor",
        4,
    );
    let wanted = release(&world.model);
    teal_activities::catalog::migrate(io.control()).await.unwrap();
    let plan = plan::make(&io, &wanted, &plan::Options::default()).await.unwrap();
    let hash = plan::store(io.control(), &plan, &wanted, "anna").await.unwrap();
    let pulse = Still::default();
    let error = apply::run(&io, &world.local(), &hash, "anna", &pulse, |_| {}).await.unwrap_err();
    assert_eq!(error.code(), code::DDL0003, "{error}");
    assert!(
        error.help().contains(&format!("alter role \"{owner}\" createrole")),
        "{}",
        error.help()
    );
    world.run(&format!("alter role {owner} createrole")).await;
    apply::run(&io, &world.local(), &hash, "anna", &pulse, |_| {}).await.unwrap();
    // The same rights are enough to take all of it away again.
    let cut = world.model.rfind("---\nkind: Workspace").unwrap();
    let (model, _) = world.model.split_at(cut);
    let wanted = release(model);
    let plan = plan::make(&io, &wanted, &plan::Options::default()).await.unwrap();
    let hash = plan::store(io.control(), &plan, &wanted, "anna").await.unwrap();
    apply::run(&io, &world.local(), &hash, "anna", &pulse, |_| {}).await.unwrap();
    let roles = "select rolname from pg_roles where rolname like 'teal_WS%'";
    assert_eq!(world.rows(roles).await, [format!("teal_{}_reader", world.workspace)]);
    world
        .run(&format!(
            "do $$ begin execute format('alter database %I owner to postgres', current_database()); end $$;
             reassign owned by {owner} to postgres; drop owned by {owner}; drop role {owner}"
        ))
        .await;
    world.end().await;
}

/// Says yes to everything and does nothing.
struct Idle;

#[async_trait]
impl Orchestrator for Idle {
    async fn ensure(&self, _: &StreamId, _: &str, _: &str) -> Result<Ensured> {
        Ok(Ensured::AlreadyOpen)
    }

    async fn reload(&self, _: &StreamId, _: &str, _: &str) -> Result<()> {
        Ok(())
    }

    async fn retire(&self, _: &StreamId, _: &str) -> Result<()> {
        Ok(())
    }

    async fn end(&self, _: &StreamId, _: &str) -> Result<()> {
        Ok(())
    }

    async fn run(&self, _: &StreamId, _: &str) -> Result<()> {
        Ok(())
    }

    async fn register_attributes(&self) -> Result<bool> {
        Ok(true)
    }
}

#[tokio::test]
async fn what_an_apply_cannot_do_is_told_with_its_reason() {
    let world = World::new("what_an_apply_cannot_do_is_told").await;
    let (_, hash) = world.store(&world.model).await;
    let step = ApplyStepRequest { plan: hash.clone(), step: 999, by: "anna".into() };
    let error = apply::step(world.io(), &Idle, &step, &Still::default()).await.unwrap_err();
    assert_eq!(error.code(), code::APPLY0005, "{error}");
    let said_yes = apply::run(world.io(), &Idle, &hash, "anna", &Still::default(), |_| {}).await;
    let error = said_yes.unwrap_err();
    assert_eq!(error.code(), code::APPLY0004, "{error}");
    let model = world.edit(&[("groups:\n  core:", "readers: [nobody_here]\ngroups:\n  core:")]);
    let error = world.try_apply(&model).await.unwrap_err();
    assert_eq!(error.code(), code::DDL0005, "{error}");
    assert!(error.to_string().contains("member: nobody_here"), "{error}");
    let stranger = format!("{}_stranger", world.workspace);
    world.run(&format!("create role {stranger} login password 'poor'")).await;
    let options = world.bench.merge.options().username(&stranger).password("poor");
    let mut connection = PgConnection::connect_with(&options).await.unwrap();
    let error = schemas::ensure(&mut connection, "anything").await.unwrap_err();
    assert_eq!(error.code(), code::DDL0004, "{error}");
    connection.close().await.unwrap();
    world.run(&format!("drop role {stranger}")).await;
    world.end().await;
}
