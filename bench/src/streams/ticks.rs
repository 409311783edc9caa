//! When streams were due, and when their batches began.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use sqlx::{PgPool, types::Json};
use teal_model::{StreamId, release::StreamSpec};

use crate::Outcome;

/// So late a start still is punctual.
const PUNCTUAL: SignedDuration = SignedDuration::from_secs(5);
/// The clocks of Temporal and of the merge store are one here, but a timer may be rounded.
const EARLY: SignedDuration = SignedDuration::from_secs(2);

/// For each tick that came due in the window: how late its batch began.
pub(crate) struct Ticks {
    due: usize,
    /// Sorted; ticks without a batch of their own are missing.
    late: Vec<SignedDuration>,
}

impl Ticks {
    /// Reads the batches that began in the window.
    pub(crate) async fn read(merge: &PgPool, begin: Timestamp, window: Duration) -> Outcome<Self> {
        let streams: Vec<(i64, Json<StreamSpec>)> =
            sqlx::query_as("select id, config from teal.stream where retired_at is null")
                .fetch_all(merge)
                .await?;
        let batches: Vec<(i64, i64)> = sqlx::query_as(
            "select stream_id, (extract(epoch from started_at) * 1000)::bigint from teal.batch
             where started_at >= to_timestamp($1) - interval '10 s' order by started_at",
        )
        .bind(f64::from(u32::try_from(begin.as_second())?))
        .fetch_all(merge)
        .await?;
        let mut begun: BTreeMap<i64, Vec<Timestamp>> = BTreeMap::new();
        for (stream, at_ms) in batches {
            begun.entry(stream).or_default().push(Timestamp::from_millisecond(at_ms)?);
        }
        let end = begin + SignedDuration::try_from(window)?;
        let (mut due, mut late) = (0, Vec::new());
        for (id, Json(spec)) in &streams {
            let ticks = ticks(spec, &spec.id, begin, end);
            due += ticks.len();
            let starts = begun.get(id).map_or(&[][..], Vec::as_slice);
            late.extend(ticks.iter().filter_map(|tick| {
                let start = starts.iter().find(|start| **start >= *tick - EARLY)?;
                Some(start.duration_since(*tick))
            }));
        }
        late.sort_unstable();
        Ok(Self { due, late })
    }

    /// Whether each tick has a batch.
    pub(crate) fn all_began(&self) -> bool {
        self.late.len() == self.due
    }

    pub(crate) fn print(&self, streams: u32) {
        let punctual = self.late.iter().filter(|late| **late <= PUNCTUAL).count();
        let share = |part: usize| percent(part, self.due);
        println!(
            "\n{} ticks of {streams} streams: {} began within 5 s of their due time (aim: 99 %)",
            self.due,
            share(punctual)
        );
        let at = |hundredth: usize| {
            let index = (self.late.len() * hundredth / 100).min(self.late.len().saturating_sub(1));
            self.late.get(index).map_or(f64::NAN, SignedDuration::as_secs_f64)
        };
        println!(
            "after their due time: median {:.2} s, 99 of 100 {:.2} s, last {:.2} s",
            at(50),
            at(99),
            at(100)
        );
    }
}

fn ticks(spec: &StreamSpec, stream: &StreamId, begin: Timestamp, end: Timestamp) -> Vec<Timestamp> {
    let mut ticks = Vec::new();
    let mut last = begin;
    while let Some(next) = spec.schedule.next_after(stream, last).filter(|next| *next <= end) {
        ticks.push(next);
        last = next;
    }
    ticks
}

fn percent(part: usize, whole: usize) -> String {
    let thousandths = part * 100_000 / whole.max(1);
    format!("{}.{:03} %", thousandths / 1_000, thousandths % 1_000)
}
