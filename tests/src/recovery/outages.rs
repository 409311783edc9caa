//! Databases that are down for a while.

use super::town::{Hold, Town};

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_was_down_is_caught_up_by_one_batch() {
    let (town, _worker) = Town::running("a_source_that_was_down", "{every: 1s}").await;
    let before = town.until("a batch of the schedule", |status| status.last_batch > 1).await;
    town.source.close().await;
    for round in 1..=3 {
        town.change(round).await;
        // the pauses between tries grow: the outage lasts for several ticks of the schedule
        let tried = |status: &_| {
            matches!(status, teal_proto::v1::StreamStatus { state, failures, .. }
            if state == "backing_off" && *failures >= round)
        };
        let status = town.until("another try", tried).await;
        let failure = status.last_failure.unwrap();
        assert_eq!((failure.code.as_str(), failure.kind.as_str()), ("PG0002", "transient"));
    }
    let told = town.goes(&["status", &town.name()]);
    assert!(told.contains("backing_off") && told.contains("error[PG0002]"), "{told}");
    town.source.open().await;
    town.until("it goes on by itself", |status| status.failures == 0).await;
    town.committed_after(before.last_batch).await;
    town.is_sound().await;
    let changed = format!(
        "select count(*), bool_and(attempts > 2) from teal.batch
         where batch > {} and inserted + updated + deleted > 0",
        before.last_batch
    );
    assert_eq!(town.shop.merge.rows(&changed).await, ["1|true"]);
    let gone = "select count(*) from teal.batch where status in ('failed', 'abandoned')";
    assert_eq!(town.shop.merge.number(gone).await, 0); // the same number all the time
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_store_that_goes_down_anywhere_in_a_batch_has_it_once() {
    let (town, _worker) = Town::running("a_merge_store_that_goes_down", "external").await;
    let (source, merge) = (&town.shop.source, &town.shop.merge);
    source
        .run(&format!(
            "alter table people rename to base;
             create view people as select b.id, b.name from base b, (select {}) held",
            Hold::SHARED
        ))
        .await;
    merge
        .run(&format!(
            "create function hold() returns trigger language plpgsql as
             $$ begin perform {}; return new; end $$",
            Hold::SHARED
        ))
        .await;
    let table = town.people();
    let in_merge = format!("create trigger hold before insert on {table}");
    let in_commit = format!(
        "create constraint trigger hold after insert on {table} deferrable initially deferred"
    );
    for (round, (place, trigger)) in
        (1..).zip([("ingest", None), ("merge", Some(&in_merge)), ("commit", Some(&in_commit))])
    {
        let before = town.last_batch().await;
        if let Some(trigger) = trigger {
            merge.run(&format!("{trigger} for each row execute function hold()")).await;
        }
        let held = if trigger.is_some() { merge } else { source };
        let hold = Hold::on(held).await;
        town.change_base(round).await;
        town.ask_for_a_batch().await;
        Hold::holds(held).await;
        town.merge.close().await;
        if place == "commit" {
            // The server goes on with the commit, and only its answer is lost.
            hold.let_go().await;
            town.until_row(
                "the commit",
                &format!("select last_batch > {before} from teal.stream_state"),
            )
            .await;
            town.until("a try that failed", |status| status.failures > 0).await;
        } else {
            town.until("a try that failed", |status| status.failures > 0).await;
            hold.let_go().await;
        }
        town.fails(&["status"], "PG0002");
        town.merge.open().await;
        let committed = town.committed_after(before).await;
        assert_eq!(committed, before + 1, "{place}");
        town.is_sound().await;
        let shown = "select state, failures, last_failure is null, next_due_at is null from teal.stream_state";
        assert_eq!(merge.rows(shown).await, ["waiting|0|true|true"], "{place}");
        merge.run(&format!("drop trigger if exists hold on {table}")).await;
        let changes =
            format!("select inserted, updated, deleted from teal.batch where batch = {before} + 1");
        assert_eq!(merge.rows(&changes).await, ["1|2|0"], "{place}");
    }
}

impl Town {
    /// As [`Town::change`], where `people` is a view on `base`.
    async fn change_base(&self, round: u32) {
        let statements = format!(
            "insert into base values (100 + {round}, 'new');
             update base set name = 'round {round}' where id = 1;
             update orders set amount = {round} where id = 10"
        );
        self.shop.source.run(&statements).await;
    }
}
