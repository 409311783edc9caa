//! Heartbeats and cancellation of long work.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

use teal_activities::{
    Pulse,
    pulse::{Progress, Still},
    stream,
};
use teal_model::release::Style;
use teal_proto::v1::IngestRequest;
use tokio_util::sync::CancellationToken;

use super::world::{World, dataset};

/// Remembers what was beaten; cancels once rows have passed, if told so.
#[derive(Default)]
struct Felt {
    beats: Mutex<Vec<Progress>>,
    cancel_in_copy: AtomicBool,
    token: CancellationToken,
}

impl Pulse for Felt {
    fn beat(&self, progress: &Progress) {
        if progress.rows > 0 && self.cancel_in_copy.load(Ordering::Relaxed) {
            self.token.cancel();
        }
        self.beats.lock().unwrap().push(progress.clone());
    }

    fn cancellation(&self) -> CancellationToken {
        self.token.clone()
    }
}

#[tokio::test]
async fn a_cancelled_copy_stops_soon_and_the_next_attempt_takes_the_batch() {
    let world = World::new("a_cancelled_copy_stops_soon").await;
    world
        .bench
        .source
        .run(
            "create table base as select g as id, repeat('x', 8000) as v
             from generate_series(1, 2000) g;
             create function slowly() returns double precision language plpgsql
             as $$ begin perform pg_sleep(0.002); return 0; end $$;
             create view t as select id, v, slowly() as w from base;
             analyze base",
        )
        .await;
    let columns = [("id", "integer"), ("v", "text?"), ("w", "double?")];
    let stream = world.stream(Style::Live, &[dataset("t", &["id"], &columns)]).await;
    let request = IngestRequest {
        stream: stream.spec.id.to_string(),
        config_hash: stream.spec.hash(),
        accept_deletes: false,
        ..IngestRequest::default()
    };
    let felt = Felt::default();
    felt.cancel_in_copy.store(true, Ordering::Relaxed);
    let error = stream::ingest(&stream.io, &request, &felt).await.unwrap_err();
    assert_eq!(error.code().id, "ENGINE0001", "{error:?}");
    let beats = felt.beats.lock().unwrap().clone();
    let last = beats.last().unwrap();
    assert!(last.doing == "copying t" && last.rows > 0 && last.rows < 2_000, "{last:?}");
    let shown = "select progress_rows > 0 and progress_bytes > 0 from teal.stream_state";
    assert_eq!(world.bench.merge.rows(shown).await, ["true"]);
    world.bench.source.run("create or replace function slowly() returns double precision language sql as 'select 0.0::float8'").await;
    let ingested = stream::ingest(&stream.io, &request, &Still::default()).await.unwrap();
    assert_eq!((ingested.batch, ingested.rows), (1, 2_000));
    assert_eq!(stream.merge(&ingested).await.unwrap().inserted, 2_000);
}

#[tokio::test]
async fn a_source_that_thinks_long_before_its_first_row_is_waited_for_with_beats() {
    let world = World::new("a_source_that_thinks_long_before_its_first_row").await;
    world.bench.source.run("create view t as select 1 as id, 'x' as v from pg_sleep(5)").await;
    let stream = world
        .stream(Style::Live, &[dataset("t", &["id"], &[("id", "integer"), ("v", "text?")])])
        .await;
    let request = IngestRequest {
        stream: stream.spec.id.to_string(),
        config_hash: stream.spec.hash(),
        accept_deletes: false,
        ..IngestRequest::default()
    };
    let felt = Felt::default();
    let ingested = stream::ingest(&stream.io, &request, &felt).await.unwrap();
    let beats = felt.beats.lock().unwrap().clone();
    let waiting = beats.iter().filter(|beat| beat.doing == "copying t" && beat.rows == 0).count();
    assert!(ingested.rows == 1 && waiting >= 3, "{beats:?}");
}
