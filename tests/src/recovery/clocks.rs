//! Clocks that jump: streams keep their pace, and commits their order.

use std::time::{Duration, Instant};

use super::town::Town;
use crate::testkit::Db;

/// From now on the database's sessions read a clock that the test sets.
async fn own_clock(db: &Db, clock: &str) {
    db.run(&format!(
        "create table public.clock as select interval '0' as ahead;
         create function public.{clock}() returns timestamptz language sql as
         'select pg_catalog.{clock}() + (select ahead from public.clock)';
         alter database \"{}\" set search_path = public, pg_catalog",
        db.name
    ))
    .await;
}

async fn set(db: &Db, ahead: &str) {
    db.run(&format!("update public.clock set ahead = '{ahead}'")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_keep_their_pace_whatever_the_clocks_of_databases_do() {
    const PERIOD: Duration = Duration::from_secs(2);
    let town = Town::new("streams_keep_their_pace", "{every: 2s}").await;
    let (source, merge) = (&town.shop.source, &town.shop.merge);
    own_clock(merge, "clock_timestamp").await;
    own_clock(source, "statement_timestamp").await;
    let _worker = town.load();
    for (round, (at_merge, at_source)) in
        (1..).zip([("1 hour", "0"), ("-1 hour", "-1 day"), ("0", "1 year")])
    {
        set(merge, at_merge).await;
        set(source, at_source).await;
        town.change(round).await;
        // The tick that was waited for when the clock jumped is still due by Temporal's.
        let jumped = town.last_batch().await;
        let first = town.until("a batch", |status| status.last_batch > jumped + 1).await;
        let began = Instant::now();
        town.until("batches", |status| status.last_batch >= first.last_batch + 3).await;
        let took = began.elapsed();
        assert!(took > PERIOD && took < PERIOD * 30, "three batches in {took:?} at {at_merge}");
    }
    town.change(9).await;
    let last = town.last_batch().await;
    town.until("all changes", |status| status.last_batch > last + 1).await;
    town.goes(&["pause", &town.name(), "--reason", "the end"]);
    let order = "select bool_and(committed_at > before) from
        (select committed_at, lag(committed_at) over (order by batch) as before from teal.batch
         where status = 'committed') b";
    assert_eq!(merge.rows(order).await, ["true"]);
    town.is_sound().await;
}
