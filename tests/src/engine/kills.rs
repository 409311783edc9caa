//! Backends die at random while the source changes: each image is there exactly once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::PgPool;
use teal_model::{Kind, Result, release::Style};
use teal_proto::v1::MergeReport;

use super::world::{Stream, World, dataset};
use crate::testkit::Db;

/// How long backends are being killed; longer where the machine is busy and hardly a batch gets through.
const STORM: Duration = Duration::from_secs(8);
const LONGEST_STORM: Duration = Duration::from_secs(60);

/// Ends one of Teal's backends of a database, if there is one.
async fn kill_one(pool: &PgPool) -> bool {
    let killed: sqlx::Result<Option<bool>> = sqlx::query_scalar(
        "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name like 'teal/%'
         order by random() limit 1",
    )
    .fetch_optional(pool)
    .await;
    killed.ok().flatten().unwrap_or(false)
}

async fn change(source: &Db, round: u32) {
    let statements = format!(
        "insert into t select g, 'v{round}' from generate_series({round} * 50, {round} * 50 + 70) g
         on conflict (id) do update set v = excluded.v;
         delete from t where id % 37 = {round} % 37;
         update t set id = -id where id = {round} * 50 + 3 and id > 0"
    );
    source.run(&statements).await;
}

/// One try at a batch, as the workflow makes it; what is not worth a retry fails the test.
async fn attempt(stream: &Stream) -> Option<MergeReport> {
    let outcome: Result<MergeReport> = async {
        let ingested = stream.ingest().await?;
        let mut order = stream.order(&ingested);
        order.accept_deletes = true;
        stream.merge_order(&order).await
    }
    .await;
    match outcome {
        Ok(report) => Some(report),
        Err(error) if matches!(error.kind(), Kind::Transient | Kind::Fenced) => None,
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn images_arrive_once_whatever_backend_dies() {
    let world = World::new("images_arrive_once_whatever_backend_dies").await;
    let (source, merge) = (&world.bench.source, &world.bench.merge);
    source.run("create table t (id int primary key, v text)").await;
    source.run("insert into t select g, 'start' from generate_series(1, 4000) g").await;
    let spec = dataset("t", &["id"], &[("id", "integer"), ("v", "text?")]);
    let live = world.stream(Style::Live, std::slice::from_ref(&spec)).await;
    let milestoned = world.stream(Style::Milestoned, &[spec]).await;
    let (over, kills) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let killer = tokio::spawn({
        let (over, kills) = (Arc::clone(&over), Arc::clone(&kills));
        let pools = [source.pool.clone(), merge.pool.clone()];
        async move {
            while !over.load(Ordering::Relaxed) {
                let pause = rand::random_range(20..250);
                tokio::time::sleep(Duration::from_millis(pause)).await;
                let victim = &pools[usize::from(rand::random::<bool>())];
                kills.fetch_add(u32::from(kill_one(victim).await), Ordering::Relaxed);
            }
        }
    });
    let (started, mut round, mut committed) = (Instant::now(), 0, 0_u32);
    let lasts = |committed: u32| {
        let enough = if committed > 2 { STORM } else { LONGEST_STORM };
        started.elapsed() < enough
    };
    while lasts(committed) {
        round += 1;
        change(source, round).await;
        for stream in [&live, &milestoned] {
            committed += u32::from(attempt(stream).await.is_some());
        }
    }
    over.store(true, Ordering::Relaxed);
    killer.await.unwrap();
    let kills = kills.load(Ordering::Relaxed);
    println!("{kills} kills, {committed} of {} attempts committed", 2 * round);
    assert!(kills > 10 && committed > 2, "{kills} kills, {committed} batches: not much of a storm");
    for stream in [&live, &milestoned] {
        while attempt(stream).await.is_none() {}
    }
    for stream in [&live, &milestoned] {
        let report = stream.verified().await;
        assert_eq!(report.complaints(), "");
        assert!(report.datasets[0].rows > 100, "{report:?}");
    }
}
