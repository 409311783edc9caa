//! One dataset: digests, then keys, then values, each only where the one before tells of a
//! difference.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::PgConnection;
use teal_model::Result;

use super::{Findings, Standing};
use crate::{
    Pulse,
    merge::postgres::verify::{Target, differences, image},
    pg::{
        self, Lines, Sql,
        copy::{RowStream, Watched, Watcher},
    },
    pulse::{Progress, while_beating},
    source::Snapshot,
    staging::{Buckets, Pull, mask_for},
};

/// Rows that are asked for by their hashes; where more differ, all of them travel.
const MOST_HASHES: usize = 10_000;

/// Both sides of a dataset: one snapshot of the source, one of the merge store.
pub(super) struct Comparison<'a> {
    /// Within a REPEATABLE READ transaction.
    pub(super) connection: &'a mut PgConnection,
    pub(super) source: &'a mut dyn Snapshot,
    pub(super) lines: &'a Lines<'a>,
    pub(super) standing: Standing,
    pub(super) limit: u32,
    pub(super) pulse: &'a dyn Pulse,
}

impl Comparison<'_> {
    /// Compares the current rows of a table with those of its source.
    pub(super) async fn compare(&mut self, target: &Target, found: &mut Findings) -> Result<()> {
        let buckets = self.differing(target, found).await?;
        let here = &self.lines.here;
        if buckets.numbers.is_empty() {
            let forgetting = async {
                differences::find_nothing(self.connection, target).await?;
                differences::remember(self.connection, target).await
            };
            return here.guard(forgetting).await;
        }
        self.find(target, &buckets).await?;
        if self.standing == Standing::Confirmed {
            found.moving = here.guard(differences::confirm(self.connection, target)).await?;
        }
        if self.standing != Standing::Seen {
            self.judge(target).await?;
        }
        let telling = async {
            found.counts = differences::count(self.connection, target).await?;
            found.differences = differences::list(self.connection, target, self.limit).await?;
            differences::remember(self.connection, target).await
        };
        here.guard(telling).await
    }

    async fn differing(&mut self, target: &Target, found: &mut Findings) -> Result<Buckets> {
        let dataset = &target.table.layout.name;
        let mask = mask_for(target.table.rows.max(self.source.estimated_rows(dataset)));
        let progress = self.progress("comparing", target);
        let Lines { here, there } = self.lines;
        let reading = here.guard(image::read(self.connection, target, mask));
        let here = while_beating(self.pulse, &progress, reading).await?;
        let reading = there.guard(self.source.digest(dataset, mask));
        let there = while_beating(self.pulse, &progress, reading).await?;
        (found.source_rows, found.rows) = (there.rows(), here.digest.rows());
        Ok(Buckets { mask, numbers: here.differing(&there) })
    }

    async fn find(&mut self, target: &Target, buckets: &Buckets) -> Result<()> {
        let Lines { here, there } = self.lines;
        let into = here.guard(differences::place_for_keys(self.connection, target)).await?;
        let progress = progress("copying keys of", target);
        let opening = there.guard(self.source.keys(&target.table.layout.name, buckets));
        let keys = while_beating(self.pulse, &progress, opening).await?;
        copy(self.connection, keys, &into, self.lines, progress.clone(), self.pulse).await?;
        let finding = here.guard(differences::find(self.connection, target, buckets));
        while_beating(self.pulse, &progress, finding).await
    }

    /// Looks at the values of rows whose hashes differ.
    async fn judge(&mut self, target: &Target) -> Result<()> {
        let Lines { here, there } = self.lines;
        let choosing = differences::doubtful_hashes(self.connection, target, MOST_HASHES + 1);
        let hashes = here.guard(choosing).await?;
        if hashes.is_empty() {
            return Ok(());
        }
        let into = here.guard(differences::place_for_values(self.connection, target)).await?;
        let dataset = &target.table.layout.name;
        let progress = progress("copying differing rows of", target);
        let opening = async {
            if hashes.len() > MOST_HASHES {
                self.source.rows(dataset, &Pull::All).await
            } else {
                self.source.hashed(dataset, &hashes).await
            }
        };
        let rows = while_beating(self.pulse, &progress, there.guard(opening)).await?;
        copy(self.connection, rows, &into, self.lines, progress.clone(), self.pulse).await?;
        let judging = here.guard(differences::judge(self.connection, target));
        while_beating(self.pulse, &progress, judging).await
    }

    fn progress(&self, doing: &str, target: &Target) -> Progress {
        Progress { total_rows: target.table.rows, ..progress(doing, target) }
    }
}

fn progress(doing: &str, target: &Target) -> Progress {
    Progress { doing: format!("{doing} {}", target.table.dataset), ..Progress::default() }
}

async fn copy(
    connection: &mut PgConnection,
    rows: RowStream<'_>,
    into: &Sql,
    lines: &Lines<'_>,
    progress: Progress,
    pulse: &dyn Pulse,
) -> Result<()> {
    let (turn, cancelled) = (Arc::clone(&rows.turn), pulse.cancellation());
    let mut watcher = Watch { pulse, progress };
    let copying = pg::copy::pipe(rows, connection, into, &mut watcher, cancelled);
    lines.guard_copy(&turn, copying).await?;
    Ok(())
}

/// Beats while a copy runs.
struct Watch<'a> {
    pulse: &'a dyn Pulse,
    progress: Progress,
}

#[async_trait]
impl Watcher for Watch<'_> {
    async fn look(&mut self, rows: u64, bytes: u64) -> Result<Watched> {
        (self.progress.rows, self.progress.bytes) = (rows, bytes);
        self.pulse.beat(&self.progress);
        Ok(Watched::GoOn)
    }
}
