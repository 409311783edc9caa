//! Retired tables: listed, kept for a while, dropped with nothing of others.

use teal_activities::provision::drop::{self, Fate, Request};

use super::world::{World, release};

#[tokio::test]
async fn a_retired_table_goes_when_its_days_are_over_and_nothing_stands_on_it() {
    let world = World::new("a_retired_table_goes_when_its_days_are_over").await;
    let world = world.with_catalog_at_the_source();
    world.apply(&world.model).await;
    world.batch("past/shop").await;
    let merge = release(&world.model).services.merge;
    assert_eq!(drop::retired(world.io(), &merge).await.unwrap(), [], "in use");
    let (without_audit, _) = world.model.rsplit_once("---\nkind: Workspace").unwrap();
    world.apply(without_audit).await;

    let tables = drop::retired(world.io(), &merge).await.unwrap();
    let [table] = tables.as_slice() else { panic!("{tables:?}") };
    assert_eq!(table.label(), "past/shop/customers");
    assert_eq!((table.was.to_string(), table.current_rows), ("past.shop__customers".into(), 3));
    assert!(table.bytes.is_some() && !table.is_due);
    let request = Request { by: "ann@desk", reason: "not needed", now: false };
    let attempt = async || drop::drop_retired(world.io(), &merge, table, &request).await;
    assert_eq!(attempt().await.unwrap_err().code().id, "DDL0006");

    let retired = &table.table;
    world.run("update teal.merge_table set drop_after = now() where retired_at is not null").await;
    world.run(&format!("create view public.mine as select id from {retired}")).await;
    let error = attempt().await.unwrap_err();
    assert_eq!(error.code().id, "DDL0001");
    let text = error.one_line();
    assert!(text.contains("view public.mine") && text.contains("past/shop/customers"), "{text}");
    assert!(error.help().contains("`teal drop` again"), "{}", error.help());
    assert_eq!(world.rows("select count(*) from public.mine").await, ["3"], "still there");
    let audit = "select by_whom, object, reason, details->>'dataset', details->>'current_rows'
                 from teal.audit where verb = 'drop'";
    assert!(world.bench.source.rows(audit).await.is_empty(), "nothing was done");

    world.run("drop view public.mine").await;
    assert_eq!(attempt().await.unwrap(), Fate::Dropped);
    let gone = format!("select to_regclass('{retired}') is null");
    assert_eq!(world.rows(&gone).await, ["true"]);
    assert_eq!(
        world.bench.source.rows(audit).await,
        ["ann@desk|stream/past/shop|not needed|customers|3"]
    );
    assert_eq!(attempt().await.unwrap(), Fate::AlreadyGone);
    assert_eq!(world.bench.source.rows(audit).await.len(), 1);
    assert_eq!(drop::retired(world.io(), &merge).await.unwrap(), []);
    let datasets = "select m.dataset, d.batch from teal.batch_dataset d
                    join teal.merge_table m on m.id = d.merge_table_id where dropped_at is not null";
    assert_eq!(world.rows(datasets).await, ["customers|1"], "its batches can still be told");

    // The dataset comes back as a table of its own.
    world.apply(&world.model).await;
    world.batch("past/shop").await;
    assert_eq!(world.rows("select count(*) from WS_audit.all__shop__customers").await, ["3"]);
    assert!(world.plan(&world.model).await.is_empty());

    // It retires again, and somebody drops it by hand.
    world.apply(without_audit).await;
    let tables = drop::retired(world.io(), &merge).await.unwrap();
    let [table] = tables.as_slice() else { panic!("{tables:?}") };
    world.run(&format!("drop table {}", table.table)).await;
    let request = Request { now: true, ..request };
    let fate = drop::drop_retired(world.io(), &merge, table, &request).await.unwrap();
    assert_eq!(fate, Fate::Recorded);
    assert_eq!(drop::retired(world.io(), &merge).await.unwrap(), []);
    world.end().await;
}
