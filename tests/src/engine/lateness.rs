//! Answers that come late: how long the merge store's took says nothing about its clock, and a due time
//! stays where it is.

use std::time::Duration;

use teal_activities::{pulse::Still, stream};
use teal_model::release::Style;
use teal_proto::v1::{LoadRequest, MergeRequest, NoteRequest};

use super::world::{Stream, World, dataset};
use crate::testkit::{Bench, Fault, Proxy, When, merge_db, source_db};

/// Longer than the difference at which two clocks count as one.
const LATE: Duration = Duration::from_millis(6_500);
/// The answer to a statement whose text holds the first words: after it was prepared and described.
const STATE: &[&str] = &["clock_timestamp()) * 1000)::bigint as now_ms", "sqlx_s_", "sqlx_s_"];
const CLOCK: &[&str] = &["select (extract(epoch from clock_timestamp())", "sqlx_s_", "sqlx_s_"];

/// A stream with one batch, whose merge store is behind a proxy.
struct Slow {
    world: World,
    stream: Stream,
    merge: Proxy,
}

impl Slow {
    async fn new(test: &str) -> Self {
        let (source, mut merge) = (source_db(test).await, merge_db(test).await);
        source.run("create table t as select 1 as id").await;
        let proxy = Proxy::to(merge.place()).await;
        merge.behind(&proxy);
        let world = World::over(Bench::over(source, merge)).await;
        let stream =
            world.stream(Style::Live, &[dataset("t", &["id"], &[("id", "integer")])]).await;
        stream.batch().await;
        Self { world, stream, merge: proxy }
    }

    /// The next answer of this kind comes late.
    fn late(&self, words: &'static [&'static str]) {
        self.merge.plan(When::Said(words), Fault::LateReply(LATE));
    }

    /// Now, by both clocks.
    async fn now(&self) -> i64 {
        let now = "select (extract(epoch from clock_timestamp()) * 1000)::bigint";
        self.world.bench.merge.number(now).await
    }

    /// When the ledger says that the stream is due.
    async fn due(&self) -> i64 {
        let due = "select (extract(epoch from next_due_at) * 1000)::bigint from teal.stream_state";
        self.world.bench.merge.number(due).await
    }
}

#[tokio::test]
async fn a_load_whose_answers_are_late_leaves_the_due_time() {
    let of = async |test: &str, words| {
        let slow = Slow::new(test).await;
        let io = slow.world.bench.another_io("another");
        slow.late(words);
        let stream = slow.stream.spec.id.to_string();
        let asked_at_ms = slow.now().await;
        let request = LoadRequest { stream, asked_at_ms, ..LoadRequest::default() };
        let report = stream::load(&io, &request).await.unwrap();
        assert_eq!(slow.merge.struck(), 1, "{words:?}");
        assert_eq!(report.next_due_at_ms, slow.due().await, "{words:?}");
        assert!(report.read_at_ms >= asked_at_ms, "{words:?}");
    };
    tokio::join!(
        of("a_load_whose_answers_are_late_of_the_state", STATE),
        of("a_load_whose_answers_are_late_of_the_clock", CLOCK)
    );
}

#[tokio::test]
async fn a_note_whose_answers_are_late_leaves_the_due_time() {
    let of = async |test: &str, words| {
        let slow = Slow::new(test).await;
        let io = slow.world.bench.another_io("another");
        slow.late(words);
        let (stream, state) = (slow.stream.spec.id.to_string(), "waiting".to_owned());
        let asked_at_ms = slow.now().await;
        let request = NoteRequest { stream, state, asked_at_ms, ..NoteRequest::default() };
        let report = stream::note(&io, &request).await.unwrap();
        assert_eq!(slow.merge.struck(), 1, "{words:?}");
        assert_eq!(report.next_due_at_ms, slow.due().await, "{words:?}");
    };
    tokio::join!(
        of("a_note_whose_answers_are_late_of_the_state", STATE),
        of("a_note_whose_answers_are_late_of_the_clock", CLOCK)
    );
}

#[tokio::test]
async fn a_merge_whose_answer_is_late_leaves_the_due_time() {
    let slow = Slow::new("a_merge_whose_answer_is_late_leaves_the_due_time").await;
    let ingested = slow.stream.ingest().await.unwrap();
    slow.late(CLOCK);
    let asked_at_ms = slow.now().await;
    let request = MergeRequest { asked_at_ms, ..slow.stream.order(&ingested) };
    let report = stream::merge(&slow.stream.io, &request, &Still::default()).await.unwrap();
    assert_eq!(slow.merge.struck(), 1);
    assert_eq!(report.next_due_at_ms, slow.due().await);
    assert!(report.now_ms >= asked_at_ms, "{report:?}");
}
