//! A reset gives a batch up, ends who works on it, and says who did that and why.

use teal_activities::{
    catalog::status::{BatchFilter, Filter, batches, streams},
    code,
    pulse::Still,
    stream,
};
use teal_model::{Error, Result, release::Style};
use teal_proto::v1::{Failure, NoteRequest, ResetReport, ResetRequest};

use super::{
    resync::two_tables,
    world::{Stream, World},
};
use crate::testkit::{LIMIT, eventually};

const SAID: &str = "reset by me@here: a test";

impl Stream {
    async fn reset(&self) -> Result<ResetReport> {
        let request = ResetRequest {
            stream: self.spec.id.to_string(),
            reason: "a test".into(),
            by: "me@here".into(),
        };
        stream::reset(&self.io, &request, &Still::default()).await
    }

    /// As the workflow notes what an attempt met.
    async fn meets(&self, error: &Error, batch: u32) {
        let request = NoteRequest {
            stream: self.spec.id.to_string(),
            state: "backing_off".into(),
            failures: 1,
            failure: Some(Failure::from_error(error, batch)),
            ..NoteRequest::default()
        };
        stream::note(&self.io, &request).await.unwrap();
    }
}

/// Status of a batch and the code and words that stand with it.
async fn told(world: &World, stream: &Stream, batch: u32) -> (String, String, String) {
    let filter = BatchFilter::one(batch);
    let rows = batches(&world.bench.merge.pool, &stream.spec.id, &filter).await.unwrap();
    let row = rows.into_iter().next().unwrap();
    let failure = row.failure.unwrap_or_default();
    (row.status, failure.code, failure.message)
}

#[tokio::test]
async fn a_reset_batch_can_never_be_committed_and_the_next_takes_a_new_number() {
    let (world, stream) = two_tables("a_reset_batch_can_never_be_committed", Style::Live).await;
    let refused = stream.reset().await.unwrap_err();
    assert_eq!(refused.code().id, "LEDGER0040");
    assert!(refused.one_line().contains("committed: 2"), "{refused:?}");
    world.bench.source.run("update a set v = 'w1' where id = 1").await;
    let stuck = stream.ingest().await.unwrap();
    let report = stream.reset().await.unwrap();
    assert_eq!(
        (report.batch, report.status.as_str(), report.staged_rows),
        (3, "ingested", stuck.rows)
    );
    assert_eq!(stream.staging().await, Vec::<String>::new());
    let late = stream.merge(&stuck).await.unwrap_err();
    assert_eq!(late.code().id, "LEDGER0043");
    assert!(late.one_line().contains(SAID), "{late:?}");
    let next = stream.batch().await;
    assert_eq!((next.batch, next.updated), (4, 1));
    let merge = &world.bench.merge;
    let status = "select batch, status from teal.batch order by batch";
    assert_eq!(
        merge.rows(status).await,
        ["1|committed", "2|committed", "3|abandoned", "4|committed"]
    );
    let audit = "select verb, details->>'batch', details->>'status' from teal.audit";
    assert_eq!(merge.rows(audit).await, ["reset|3|ingested"]);
}

#[tokio::test]
async fn a_reset_ends_a_copy_that_hangs_at_the_source_and_nobody_blames_the_connection() {
    let (world, stream) = two_tables("a_reset_ends_a_copy_that_hangs", Style::Live).await;
    let source = &world.bench.source;
    source
        .run(
            "alter table a rename to base;
             create view a as select b.id, b.v from base b, pg_sleep(60)",
        )
        .await;
    let hanging = world.bench.another_io("hanging");
    let (stuck, (report, name)) = tokio::join!(stream.ingest_with(&hanging), async {
        let names = "select application_name from pg_stat_activity where state = 'active'
                     and datname = current_database() and application_name like 'teal/live/%'";
        let name = eventually("the source works", LIMIT, || async {
            source.rows(names).await.into_iter().next()
        });
        let name = name.await;
        (stream.reset().await.unwrap(), name)
    });
    let error = stuck.unwrap_err();
    assert_eq!(error.code().id, "LEDGER0043", "{error:?}");
    assert!(error.one_line().contains(SAID), "{error:?}");
    assert_eq!((report.batch, report.status.as_str()), (3, "started"));
    let abandoned = ("abandoned".to_owned(), "LEDGER0043".to_owned(), SAID.to_owned());
    assert_eq!(told(&world, &stream, 3).await, abandoned);
    // What a worker of before tells of its last moments comes late and overwrites nothing.
    stream.meets(&Error::new(code::PG0002), 3).await;
    assert_eq!(told(&world, &stream, 3).await, abandoned);
    let alive = format!("select pid from pg_stat_activity where application_name = '{name}'");
    assert_eq!(source.rows(&alive).await, Vec::<String>::new());
    source.run("drop view a; alter table base rename to a").await;
    assert_eq!(stream.batch().await.batch, 4);
}

#[tokio::test]
async fn a_reset_ends_a_merge_that_waits_for_a_lock_and_keeps_what_the_batch_met_before() {
    let (world, stream) = two_tables("a_reset_ends_a_merge_that_waits", Style::Live).await;
    let (source, merge) = (&world.bench.source, &world.bench.merge);
    source.run("update a set v = 'w1' where id = 1").await;
    let ingested = stream.ingest().await.unwrap();
    stream.meets(&Error::new(code::PG0005), 3).await;
    let mut foreign = merge.pool.begin().await.unwrap();
    sqlx::query("lock table live.shop__a").execute(&mut *foreign).await.unwrap();
    let (stuck, report) = tokio::join!(stream.merge(&ingested), async {
        let waiting = "select pid from pg_stat_activity where wait_event_type = 'Lock'
                       and datname = current_database() and application_name like 'teal/live/%'";
        eventually("the merge waits", LIMIT, || async {
            merge.rows(waiting).await.into_iter().next()
        })
        .await;
        stream.reset().await.unwrap()
    });
    foreign.rollback().await.unwrap();
    let error = stuck.unwrap_err();
    assert_eq!(error.code().id, "LEDGER0043", "{error:?}");
    assert_eq!((report.batch, report.status.as_str()), (3, "ingested"));
    let (status, _, said) = told(&world, &stream, 3).await;
    assert_eq!(status, "abandoned");
    assert!(said.starts_with(&format!("{SAID}; before: [PG0005]")), "{said}");
    let state = streams(&merge.pool, &Filter::default()).await.unwrap().remove(0);
    assert_eq!((state.failures, state.failure), (0, None), "a reset is a new start");
    assert_eq!(stream.batch().await.updated, 1);
}

#[tokio::test]
async fn a_reset_that_did_not_get_through_is_forgotten_by_the_next_attempt() {
    let (world, stream) = two_tables("a_reset_that_did_not_get_through", Style::Live).await;
    world.bench.source.run("alter table a rename to elsewhere").await;
    assert_eq!(stream.ingest().await.unwrap_err().code().id, "SOURCE0011");
    // A reset announces itself before it ends anybody; this one died there.
    let announced = format!(r#"{{"code": "LEDGER0043", "message": "{SAID}"}}"#);
    let announce = format!("update teal.batch set failure = '{announced}' where batch = 3");
    world.bench.merge.run(&announce).await;
    assert_eq!(stream.ingest().await.unwrap_err().code().id, "SOURCE0011");
    assert_eq!(told(&world, &stream, 3).await.1, "");
}
