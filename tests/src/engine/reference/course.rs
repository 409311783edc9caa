//! One run of a script: two streams of a style follow the source, one by hash buckets, one by reading
//! everything; after each batch both must hold what the reference holds.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use teal_activities::{Io, source::Lens};
use teal_model::{Error, Kind, Result, release::Style};
use teal_proto::v1::MergeReport;

use super::{
    model::{Reference, image, kept, things},
    script::{Op, THINGS},
};
use crate::engine::world::{Stream, World};

/// Runs scripts, each with tables and streams of its own.
pub(super) struct Course<'a> {
    world: &'a World,
    style: Style,
    io: Option<Arc<Io>>,
    runs: AtomicU32,
}

/// What a run met on its way.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Batches that pulled some buckets and not others.
    pub(super) pulled_in_part: u32,
}

/// Where a run left the reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// Which batch of the script, from 1.
    pub(super) batch: u32,
    /// How the stream pulled.
    stream: &'static str,
    /// What is other than it should be.
    what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "batch {} of the stream {}: {}", self.batch, self.stream, self.what)
    }
}

impl<'a> Course<'a> {
    /// Through a lens, where there is one.
    pub(super) fn new(world: &'a World, style: Style, lens: Option<Arc<dyn Lens>>) -> Self {
        let io = lens.map(|lens| world.bench.io_through(lens));
        Self { world, style, io, runs: AtomicU32::new(0) }
    }

    /// A stream of its own on the table of things.
    pub(super) async fn stream(&self, name: &str) -> Stream {
        let platform = format!("{name}_{}", self.runs.load(Ordering::Relaxed));
        let mut stream = self.world.stream_on(&platform, self.style, &[things()]).await;
        if let Some(io) = &self.io {
            stream.io = Arc::clone(io);
        }
        stream
    }

    /// Plays a script from an empty table on.
    pub(super) async fn run(&self, script: &[Op]) -> Result<Seen, Failure> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        let source = &self.world.bench.source;
        source.run(&format!("drop table if exists things; {THINGS}")).await;
        let streams = [("by_bucket", self.stream("b").await), ("in_full", self.stream("f").await)];
        let (mut reference, mut batch, mut seen) = (Reference::default(), 0, Seen::default());
        for op in script {
            match op {
                Op::Change(statements) => source.run(statements).await,
                Op::Batch => {
                    batch += 1;
                    let expected = reference.take(batch, image(source).await);
                    for (name, stream) in &streams {
                        if *name == "in_full" {
                            stream.forget_digests().await;
                        }
                        let compared =
                            self.compare(stream, &reference, batch, expected, &mut seen).await;
                        compared.map_err(|what| Failure { batch, stream: name, what })?;
                    }
                }
            }
        }
        Ok(seen)
    }

    async fn compare(
        &self,
        stream: &Stream,
        reference: &Reference,
        batch: u32,
        expected: (u64, u64, u64, u64),
        seen: &mut Seen,
    ) -> Result<(), String> {
        let (rows, report) = patiently(stream).await.map_err(|error| error.one_line())?;
        if rows > 0 && rows < reference.len() {
            seen.pulled_in_part += 1;
        }
        let counts = (report.inserted, report.updated, report.deleted, report.unchanged);
        if (report.batch, counts) != (batch, expected) {
            return Err(format!("counts {counts:?} of batch {}, not {expected:?}", report.batch));
        }
        let kept = kept(&self.world.bench.merge, stream).await;
        match differing(&kept, &reference.rows(self.style)) {
            None => Ok(()),
            Some(rows) => Err(rows),
        }
    }
}

/// The first rows that only one of them has.
fn differing(kept: &[String], wanted: &[String]) -> Option<String> {
    let only = |of: &[String], other: &[String]| -> Vec<String> {
        of.iter().filter(|row| other.binary_search(row).is_err()).take(3).cloned().collect()
    };
    (kept != wanted)
        .then(|| format!("too many: {:?}, missing: {:?}", only(kept, wanted), only(wanted, kept)))
}

/// A whole batch, tried again as the workflow would: staged rows and what they did.
pub(super) async fn patiently(stream: &Stream) -> Result<(u64, MergeReport)> {
    const TRIES: u32 = 3;
    let mut tries = 0;
    loop {
        tries += 1;
        match once(stream).await {
            Err(error) if tries < TRIES && goes_on(&error) => {}
            ended => return ended,
        }
    }
}

fn goes_on(error: &Error) -> bool {
    matches!(error.kind(), Kind::Transient | Kind::Fenced)
}

async fn once(stream: &Stream) -> Result<(u64, MergeReport)> {
    let ingested = stream.ingest().await?;
    let mut order = stream.order(&ingested);
    order.accept_deletes = true;
    Ok((ingested.rows, stream.merge_order(&order).await?))
}
