//! Rules 5 and 7, due times, status, the end of a stream.

use teal_activities::{
    catalog::{self, ledger, status},
    pulse::{Progress, Still},
    stream,
};
use teal_model::StreamId;
use teal_proto::v1::{Failure, IngestRequest, NoteRequest, RetireRequest};

use super::world::{STREAM, World};

#[tokio::test]
async fn a_lost_batch_raises_the_incarnation_once() {
    let world = World::new("a_lost_batch_raises_the_incarnation_once").await;
    world.batch(1).await;
    let open = world.attempt().await;
    assert_eq!(open.batch.get(), 2);
    assert_eq!(world.load(1).await.incarnation, 1);
    // The workflow saw batch 5 commit; this ledger is a backup from before.
    let request = IngestRequest { remembered_batch: 5, ..world.request() };
    let refused = ledger::begin(&world.bench.io, &request).await.unwrap_err();
    assert_eq!(refused.code().id, "LEDGER0014");
    let restored = world.load(5).await;
    assert_eq!((restored.incarnation, restored.last_batch, restored.open_batch), (2, 1, 0));
    assert_eq!(world.load(5).await.incarnation, 2);
    assert!(ledger::begin(&world.bench.io, &request).await.is_ok());
    assert_eq!(
        world.rows("select verb, object, details->>'remembered_batch' from teal.audit").await,
        ["incarnation|stream/live/shop|5"]
    );
    // A number that was used before is never used again.
    assert_eq!(world.batch(1).await.batch, 6);
    assert_eq!(world.load(6).await.incarnation, 2);
    assert_eq!(world.load(7).await.incarnation, 3);
    assert_eq!(
        world.rows("select batch, status, incarnation from teal.batch order by 1").await,
        ["1|committed|1", "2|abandoned|1", "6|committed|2"]
    );
}

#[tokio::test]
async fn empty_batches_are_pruned_after_a_month_and_no_others() {
    let world = World::new("empty_batches_are_pruned_after_a_month_and_no_others").await;
    world.batch(2).await; // 1: first load
    for counts in [(0, 0), (1, 0), (0, 0), (0, 0)] {
        let attempt = world.attempt().await;
        let mark = world.stage(&attempt, 1).await.unwrap();
        let merge = if counts.0 == 1 { |rows| (rows, 0) } else { |_| (0, 0) };
        world.merge_as(&mark, merge).await.unwrap();
    }
    world
        .bench
        .merge
        .run(
            "update teal.batch set started_at = now() - interval '31 days' where batch <> 4;
             insert into teal.digest (merge_table_id, mask, counts, xors, hash_recipe, batch)
             select id, 0, '{0}', '{0}', '', 5 from teal.merge_table limit 1",
        )
        .await;
    world.attempt().await; // 6, started
    world
        .bench
        .merge
        .run("update teal.batch set started_at = now() - interval '31 days' where batch = 6")
        .await;
    let mut connection = world.bench.merge.pool.acquire().await.unwrap();
    // 1 loaded, 3 changed rows, 4 is young, 5 is the last and in a digest, 6 is open
    assert_eq!(ledger::prune_now(&mut connection, world.stream_id).await.unwrap(), 1);
    let left = ["1", "3", "4", "5", "6"];
    assert_eq!(world.rows("select batch from teal.batch order by 1").await, left);
    assert_eq!(
        world.rows("select distinct batch from teal.batch_dataset order by 1").await,
        ["1", "3", "4", "5"]
    );
}

#[tokio::test]
async fn a_new_stream_is_due_at_once_and_then_on_schedule() {
    let world = World::new("a_new_stream_is_due_at_once_and_then_on_schedule").await;
    let now = "select (extract(epoch from clock_timestamp()) * 1000)::bigint";
    let now = world.bench.merge.number(now).await;
    let first = world.load(0).await;
    assert!((first.next_due_at_ms - now).abs() < 30_000, "{first:?}");
    assert_eq!((first.intent.as_str(), first.needs_reconcile), ("run", false));
    assert_eq!((first.ingest_timeout_seconds, first.heartbeat_seconds), (86_400, 30));
    assert_eq!(first.ingest_queue, "teal/main/small");
    let report = world.batch(1).await;
    let later = world.load(1).await;
    assert_eq!(later.next_due_at_ms, report.next_due_at_ms);
    assert_eq!((later.ingest_timeout_seconds, later.period_seconds), (7_200, 60));
    assert!(report.next_due_at_ms - report.committed_at_ms <= 60_000);
    // A pause forgets the due time; after it the first tick since the last commit counts.
    let note = NoteRequest { stream: STREAM.into(), state: "paused".into(), ..Default::default() };
    stream::note(&world.bench.io, &note).await.unwrap();
    world
        .bench
        .merge
        .run("update teal.stream_state set committed_at = committed_at - interval '1 day'")
        .await;
    assert!(world.load(1).await.next_due_at_ms < now);
}

#[tokio::test]
async fn status_shows_batches_progress_and_failures() {
    let world = World::new("status_shows_batches_progress_and_failures").await;
    let pool = world.bench.merge.pool.clone();
    world.batch(10).await;
    let attempt = world.attempt().await;
    let done = Progress { doing: "copying orders".into(), rows: 7, bytes: 70, total_rows: 20 };
    ledger::progress(&pool, attempt.stream_id, attempt.epoch, &done).await.unwrap();
    let failure = Failure { code: "PG0002".into(), kind: "transient".into(), ..Failure::default() };
    let note = NoteRequest {
        stream: STREAM.into(),
        state: "backing_off".into(),
        failures: 3,
        next_due_at_ms: 1_800_000_000_000,
        failure: Some(failure.clone()),
        abandon_open_batch: false,
        ..NoteRequest::default()
    };
    stream::note(&world.bench.io, &note).await.unwrap();
    let rows = status::streams(&pool, &status::Filter::default()).await.unwrap();
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((row.stream.as_str(), row.state.as_str(), row.rows), (STREAM, "backing_off", 20));
    assert_eq!((row.failures, row.failure.as_ref()), (3, Some(&failure)));
    assert_eq!(row.next_due_at.unwrap().as_millisecond(), 1_800_000_000_000);
    let last = row.last_batch.as_ref().unwrap();
    assert_eq!((last.batch, last.inserted, last.work_ms()), (1, 20, 12));
    assert_eq!(last.rows_per_second(), Some(20 * 1_000 / 12));
    let progress = row.progress.as_ref().unwrap();
    assert_eq!((progress.rows, progress.total_rows), (7, Some(20)));
    assert_eq!(progress.doing, "copying orders");
    assert_eq!(progress.left.map(|left| left.by), Some(status::By::ThisBatch));
    assert!(row.open_batch.as_ref().unwrap().attempted_at.is_some());
    assert_eq!(row.open_batch.as_ref().unwrap().batch, 2);
    assert!(row.lag_ms.unwrap() > 0);
    // Nobody sees the progress of an attempt that is over.
    let zombie = attempt.epoch;
    let attempt = world.attempt().await;
    ledger::progress(&pool, attempt.stream_id, zombie, &done).await.unwrap();
    let rows = status::streams(&pool, &status::Filter::default()).await.unwrap();
    assert_eq!(rows[0].progress.as_ref().unwrap().rows, 0);

    let other = status::Filter { streams: vec!["live/oth*".into()], ..Default::default() };
    assert_eq!(status::streams(&pool, &other).await.unwrap(), []);
    let batches =
        catalog::batches(&pool, &StreamId::multi("live", "shop"), &status::BatchFilter::last(5))
            .await
            .unwrap();
    let numbers: Vec<u32> = batches.iter().map(|batch| batch.batch).collect();
    assert_eq!(numbers, [2, 1]);
    assert_eq!(batches[0].failure.as_ref(), Some(&failure));
    let datasets: Vec<&str> = batches[1].datasets.iter().map(|d| d.dataset.as_str()).collect();
    assert_eq!(datasets, ["orders", "people"]);
    assert!(serde_json::to_string(&rows).unwrap().contains("\"state\":\"ingesting\""));
}

#[tokio::test]
async fn retiring_drops_live_tables_and_keeps_history() {
    let world = World::new("retiring_drops_live_tables_and_keeps_history").await;
    let merge = &world.bench.merge;
    merge
        .run(
            "create schema live; create table live.shop__orders (id int primary key);
             create table live.shop__people (id int primary key);
             insert into live.shop__people values (1);
             update teal.merge_table set loaded = true;
             update teal.merge_table set style = 'milestoned' where dataset = 'people'",
        )
        .await;
    world.attempt().await;
    let request = RetireRequest { stream: STREAM.into(), by: "ann".into() };
    let report = stream::retire(&world.bench.io, &request, &Still::default()).await.unwrap();
    assert_eq!((report.tables, report.abandoned_batch), (2, 1));
    let tables = "select schemaname from pg_tables where tablename like 'shop\\_\\_%' order by 1";
    assert_eq!(world.rows(tables).await, ["teal_retired"]);
    assert_eq!(
        world
            .rows(
                "select dataset, schema_name, drop_after > now() + interval '6 days'
                 from teal.merge_table"
            )
            .await,
        ["people|teal_retired|true"]
    );
    assert_eq!(world.load(1).await.intent, "gone");
    let again = stream::retire(&world.bench.io, &request, &Still::default()).await.unwrap();
    assert_eq!(again.tables, 0);
    assert_eq!(
        world.rows("select by_whom, verb, details->>'tables' from teal.audit").await,
        ["ann|retired|2"]
    );
    assert!(status::streams(&merge.pool, &status::Filter::default()).await.unwrap().is_empty());
}
