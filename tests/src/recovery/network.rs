//! Connections that are slow.

use super::town::Town;
use crate::testkit::Pace;

#[tokio::test(flavor = "multi_thread")]
async fn slow_connections_cost_time_and_nothing_else() {
    let (town, _worker) = Town::running("slow_connections_cost_time", "external").await;
    town.shop
        .source
        .run("insert into people select g, repeat('x', 80) from generate_series(1000, 5000) g")
        .await;
    let before = town.last_batch().await;
    for gate in [&town.source, &town.merge] {
        gate.pace(Pace::Slow(60_000)); // six seconds for these rows: some heartbeats
    }
    town.ask_for_a_batch().await;
    assert_eq!(town.committed_after(before).await, before + 1);
    let batch =
        "select attempts, inserted, ingest_ms > 4000 from teal.batch order by batch desc limit 1";
    assert_eq!(town.shop.merge.rows(batch).await, ["1|4001|true"]);
    town.is_sound().await;
}
