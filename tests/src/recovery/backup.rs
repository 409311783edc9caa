//! A merge store restored from a backup: Temporal remembers batches that its ledger never had.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::town::Town;
use crate::testkit::Db;

/// Statements at the server of a database that nobody may be connected to.
async fn alone(db: &Db, statements: &[String]) {
    let mut admin = PgConnection::connect_with(&db.options().database("postgres")).await.unwrap();
    let others = format!(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '{}'",
        db.name
    );
    for statement in [&[others], statements].concat() {
        admin.execute(AssertSqlSafe(statement)).await.unwrap();
    }
    admin.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_merge_store_wins_over_what_temporal_remembers() {
    let (town, worker) = Town::running("a_restored_merge_store_wins", "external").await;
    let (merge, stream) = (&town.shop.merge, town.name());
    town.change(1).await;
    town.goes(&["run", &stream]);
    drop(worker);
    let (name, backup) = (&merge.name, merge.name.replace("mrg_", "bak_"));
    let copy = format!("create database \"{backup}\" template \"{name}\"");
    alone(merge, &[format!("drop database if exists \"{backup}\""), copy]).await;

    let worker = town.worker();
    town.until("the worker answers", |_status| true).await;
    for round in 2..=3 {
        town.change(round).await;
        town.goes(&["run", &stream]);
    }
    assert_eq!(town.last_batch().await, 4);
    drop(worker);
    let restore = format!("alter database \"{backup}\" rename to \"{name}\"");
    alone(merge, &[format!("drop database \"{name}\""), restore]).await;
    assert_eq!(town.last_batch().await, 2);

    let _worker = town.worker();
    town.until("the worker answers", |_status| true).await;
    town.change(4).await;
    town.goes(&["run", &stream]);
    town.is_sound().await;
    let state = "select last_batch, incarnation, lost_batch from teal.stream_state";
    assert_eq!(merge.rows(state).await, ["5|2|4"], "numbers that were lost are not used again");
    let told = "select details->>'remembered_batch', details->>'last_batch' from teal.audit
                where verb = 'incarnation'";
    assert_eq!(merge.rows(told).await, ["4|2"]);
}
