//! A Temporal server that is not there.

use super::{
    applies::ended,
    town::{Hold, LIMIT, Town},
};
use crate::testkit::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn who_meets_no_temporal_says_so_and_a_worker_waits_for_it() {
    let town = Town::new("who_meets_no_temporal_says_so", "external").await;
    town.goes(&["apply", "--local"]);
    town.temporal.close().await;
    let _worker = town.worker();
    town.write("{every: 1h}");
    for verb in
        [vec!["run", &town.name()], vec!["apply"], vec!["pause", &town.name(), "--reason", "x"]]
    {
        town.fails(&verb, "TEMPORAL0001");
    }
    let audit = "select count(*) from teal.audit where verb in ('run', 'pause')";
    assert_eq!(town.shop.merge.number(audit).await, 0);
    town.goes(&["status"]); // the catalog is there
    let plan = town.shop.desk.teal(&["plan", "--detailed-exitcode"]);
    assert!(plan.starts_with("exit: 2\n"), "the apply did nothing: {plan}");
    town.temporal.open().await;
    eventually("the worker goes on", LIMIT, || async {
        town.shop.desk.teal(&["apply"]).starts_with("exit: 0\n").then_some(())
    })
    .await;
    town.goes(&["run", &town.name()]);
    town.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_goes_on_while_temporal_is_away() {
    let (town, _worker) = Town::running("a_batch_goes_on_while_temporal_is_away", "external").await;
    let (source, before) = (&town.shop.source, town.last_batch().await);
    source
        .run(&format!(
            "insert into people values (100, 'new'); alter table people rename to base;
             create view people as select b.id, b.name from base b, (select {}) held",
            Hold::SHARED
        ))
        .await;
    let hold = Hold::on(source).await;
    town.ask_for_a_batch().await;
    Hold::holds(source).await;
    town.temporal.close().await;
    hold.let_go().await;
    let staged = "select status = 'ingested' from teal.batch order by batch desc limit 1";
    town.until_row("the rows to be staged", staged).await;
    town.temporal.open().await;
    assert_eq!(town.committed_after(before).await, before + 1);
    let attempts = "select attempts, inserted from teal.batch order by batch desc limit 1";
    assert_eq!(town.shop.merge.rows(attempts).await, ["1|1"], "the rows were not read again");
    town.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apply_goes_on_while_temporal_is_away() {
    let (town, _worker) =
        Town::running("an_apply_goes_on_while_temporal_is_away", "external").await;
    let orders = format!("{}.shop__orders", town.shop.name);
    let hold = Hold::on_the_stream(&town.shop.merge).await;
    town.leave_orders();
    let applying = town.applies(&[]);
    Hold::holds(&town.shop.merge).await;
    town.temporal.close().await;
    hold.let_go().await;
    town.until_row("the table to be gone", &format!("select to_regclass('{orders}') is null"))
        .await;
    let (code, said) = ended(applying).await;
    assert!(code == Some(1) && said.contains("error[TEMPORAL0001]"), "{code:?} {said}");
    assert!(said.contains("workers go on with what was started"), "{said}");
    town.temporal.open().await;
    town.goes(&["apply", "--yes"]); // joins it, or comes after its end
    town.goes(&["plan", "--detailed-exitcode"]);
    town.goes(&["run", &town.name()]);
    town.is_sound().await;
}
