//! What one batch sees of its source.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures::StreamExt;
use sqlx::Connection;
use teal_activities::{
    pg,
    source::{
        Snapshot,
        postgres::{Limits, PostgresSnapshot},
    },
    staging::Pull,
};
use teal_model::release::Style;

use super::world::{World, dataset};

#[tokio::test]
async fn a_transfer_between_two_tables_is_never_seen_half() {
    let world = World::new("a_transfer_is_never_seen_half").await;
    let source = &world.bench.source;
    for table in ["cash", "bank"] {
        source
            .run(&format!(
                "create table {table} (id int primary key, amount bigint not null);
                 insert into {table} select g, 1000 from generate_series(1, 50) g"
            ))
            .await;
    }
    let of = |name| dataset(name, &["id"], &[("id", "integer"), ("amount", "bigint")]);
    let stream = world.stream(Style::Live, &[of("bank"), of("cash")]).await;
    let stop = Arc::new(AtomicBool::new(false));
    let (pool, told) = (source.pool.clone(), Arc::clone(&stop));
    let writer = tokio::spawn(async move {
        let mut transfers = 0_i32;
        while !told.load(Ordering::Relaxed) {
            let mut transaction = pool.begin().await.unwrap();
            for change in [
                "update cash set amount = amount - 7 where id = $1",
                "update bank set amount = amount + 7 where id = $1",
            ] {
                let account = transfers % 50 + 1;
                let moved = sqlx::query(change).bind(account).execute(&mut *transaction).await;
                assert_eq!(moved.unwrap().rows_affected(), 1);
            }
            transaction.commit().await.unwrap();
            transfers += 1;
        }
        transfers
    });
    let total =
        "(select sum(amount) from live.shop__cash) + (select sum(amount) from live.shop__bank)";
    let mut updated = 0;
    for _batch in 0..12 {
        updated += stream.batch().await.updated;
        assert_eq!(world.bench.merge.number(total).await, 100_000);
    }
    stop.store(true, Ordering::Relaxed);
    assert!(writer.await.unwrap() > 10 && updated > 10, "nothing moved in the meantime");
    let told = "select count(*) from teal.batch where pg_visible_in_snapshot('3', source_snapshot::pg_snapshot)";
    assert_eq!(world.bench.merge.number(told).await, 12, "each batch says what it saw");
}

#[tokio::test]
async fn an_open_snapshot_keeps_rewrites_away_and_sees_what_came_before_its_first_query() {
    let world = World::new("an_open_snapshot_keeps_rewrites_away").await;
    let source = &world.bench.source;
    source.run("create table t (id int primary key); insert into t values (1), (2)").await;
    let spec = dataset("t", &["id"], &[("id", "integer")]);
    let connection = pg::connect(&source.options()).await.unwrap();
    let mut snapshot =
        PostgresSnapshot::take(connection, "shop", &[&spec], Limits::default()).await.unwrap();
    let mut other = sqlx::PgConnection::connect_with(&source.options()).await.unwrap();
    // Each of them would leave rows that the snapshot does not see, which would count as deleted.
    let rewrites =
        ["truncate t", "vacuum full t", "alter table t alter id type bigint", "drop table t"];
    sqlx::raw_sql("set lock_timeout = '200ms'").execute(&mut other).await.unwrap();
    for rewrite in rewrites {
        let refused = sqlx::raw_sql(rewrite).execute(&mut other).await.unwrap_err();
        assert!(refused.to_string().contains("lock timeout"), "{rewrite}: {refused}");
    }
    source.run("insert into t values (3)").await;
    assert_eq!(snapshot.digest("t", 0).await.unwrap().rows(), 2);
    assert!(snapshot.facts().snapshot.is_some());
    Box::new(snapshot).close().await;
    sqlx::raw_sql("truncate t").execute(&mut other).await.unwrap();
}

#[tokio::test]
async fn tables_that_others_have_locked_fail_soon_and_as_transient() {
    let world = World::new("tables_that_others_have_locked").await;
    let source = &world.bench.source;
    source.run("create table t (id int primary key)").await;
    let spec = dataset("t", &["id"], &[("id", "integer")]);
    let mut holder = source.pool.begin().await.unwrap();
    sqlx::query("lock table t in access exclusive mode").execute(&mut *holder).await.unwrap();
    let connection = pg::connect(&source.options()).await.unwrap();
    let limits = Limits { lock_wait: std::time::Duration::from_millis(300), ..Limits::default() };
    let error = PostgresSnapshot::take(connection, "shop", &[&spec], limits).await.unwrap_err();
    assert_eq!(error.code().id, "PG0005", "{error:?}");
}

#[tokio::test]
async fn an_unchanged_source_stages_nothing() {
    let world = World::new("an_unchanged_source_stages_nothing").await;
    let source = &world.bench.source;
    source
        .run(
            "create table t (id int primary key, v text);
             insert into t select g, 'v' || g from generate_series(1, 5000) g",
        )
        .await;
    let spec = dataset("t", &["id"], &[("id", "integer"), ("v", "text?")]);
    let stream = world.stream(Style::Milestoned, &[spec]).await;
    let first = stream.ingest().await.unwrap();
    assert!(first.first_load && !first.unchanged);
    assert_eq!((first.rows, stream.merge(&first).await.unwrap().inserted), (5_000, 5_000));
    let second = stream.ingest().await.unwrap();
    assert!(second.unchanged && second.rows == 0 && second.bytes == 0, "{second:?}");
    assert_eq!(stream.staging().await, Vec::<String>::new());
    assert_eq!(stream.merge(&second).await.unwrap().unchanged, 5_000);
    source.run("update t set v = 'w' where id = 77").await;
    let third = stream.ingest().await.unwrap();
    assert!(third.rows > 0 && third.rows < 1_000, "a part would do: {third:?}");
    let report = stream.merge(&third).await.unwrap();
    assert_eq!((report.inserted, report.updated, report.unchanged), (0, 1, 4_999));
    assert_eq!(stream.staging().await, Vec::<String>::new());
}

#[tokio::test]
async fn partitioned_tables_views_and_materialised_views_are_sources() {
    let world = World::new("partitioned_tables_views_are_sources").await;
    world
        .bench
        .source
        .run(
            "create table p (id int, v text) partition by range (id);
             create table p1 partition of p for values from (0) to (10);
             create table p2 partition of p for values from (10) to (20);
             insert into p select g, 'v' || g from generate_series(1, 15) g;
             create view w as select * from p where id > 5;
             create materialized view m as select * from p where id > 14",
        )
        .await;
    let of = |name| dataset(name, &["id"], &[("id", "integer"), ("v", "text?")]);
    let stream = world.stream(Style::Live, &[of("m"), of("p"), of("w")]).await;
    assert_eq!(stream.counts().await, (1, 15 + 10 + 1, 0, 0, 0));
    world.bench.source.run("update p set v = 'x' where id = 12; refresh materialized view m").await;
    assert_eq!(stream.counts().await, (2, 0, 2, 0, 24));
}

#[tokio::test]
async fn a_snapshot_that_is_too_old_and_a_row_that_is_too_large_are_refused() {
    let world = World::new("a_snapshot_too_old_a_row_too_large").await;
    world.bench.source.run("create table t as select 1 as id, repeat('x', 5000) as v").await;
    let spec = dataset("t", &["id"], &[("id", "integer"), ("v", "text?")]);
    let connection = pg::connect(&world.bench.source.options()).await.unwrap();
    let limits = Limits { age: std::time::Duration::from_millis(500), ..Limits::default() };
    let mut snapshot = PostgresSnapshot::take(connection, "shop", &[&spec], limits).await.unwrap();
    tokio::time::sleep(limits.age).await;
    let error = snapshot.digest("t", 0).await.unwrap_err();
    assert_eq!(error.code().id, "SOURCE0013");
    let connection = pg::connect(&world.bench.source.options()).await.unwrap();
    let limits = Limits { row_bytes: 4_000, ..Limits::default() };
    let mut snapshot = PostgresSnapshot::take(connection, "shop", &[&spec], limits).await.unwrap();
    let mut rows = snapshot.rows("t", &Pull::All).await.unwrap();
    let error = rows.bytes.next().await.unwrap().unwrap_err();
    assert_eq!(error.code().id, "SOURCE0014");
    assert!(!error.one_line().contains("xxx"), "{error:?}");
}
