//! The network between a worker and its servers: connections are cut, stalled, slowed and lose answers
//! at every step, and each image is in the merge table exactly once.
//!
//! A stall is what nobody tells: it is found out within [`PATIENCE`], which is a minute outside of tests.
//! Read first: [`Net`]. `batches`: ingest and merge; `upkeep`: what people and applies ask for.

mod batches;
mod upkeep;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use teal_activities::Io;
use teal_model::{Error, Kind, Result, release::Style};
use teal_proto::v1::{IngestReport, MergeReport};

use super::world::{Stream, World, dataset};
use crate::testkit::{Bench, Proxy, merge_db, source_db};

/// Longest silence of a session that does not work.
const PATIENCE: Duration = Duration::from_millis(900);
/// Longest time until a stall has been found out: the silence itself, its looks, and what a busy machine
/// adds. Far below the ten minutes after which Temporal gives an activity up.
const NOTICED: Duration = Duration::from_secs(60);

/// A source and a merge store behind proxies, and a live stream of one table of 4,000 rows, 600 KB.
struct Net {
    world: World,
    stream: Stream,
    source: Proxy,
    merge: Proxy,
}

impl Net {
    async fn new(test: &str) -> Self {
        Self::over(
            test,
            "create table t (id int primary key, v text);
             insert into t select g, repeat(md5(g::text), 4) from generate_series(1, 4000) g",
        )
        .await
    }

    async fn over(test: &str, definition: &str) -> Self {
        let (mut source, mut merge) = (source_db(test).await, merge_db(test).await);
        let (to_source, to_merge) =
            (Proxy::to(source.place()).await, Proxy::to(merge.place()).await);
        source.run(definition).await;
        source.behind(&to_source);
        merge.behind(&to_merge);
        let mut bench = Bench::over(source, merge);
        let io = Io::new(bench.merge.options(), bench.credentials.store(), "test-worker", 4);
        bench.io = Arc::new(io.patient_for(PATIENCE));
        let world = World::over(bench).await;
        let spec = dataset("t", &["id"], &[("id", "integer"), ("v", "text?")]);
        let stream = world.stream(Style::Live, &[spec]).await;
        Self { world, stream, source: to_source, merge: to_merge }
    }

    /// Ingests, and meets trouble that a retry mends; soon.
    async fn ingest_fails(&self, what: &str) -> Error {
        let started = Instant::now();
        let error = self.stream.ingest().await.expect_err(what);
        passes(&error, started, what);
        error
    }

    async fn merge_fails(&self, ingested: &IngestReport, what: &str) -> Error {
        let started = Instant::now();
        let error = self.stream.merge(ingested).await.expect_err(what);
        passes(&error, started, what);
        error
    }

    /// As the workflow does it: the same batch again, until it is there.
    async fn goes_on(&self) -> MergeReport {
        let ingested = self.stream.ingest().await.expect("the network is back");
        self.stream.merge(&ingested).await.expect("the network is back")
    }

    /// One try at a batch.
    async fn attempt(&self) -> Result<MergeReport> {
        let ingested = self.stream.ingest().await?;
        self.stream.merge(&ingested).await
    }

    /// Everything is there once, and so are the batches.
    async fn is_sound(&self, batches: i64) {
        assert_eq!(self.stream.verified().await.complaints(), "");
        let merge = &self.world.bench.merge;
        let committed = "select count(*) from teal.batch where status = 'committed'";
        assert_eq!(merge.number(committed).await, batches);
        assert_eq!(merge.number("select count(*) from teal.batch").await, batches);
    }

    /// Most rows are others from now on.
    async fn change(&self, round: usize) {
        let statement = format!("update t set v = v || '{round}' where id % 4 <> {}", round % 4);
        self.world.bench.source.run(&statement).await;
    }
}

fn passes(error: &Error, started: Instant, what: &str) {
    assert!(matches!(error.kind(), Kind::Transient | Kind::Fenced), "{what}: {error:?}");
    assert!(started.elapsed() < NOTICED, "{what}: {:?}: {error:?}", started.elapsed());
}
