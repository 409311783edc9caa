//! Connections that are slow, and one that falls silent.

use super::town::{Hold, Town};

#[tokio::test(flavor = "multi_thread")]
async fn slow_connections_cost_time_and_nothing_else() {
    let (town, _worker) = Town::running("slow_connections_cost_time", "external").await;
    town.shop
        .source
        .run("insert into people select g, repeat('x', 80) from generate_series(1000, 5000) g")
        .await;
    let before = town.last_batch().await;
    for proxy in [&town.source, &town.merge] {
        proxy.slow(60_000); // six seconds for these rows: some heartbeats
    }
    town.ask_for_a_batch().await;
    assert_eq!(town.committed_after(before).await, before + 1);
    let batch =
        "select attempts, inserted, ingest_ms > 4000 from teal.batch order by batch desc limit 1";
    assert_eq!(town.shop.merge.rows(batch).await, ["1|4001|true"]);
    town.is_sound().await;
}

/// That it is silent is noticed after a minute (`engine/network`): who knows better need not wait.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_whose_source_fell_silent_ends_when_somebody_resets_it() {
    let (town, _worker) = Town::running("a_batch_whose_source_fell_silent", "external").await;
    town.shop
        .source
        .run(&format!(
            "insert into people values (100, 'new'); alter table people rename to base;
             create view people as select b.id, b.name from base b, (select {}) held",
            Hold::SHARED
        ))
        .await;
    let before = town.last_batch().await;
    let hold = Hold::on(&town.shop.source).await;
    town.ask_for_a_batch().await;
    Hold::holds(&town.shop.source).await;
    town.source.freeze(true);
    hold.let_go().await;
    town.goes(&["reset", &town.name()]);
    // what was asked for is tried again, under a new number, and a new connection waits 15 s only
    let status = town.until("a try that failed", |status| status.failures > 0).await;
    assert_eq!(status.last_failure.unwrap().code, "PG0002");
    town.source.freeze(false);
    town.committed_after(before).await;
    let batches =
        format!("select status, inserted from teal.batch where batch > {before} order by batch");
    assert_eq!(town.shop.merge.rows(&batches).await, ["abandoned|0", "committed|1"]);
    town.is_sound().await;
}
