//! Rules 1 to 4: who owns a batch, what staging must hold, what commits together.

use teal_activities::{
    catalog::ledger::{self, Begun, Opened},
    code,
    pulse::Progress,
    stream,
};
use teal_proto::v1::{Failure, IntentRequest, NoteRequest};

use super::world::{STREAM, World};

#[tokio::test]
async fn a_batch_commits_counts_position_and_state_at_once() {
    let world = World::new("a_batch_commits_counts_position_and_state_at_once").await;
    let report = world.batch(3).await;
    assert_eq!((report.batch, report.inserted, report.staged_rows), (1, 6, 6));
    assert!(!report.already_committed && report.next_due_at_ms > report.committed_at_ms);
    let second = world.attempt().await;
    assert_eq!(second.batch.get(), 2);
    let mark = world.stage(&second, 2).await.unwrap();
    world.merge_as(&mark, |rows| (rows, 1)).await.unwrap();
    assert_eq!(
        world.rows("select dataset, rows, loaded from teal.merge_table order by 1").await,
        ["orders|4|true", "people|4|true"]
    );
    assert_eq!(
        world
            .rows(
                "select batch, status, first_load, staged_rows, inserted, deleted, attempts
                 from teal.batch order by 1"
            )
            .await,
        ["1|committed|true|6|6|0|1", "2|committed|false|4|4|2|1"]
    );
    assert_eq!(
        world
            .rows(
                "select epoch, last_batch, next_batch, state, source_read_at = to_timestamp(1700000000)
                 from teal.stream_state"
            )
            .await,
        ["0|2|3|waiting|true"]
    );
}

#[tokio::test]
async fn a_stale_epoch_is_refused_at_the_commit() {
    let world = World::new("a_stale_epoch_is_refused_at_the_commit").await;
    let attempt = world.attempt().await;
    let mark = world.stage(&attempt, 1).await.unwrap();
    let mut transaction = world.bench.merge.pool.begin().await.unwrap();
    let Opened::Ready(merging) = world.open(&mut transaction, &mark).await.unwrap() else {
        panic!("nothing is committed yet");
    };
    // The epoch changes in spite of the lock, as after a restore or by a person's hand.
    world.bench.merge.run("update teal.stream_state set epoch = 77").await;
    let merged: Vec<_> = merging
        .datasets()
        .map(|(table, _)| ledger::Merged {
            merge_table_id: table.id,
            inserted: 1,
            updated: 0,
            deleted: 0,
            unchanged: 0,
        })
        .collect();
    let refused = ledger::commit(&mut transaction, &world.spec, &merging, &merged, 1).await;
    assert_eq!(refused.unwrap_err().code(), code::LEDGER0002);
    transaction.rollback().await.unwrap();
    assert_eq!(world.rows("select status, inserted from teal.batch").await, ["ingested|0"]);
}

#[tokio::test]
async fn a_zombie_neither_marks_nor_merges_after_its_successor_began() {
    let world = World::new("a_zombie_neither_marks_nor_merges_after_its_successor_began").await;
    let zombie = world.attempt().await;
    let successor = world.attempt().await;
    assert_eq!((zombie.batch, successor.batch.get()), (successor.batch, 1));
    assert_ne!(zombie.epoch, successor.epoch);
    assert_eq!(successor.older, [zombie.epoch]);
    let refused = world.stage(&zombie, 5).await.unwrap_err();
    assert_eq!(refused.code(), code::LEDGER0002);
    let mark = world.stage(&successor, 1).await.unwrap();
    let stale = ledger::IngestedMark { epoch: zombie.epoch, ..mark.clone() };
    assert_eq!(world.merge(&stale).await.unwrap_err().code(), code::LEDGER0002);
    assert_eq!(world.merge(&mark).await.unwrap().inserted, 2);
    assert_eq!(world.rows("select attempts from teal.batch").await, ["2"]);
}

#[tokio::test]
async fn begin_ends_the_backends_and_the_staging_of_older_attempts() {
    let world = World::new("begin_ends_the_backends_and_the_staging_of_older_attempts").await;
    let zombie = world.attempt().await;
    let (io, merge) = (&world.bench.io, world.bench.merge_endpoint());
    let mut backend = io.connect(&merge, &zombie.application_name()).await.unwrap();
    let staging = zombie.tables[0].staging_name(zombie.epoch);
    let lost = format!("create unlogged table teal_staging.{staging} (id int)");
    world.bench.merge.run(&lost).await;
    world.bench.merge.run("create table teal_staging.not_ours (id int)").await;
    // In the middle of a merge, holding the stream's lock: it must not keep the successor out.
    sqlx::query("begin").execute(&mut backend).await.unwrap();
    ledger::lock_stream(&mut backend, world.stream_id).await.unwrap();
    world.attempt().await;
    assert!(sqlx::query("select 1").execute(&mut backend).await.is_err(), "the zombie still lives");
    assert_eq!(world.staging_tables().await, ["not_ours"]);
}

#[tokio::test]
async fn a_lost_reply_is_answered_with_the_stored_report() {
    let world = World::new("a_lost_reply_is_answered_with_the_stored_report").await;
    let attempt = world.attempt().await;
    let mark = world.stage(&attempt, 4).await.unwrap();
    let first = world.merge(&mark).await.unwrap();
    let again = world.merge(&mark).await.unwrap();
    assert!(again.already_committed);
    assert_eq!(teal_proto::v1::MergeReport { already_committed: false, ..again }, first);
    assert_eq!(world.rows("select rows from teal.merge_table").await, ["4", "4"]);
}

#[tokio::test]
async fn an_ingested_batch_is_not_pulled_again() {
    let world = World::new("an_ingested_batch_is_not_pulled_again").await;
    let attempt = world.attempt().await;
    let mark = world.stage(&attempt, 2).await.unwrap();
    let Begun::Ingested(again) = world.begin().await.unwrap() else {
        panic!("the batch would be pulled again");
    };
    assert_eq!(*again, mark);
    assert_eq!(again.report(), mark.report());
    assert_eq!(world.staging_tables().await.len(), 2);
    assert_eq!(world.merge(&mark).await.unwrap().inserted, 4);
}

#[tokio::test]
async fn lost_staging_returns_the_batch_to_started() {
    let world = World::new("lost_staging_returns_the_batch_to_started").await;
    let attempt = world.attempt().await;
    let mark = world.stage(&attempt, 3).await.unwrap();
    let mut connection = world.bench.merge.pool.acquire().await.unwrap();
    assert!(ledger::staging_is_intact(&mut connection, &mark.staged.datasets).await.unwrap());
    let emptied = mark.staged.datasets[1].staging.clone().unwrap();
    world.bench.merge.run(&format!("truncate teal_staging.{emptied}")).await;
    assert!(!ledger::staging_is_intact(&mut connection, &mark.staged.datasets).await.unwrap());
    let told = ledger::return_to_started(&mut connection, &mark).await.unwrap();
    assert_eq!(told.code(), code::LEDGER0005);
    assert_eq!(world.merge(&mark).await.unwrap_err().code(), code::LEDGER0002);
    let again = world.attempt().await;
    assert_eq!(again.batch, mark.batch);
    assert_ne!(again.epoch, mark.epoch);
}

#[tokio::test]
async fn begin_itself_sees_that_staging_was_lost() {
    let world = World::new("begin_itself_sees_that_staging_was_lost").await;
    let attempt = world.attempt().await;
    let mark = world.stage(&attempt, 3).await.unwrap();
    let dropped = mark.staged.datasets[0].staging.clone().unwrap();
    world.bench.merge.run(&format!("drop table teal_staging.{dropped}")).await;
    let again = world.attempt().await;
    assert_eq!((again.batch, again.older.as_slice()), (mark.batch, [mark.epoch].as_slice()));
    assert_eq!(world.rows("select status, staged_rows from teal.batch").await, ["started|0"]);
    assert!(world.staging_tables().await.is_empty());
}

#[tokio::test]
async fn a_paused_or_reconfigured_stream_refuses_to_begin() {
    let world = World::new("a_paused_or_reconfigured_stream_refuses_to_begin").await;
    let pause = IntentRequest {
        stream: STREAM.to_owned(),
        wanted: "paused".into(),
        verb: "pause".into(),
        reason: "holidays".into(),
        by: "ann".into(),
        ..IntentRequest::default()
    };
    stream::set_intent(&world.bench.io, &pause).await.unwrap();
    stream::set_intent(&world.bench.io, &pause).await.unwrap();
    let refused = world.begin().await.unwrap_err();
    assert_eq!(refused.code(), code::LEDGER0004);
    assert!(refused.to_string().contains("ann"), "{refused}");
    assert_eq!(
        world.rows("select by_whom, verb, object, reason from teal.audit").await,
        ["ann|pause|stream/live/shop|holidays"]
    );
    let resume = IntentRequest { wanted: "run".into(), verb: "resume".into(), ..pause };
    stream::set_intent(&world.bench.io, &resume).await.unwrap();
    world.bench.merge.run("update teal.stream set config_hash = 'newer'").await;
    assert_eq!(world.begin().await.unwrap_err().code(), code::LEDGER0003);
    assert!(world.load(0).await.needs_reconcile);
    assert_eq!(world.rows("select count(*) from teal.batch").await, ["0"]);
    world.bench.merge.run("update teal.stream set retired_at = now()").await;
    assert_eq!(world.begin().await.unwrap_err().code(), code::LEDGER0001);
    assert_eq!(world.load(0).await.intent, "gone");
}

#[tokio::test]
async fn of_two_concurrent_begins_one_owns_the_batch() {
    let world = World::new("of_two_concurrent_begins_one_owns_the_batch").await;
    let other = world.bench.another_io("other-worker");
    let request = world.request();
    let both = tokio::join!(world.begin(), ledger::begin(&other, &request));
    let (Begun::Attempt(one), Begun::Attempt(two)) = (both.0.unwrap(), both.1.unwrap()) else {
        panic!("nothing was ingested");
    };
    assert_eq!((one.batch.get(), two.batch.get()), (1, 1));
    let owner: i64 = world.bench.merge.number("select epoch from teal.stream_state").await;
    let (winner, loser) = if one.epoch.0 == owner { (one, two) } else { (two, one) };
    assert_eq!(winner.epoch.0, owner);
    assert_eq!(winner.older, [loser.epoch]);
    assert_eq!(world.stage(&loser, 1).await.unwrap_err().code(), code::LEDGER0002);
    world.stage(&winner, 1).await.unwrap();
}

#[tokio::test]
async fn a_batch_that_failed_for_good_keeps_its_number() {
    let world = World::new("a_batch_that_failed_for_good_keeps_its_number").await;
    world.attempt().await;
    let note = NoteRequest {
        stream: STREAM.to_owned(),
        state: "failing".into(),
        failures: 1,
        failure: Some(Failure { code: "SOURCE0001".into(), batch: 1, ..Failure::default() }),
        abandon_open_batch: true,
        ..NoteRequest::default()
    };
    let report = stream::note(&world.bench.io, &note).await.unwrap();
    assert!(report.next_due_at_ms > 0);
    assert_eq!(
        world
            .rows("select state, failures, last_failure->>'code', epoch from teal.stream_state")
            .await,
        ["failing|1|SOURCE0001|0"]
    );
    let due = "select (extract(epoch from next_due_at) * 1000)::bigint from teal.stream_state";
    assert_eq!(world.bench.merge.number(due).await, report.next_due_at_ms);
    assert_eq!(world.attempt().await.batch.get(), 2);
    assert_eq!(
        world.rows("select batch, status, failure->>'code' from teal.batch order by 1").await,
        ["1|failed|SOURCE0001", "2|started|-"]
    );
}

#[tokio::test]
async fn tables_are_altered_only_between_batches() {
    let world = World::new("tables_are_altered_only_between_batches").await;
    let started = world.attempt().await;
    let mut transaction = world.bench.merge.pool.begin().await.unwrap();
    let taken = ledger::take_over(&mut transaction, &world.spec.id, world.stream_id).await.unwrap();
    assert_eq!(taken.abandoned, Some(started.batch));
    let hash = world.spec.hash();
    ledger::set_reconciled(&mut transaction, world.stream_id, taken.epoch, &hash, 2).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(world.stage(&started, 1).await.unwrap_err().code(), code::LEDGER0002);
    let attempt = world.attempt().await;
    assert_eq!((attempt.batch.get(), attempt.schema_version), (2, 2));
    world.stage(&attempt, 1).await.unwrap();
    let mut transaction = world.bench.merge.pool.begin().await.unwrap();
    let refused = ledger::take_over(&mut transaction, &world.spec.id, world.stream_id).await;
    assert_eq!(refused.unwrap_err().code(), code::LEDGER0007);
}

#[tokio::test]
async fn notes_and_progress_never_wait_for_a_merge() {
    let world = World::new("notes_and_progress_never_wait_for_a_merge").await;
    let attempt = world.attempt().await;
    let state = "select state from teal.stream_state";
    assert_eq!(world.rows(state).await, ["ingesting"]);
    let mark = world.stage(&attempt, 1).await.unwrap();
    assert_eq!(world.rows(state).await, ["merging"]);
    let mut merge = world.bench.merge.pool.begin().await.unwrap();
    let Opened::Ready(merging) = world.open(&mut merge, &mark).await.unwrap() else {
        panic!("nothing is committed yet");
    };
    let note = NoteRequest {
        stream: STREAM.to_owned(),
        state: "backing_off".into(),
        failures: 1,
        ..NoteRequest::default()
    };
    stream::note(&world.bench.io, &note).await.unwrap();
    let pool = world.bench.merge.pool.clone();
    ledger::progress(&pool, world.stream_id, mark.epoch, &Progress::default()).await.unwrap();
    let merged: Vec<_> = merging
        .datasets()
        .map(|(table, _)| ledger::Merged {
            merge_table_id: table.id,
            inserted: 1,
            updated: 0,
            deleted: 0,
            unchanged: 0,
        })
        .collect();
    ledger::commit(&mut merge, &world.spec, &merging, &merged, 1).await.unwrap();
    merge.commit().await.unwrap();
    assert_eq!(world.rows("select state, failures from teal.stream_state").await, ["waiting|0"]);
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let world = World::new("what_cannot_be_is_refused").await;
    let next_batch = |number: i32| format!("update teal.stream_state set next_batch = {number}");
    world.bench.merge.run(&next_batch(i32::MAX)).await;
    assert_eq!(world.begin().await.unwrap_err().code(), code::LEDGER0009);
    world.bench.merge.run(&next_batch(1)).await;
    let attempt = world.attempt().await;
    let mut connection = world.bench.merge.pool.acquire().await.unwrap();
    let nothing = ledger::mark_ingested(&mut connection, &attempt, world.staged(Vec::new())).await;
    assert_eq!(nothing.unwrap_err().code(), code::LEDGER0006);
    let request = IntentRequest {
        stream: STREAM.into(),
        wanted: "maybe".into(),
        verb: "pause".into(),
        ..IntentRequest::default()
    };
    let refused = stream::set_intent(&world.bench.io, &request).await;
    assert_eq!(refused.unwrap_err().code(), code::LEDGER0008);
}
