//! Attempts that lost their batch, replies that got lost, staging that got lost.

use teal_activities::catalog::ledger::{self, Begun};
use teal_model::release::Style;
use teal_proto::v1::{IngestReport, IngestRequest};

use super::world::{PEOPLE, Stream, World, people};
use crate::testkit::{LIMIT, eventually};

async fn three_people(test: &str, style: Style) -> (World, Stream) {
    let world = World::new(test).await;
    world.bench.source.run(PEOPLE).await;
    let rows = "insert into people select g, 'F', 'L', '1980-01-01' from generate_series(1, 3) g";
    world.bench.source.run(rows).await;
    let stream = world.stream(style, &[people()]).await;
    (world, stream)
}

#[tokio::test]
async fn a_merge_whose_reply_was_lost_answers_with_the_stored_report() {
    let (world, stream) = three_people("a_merge_whose_reply_was_lost", Style::Milestoned).await;
    let ingested = stream.ingest().await.unwrap();
    let first = stream.merge(&ingested).await.unwrap();
    let second = stream.merge(&ingested).await.unwrap();
    assert!(!first.already_committed && second.already_committed);
    assert_eq!((second.batch, second.inserted, second.staged_rows), (1, 3, 3));
    assert_eq!(second.committed_at_ms, first.committed_at_ms);
    assert_eq!(world.bench.merge.number("select count(*) from milestoned.shop__people").await, 3);
}

#[tokio::test]
async fn a_staged_batch_is_not_pulled_again() {
    let (world, stream) = three_people("a_staged_batch_is_not_pulled_again", Style::Live).await;
    let first = stream.ingest().await.unwrap();
    assert!(!first.staged_before);
    world.bench.source.run("delete from people where id = 1").await;
    let again = stream.ingest().await.unwrap();
    assert_eq!(again, IngestReport { staged_before: true, ..first });
    assert_eq!(stream.merge(&again).await.unwrap().inserted, 3);
    let next = stream.ingest().await.unwrap();
    assert!(!next.staged_before);
    assert_eq!(stream.merge(&next).await.unwrap().deleted, 1);
}

#[tokio::test]
async fn a_batch_that_was_given_up_cannot_be_merged() {
    let (world, stream) = three_people("a_batch_that_was_given_up", Style::Live).await;
    let stale = stream.ingest().await.unwrap();
    stream.abandon().await;
    let fresh = stream.ingest().await.unwrap();
    assert_eq!((stale.batch, fresh.batch), (1, 2));
    let error = stream.merge(&stale).await.unwrap_err();
    assert_eq!(error.code().id, "LEDGER0002", "{error:?}");
    assert_eq!(world.bench.merge.number("select count(*) from live.shop__people").await, 0);
    assert_eq!(stream.merge(&fresh).await.unwrap().inserted, 3);
    assert_eq!(stream.merge(&stale).await.unwrap_err().code().id, "LEDGER0002");
    let batches = world.bench.merge.rows("select distinct teal_batch from live.shop__people").await;
    assert_eq!(batches, ["2"]);
}

#[tokio::test]
async fn an_attempt_that_was_overtaken_cannot_stage() {
    let (world, stream) = three_people("an_attempt_that_was_overtaken", Style::Live).await;
    // A view that takes its time, until the first attempt is in the middle of its copy.
    let source = &world.bench.source;
    source
        .run(
            "alter table people rename to base;
             create table pace as select 600 as s;
             create view people as select b.id, b.first_name, b.last_name, b.dob, b.employer,
                 b.dod from base b, (select pg_sleep(s) from pace) slowly",
        )
        .await;
    let zombie = world.bench.another_io("zombie");
    let (slow, quick) = tokio::join!(stream.ingest_with(&zombie), async {
        let copies = "select pid from pg_stat_activity where wait_event = 'PgSleep'
                      and datname = current_database() and application_name like 'teal/live/%'
                      and query ilike 'copy%'";
        eventually("the first attempt copies", LIMIT, || async {
            source.rows(copies).await.into_iter().next()
        })
        .await;
        source.run("update pace set s = 0").await;
        stream.ingest().await
    });
    let error = slow.unwrap_err();
    assert!(
        ["PG0002", "PG0005", "LEDGER0002", "SOURCE0015"].contains(&error.code().id),
        "{error:?}"
    );
    let quick = quick.unwrap();
    assert_eq!((quick.batch, quick.rows), (1, 3));
    assert_eq!(stream.merge(&quick).await.unwrap().inserted, 3);
    let attempts = world.bench.merge.rows("select batch, status, attempts from teal.batch").await;
    assert_eq!(attempts, ["1|committed|2"]);
    assert_eq!(stream.staging().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_attempt_whose_worker_died_leaves_nothing_behind() {
    let (_world, stream) = three_people("an_attempt_whose_worker_died", Style::Live).await;
    let request = IngestRequest {
        stream: stream.spec.id.to_string(),
        config_hash: stream.spec.hash(),
        accept_deletes: false,
        ..IngestRequest::default()
    };
    let Begun::Attempt(dead) = ledger::begin(&stream.io, &request).await.unwrap() else {
        panic!("nothing was ingested before");
    };
    let report = stream.batch().await;
    assert_eq!((report.batch, report.inserted), (1, 3));
    assert_ne!(stream.ingest().await.unwrap().epoch, dead.epoch.0);
}

#[tokio::test]
async fn staging_that_was_emptied_is_read_again_and_deletes_nothing() {
    let (world, stream) = three_people("staging_that_was_emptied", Style::Live).await;
    let (source, merge) = (&world.bench.source, &world.bench.merge);
    assert_eq!(stream.batch().await.inserted, 3);
    source.run("update people set employer = 'X' where id = 1").await;
    let ingested = stream.ingest().await.unwrap();
    let staging = stream.staging().await;
    assert_eq!(staging.len(), 1);
    merge.run(&format!("truncate teal_staging.\"{}\"", staging[0])).await; // as a crash does
    let error = stream.merge(&ingested).await.unwrap_err();
    assert_eq!(error.code().id, "LEDGER0005", "{error:?}");
    assert_eq!(merge.number("select count(*) from live.shop__people").await, 3);
    let again = stream.ingest().await.unwrap();
    assert_eq!(again.batch, ingested.batch);
    assert_eq!(stream.merge(&again).await.unwrap().updated, 1);
    assert_eq!(stream.merge(&ingested).await.unwrap().updated, 1); // the stored report
}

#[tokio::test]
async fn staging_that_is_gone_is_read_again() {
    let (world, stream) = three_people("staging_that_is_gone_is_read_again", Style::Live).await;
    let ingested = stream.ingest().await.unwrap();
    for table in stream.staging().await {
        world.bench.merge.run(&format!("drop table teal_staging.\"{table}\"")).await;
    }
    assert_eq!(stream.merge(&ingested).await.unwrap_err().code().id, "LEDGER0005");
    assert_eq!(stream.batch().await.inserted, 3);
}

#[tokio::test]
async fn a_digest_that_lies_is_found_out_and_everything_is_compared() {
    let test = "a_digest_that_lies_is_found_out";
    for style in [Style::Live, Style::Milestoned] {
        let (world, stream) = three_people(test, style).await;
        let (source, merge) = (&world.bench.source, &world.bench.merge);
        source.run("insert into people select g, 'F', 'L', '1980-01-01' from generate_series(4, 999) g").await;
        assert_eq!(stream.batch().await.inserted, 999);
        // Somebody damages the table by hand: rows that no digest knows of are missing.
        let table = &stream.spec.datasets[0].table;
        merge.run(&format!("delete from {table} where id in (5, 6, 7)")).await;
        source.run("update people set employer = 'X' where id in (5, 10)").await;
        let ingested = stream.ingest().await.unwrap();
        assert!(ingested.rows < 500, "{ingested:?}");
        assert_eq!(stream.merge(&ingested).await.unwrap_err().code().id, "MERGE0003");
        let report = stream.batch().await;
        assert_eq!((report.batch, report.inserted, report.updated), (2, 3, 1));
        assert_eq!(merge.number("select rows from teal.merge_table").await, 999);
        assert_eq!(
            merge.number(&format!("select count(*) from {table}")).await,
            if style == Style::Live { 999 } else { 1_000 }
        );
    }
}

#[tokio::test]
async fn a_merge_and_a_vacuum_run_side_by_side() {
    let (world, stream) = three_people("a_merge_and_a_vacuum_run", Style::Milestoned).await;
    assert_eq!(stream.batch().await.inserted, 3);
    let mut vacuum = world.bench.merge.pool.begin().await.unwrap();
    let lock = "lock table milestoned.shop__people in share update exclusive mode"; // as VACUUM does
    sqlx::query(lock).execute(&mut *vacuum).await.unwrap();
    world.bench.source.run("update people set employer = 'X' where id = 2").await;
    assert_eq!(stream.batch().await.updated, 1);
}

#[tokio::test]
async fn a_foreign_write_in_the_middle_of_a_merge_is_found_out() {
    let test = "a_foreign_write_in_the_middle";
    let (world, stream) = three_people(test, Style::Milestoned).await;
    let (source, merge) = (&world.bench.source, &world.bench.merge);
    assert_eq!(stream.batch().await.inserted, 3);
    source.run("update people set employer = 'X' where id = 2").await;
    let ingested = stream.ingest().await.unwrap();
    let mut foreign = merge.pool.begin().await.unwrap();
    let write = "update milestoned.shop__people set employer = 'foreign' where id = 2";
    sqlx::query(write).execute(&mut *foreign).await.unwrap();
    let (merged, ()) = tokio::join!(stream.merge(&ingested), async {
        let waits = "select pid from pg_stat_activity where wait_event_type = 'Lock'
                     and datname = current_database() and application_name like 'teal/%'";
        eventually("the merge waits for the row", LIMIT, || async {
            merge.rows(waits).await.into_iter().next()
        })
        .await;
        foreign.commit().await.unwrap();
    });
    assert_eq!(merged.unwrap_err().code().id, "MERGE0003");
    assert_eq!(stream.batch().await.updated, 1);
    let versions = "select id, employer, teal_batch_in, teal_batch_out = 2147483647
                    from milestoned.shop__people where id = 2 order by 3";
    assert_eq!(merge.rows(versions).await, ["2|foreign|1|false", "2|X|2|true"]);
}
