//! Faults of the engine on purpose: the tests that should notice them do.

use std::{
    fmt,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use teal_activities::{
    pg::copy::RowStream,
    source::{Lens, Snapshot, SnapshotFacts},
    staging::{Buckets, Digest, Pull},
};
use teal_model::{Result, release::Style};

use super::{
    course::Course,
    script::{Op, THINGS},
};
use crate::engine::world::{Stream, World};

/// What happens to a row between the source and staging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It gets lost.
    Drop,
    /// It comes twice.
    Double,
    /// Its note goes to the next row, and that one's to it; keys and hashes stay where they are.
    SwapNotes,
    /// It comes after the next one.
    SwapRows,
}

/// A lens with a fault.
pub(super) struct Bent {
    fault: Fault,
    meets: Meets,
    bends: Arc<AtomicBool>,
}

/// Which rows it meets. (Never the first message of a copy, which has the header in front.)
#[derive(Debug, Clone, Copy)]
struct Meets {
    /// Rows that hold these bytes.
    within: &'static [u8],
    /// Only the first of each copy.
    once: bool,
}

impl fmt::Debug for Bent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bent").field("fault", &self.fault).finish_non_exhaustive()
    }
}

impl Bent {
    /// Meets every row that holds these bytes.
    pub(super) fn on_rows_with(fault: Fault, within: &'static [u8]) -> Arc<Self> {
        let bends = Arc::new(AtomicBool::new(true));
        Arc::new(Self { fault, meets: Meets { within, once: false }, bends })
    }

    /// Meets the first row of each copy that holds these bytes, once it is told to.
    fn on_one_row_with(fault: Fault, within: &'static [u8]) -> Arc<Self> {
        let bends = Arc::new(AtomicBool::new(false));
        Arc::new(Self { fault, meets: Meets { within, once: true }, bends })
    }
}

impl Lens for Bent {
    fn over(&self, snapshot: Box<dyn Snapshot>) -> Box<dyn Snapshot> {
        let (fault, meets) = (self.fault, self.meets);
        Box::new(Seen { snapshot, fault, meets, bends: Arc::clone(&self.bends) })
    }
}

/// A snapshot through the lens.
struct Seen {
    snapshot: Box<dyn Snapshot>,
    fault: Fault,
    meets: Meets,
    bends: Arc<AtomicBool>,
}

#[async_trait]
impl Snapshot for Seen {
    fn facts(&self) -> &SnapshotFacts {
        self.snapshot.facts()
    }

    fn estimated_rows(&self, dataset: &str) -> u64 {
        self.snapshot.estimated_rows(dataset)
    }

    async fn digest(&mut self, dataset: &str, mask: i32) -> Result<Digest> {
        self.snapshot.digest(dataset, mask).await
    }

    async fn rows<'a>(&'a mut self, dataset: &str, pull: &Pull) -> Result<RowStream<'a>> {
        let rows = self.snapshot.rows(dataset, pull).await?;
        if !self.bends.load(Ordering::Relaxed) {
            return Ok(rows);
        }
        bend(rows, self.fault, self.meets).await
    }

    async fn keys<'a>(&'a mut self, dataset: &str, buckets: &Buckets) -> Result<RowStream<'a>> {
        self.snapshot.keys(dataset, buckets).await
    }

    async fn hashed<'a>(&'a mut self, dataset: &str, hashes: &[i64]) -> Result<RowStream<'a>> {
        self.snapshot.hashed(dataset, hashes).await
    }

    async fn close(self: Box<Self>) {
        self.snapshot.close().await;
    }
}

/// All messages of a copy (one for each row; the first has the header, the last is the trailer) with
/// the fault in them. The counter counts what there is now: the engine's own look at what passed must
/// not be what notices.
async fn bend(rows: RowStream<'_>, fault: Fault, meets: Meets) -> Result<RowStream<'_>> {
    let messages: Vec<Bytes> = rows.bytes.try_collect().await?;
    let last = messages.len() - 1;
    let holds = |row: &Bytes| row.windows(meets.within.len()).any(|part| part == meets.within);
    let (mut bent, mut at, mut met) = (Vec::new(), 0, 0);
    while at < messages.len() {
        let row = messages[at].clone();
        let next = (at + 1 < last).then(|| messages[at + 1].clone());
        at += 1;
        if at == 1 || at > last || (meets.once && met > 0) || !holds(&row) {
            bent.push(row);
            continue;
        }
        met += 1;
        match (fault, next) {
            (Fault::Drop, _) => {}
            (Fault::Double, _) => bent.extend([row.clone(), row]),
            (Fault::SwapNotes, Some(next)) => {
                bent.extend(swapped(&row, &next));
                at += 1;
            }
            (Fault::SwapRows, Some(next)) => {
                bent.extend([next, row]);
                at += 1;
            }
            (Fault::SwapNotes | Fault::SwapRows, None) => bent.push(row),
        }
    }
    let passed = Arc::new(AtomicU64::new(u64::try_from(bent.len() - 1).unwrap()));
    let bytes = stream::iter(bent.into_iter().map(Ok)).boxed();
    Ok(RowStream { bytes, rows: passed, turn: Arc::default() })
}

/// Two rows that exchanged their fourth column.
fn swapped(one: &[u8], other: &[u8]) -> [Bytes; 2] {
    let (here, there) = (fourth(one), fourth(other));
    let with = |row: &[u8], place: &Range<usize>, value: &[u8]| {
        Bytes::from([&row[..place.start], value, &row[place.end..]].concat())
    };
    [with(one, &here, &other[there.clone()]), with(other, &there, &one[here])]
}

/// Where the fourth field lies, its length included: a row is a count of fields, then each field's
/// length (−1: NULL) and bytes.
fn fourth(row: &[u8]) -> Range<usize> {
    let field = |at: usize| {
        let length = i32::from_be_bytes(row[at..at + 4].try_into().unwrap());
        at..at + 4 + usize::try_from(length).unwrap_or(0)
    };
    let mut place = field(2);
    for _ in 0..3 {
        place = field(place.end);
    }
    place
}

const LOAD: &str = "insert into things select g, 'y', g, 'n' || g from generate_series(1, 3000) g";

/// How a batch pulls, and the change that lets it.
const PULLS: [(&str, &str); 3] = [
    ("a first load", "update things set note = 'bent ' || id"),
    ("some buckets", "update things set note = 'bent ' || id where id in (5, 6, 7, 8)"),
    ("everything", "update things set note = 'bent ' || id"),
];

/// Lets a fault into a batch of each kind; answers with what the batch ended with and what a
/// verification says afterwards.
async fn met(test: &str, style: Style, fault: Fault) -> Vec<(bool, String)> {
    let mut ends = Vec::new();
    let world = World::new(test).await;
    for (number, (pull, change)) in PULLS.into_iter().enumerate() {
        let lens = Bent::on_one_row_with(fault, b"bent");
        let bends = Arc::clone(&lens.bends);
        let course = Course::new(&world, style, Some(lens));
        let anew = format!("drop table if exists things; {THINGS}; {LOAD}");
        world.bench.source.run(&anew).await;
        let stream = course.stream(&format!("s{number}")).await;
        if pull != PULLS[0].0 {
            batch(&stream).await.unwrap();
            batch(&stream).await.unwrap();
        }
        world.bench.source.run(change).await;
        bends.store(true, Ordering::Relaxed);
        let ended = batch(&stream).await;
        let verified = stream.verified().await;
        ends.push((ended.is_ok(), verified.complaints()));
        println!("{fault:?} in {pull}: {ended:?}");
    }
    ends
}

async fn batch(stream: &Stream) -> Result<u64, String> {
    super::course::patiently(stream).await.map(|(rows, _)| rows).map_err(|error| error.one_line())
}

#[tokio::test]
async fn a_row_that_gets_lost_is_missing_in_the_reference_and_in_a_verification() {
    const TEST: &str = "a_row_that_gets_lost";
    for style in [Style::Live, Style::Milestoned] {
        for (committed, found) in met(TEST, style, Fault::Drop).await {
            assert!(committed && found.starts_with("things: 1 missing; missing id = "), "{found}");
        }
        assert!(red_at(TEST, style, Fault::Drop).await.contains("counts"));
    }
}

#[tokio::test]
async fn a_row_that_comes_twice_is_refused() {
    const TEST: &str = "a_row_that_comes_twice";
    for style in [Style::Live, Style::Milestoned] {
        let found = met(TEST, style, Fault::Double).await;
        let found: Vec<&str> = found
            .iter()
            .map(|(committed, found)| {
                assert!(!committed, "{found}");
                found.split(';').next().unwrap()
            })
            .collect();
        // nothing was merged: the table is the image of the batch before
        assert_eq!(found, ["things: not loaded", "things: 4 different", "things: 3000 different"]);
        assert!(red_at(TEST, style, Fault::Double).await.contains("MERGE0001"));
    }
}

#[tokio::test]
async fn values_of_two_rows_that_change_places_are_found_although_every_hash_is_right() {
    const TEST: &str = "values_that_change_places";
    for style in [Style::Live, Style::Milestoned] {
        for (committed, found) in met(TEST, style, Fault::SwapNotes).await {
            let values = found.starts_with("things: 2 different; different id = ");
            assert!(committed && values && found.ends_with(": note"), "{found}");
        }
        assert!(red_at(TEST, style, Fault::SwapNotes).await.contains("Tresor"));
    }
}

#[tokio::test]
async fn the_order_of_rows_does_not_matter() {
    const TEST: &str = "the_order_of_rows";
    for style in [Style::Live, Style::Milestoned] {
        for (committed, found) in met(TEST, style, Fault::SwapRows).await {
            assert!(committed && found.is_empty(), "{found}");
        }
        assert_eq!(red_at(TEST, style, Fault::SwapRows).await, "");
    }
}

/// What the reference says of a fault that begins with batch 2, in a bucket; empty: nothing.
async fn red_at(test: &str, style: Style, fault: Fault) -> String {
    let world = World::new(test).await;
    let change = |text: &str| Op::Change(text.to_owned());
    let script = [
        change(LOAD),
        Op::Batch,
        change("update things set note = 'Tresor ' || id where id in (77, 78)"),
        Op::Batch,
    ];
    let course = Course::new(&world, style, Some(Bent::on_rows_with(fault, b"Tresor")));
    match course.run(&script).await {
        Ok(_) => String::new(),
        Err(failure) => {
            assert_eq!(failure.batch, 2, "{failure}");
            failure.to_string()
        }
    }
}
