//! A source that is written to, two streams that follow it, and what must be true at the end.

use std::time::Instant;

use teal_activities::{Io, pulse::Still, verify};
use teal_temporal::names;

use super::{history, writer};
use crate::testkit::{
    Db, eventually,
    plant::{Deaths, LIMIT, Model, Plant},
};

/// A live and a milestoned stream of one store, due each second; nothing is installed.
pub(super) async fn plant(source: Db, merge: Db, temporal: String) -> Plant {
    writer::prepare(&source).await;
    let plant = Plant::over(source, merge, temporal, Deaths::default()).await;
    plant.write(&Model {
        schedule: "{every: 1s}\nmax_delete: 100%".to_owned(), // tables are emptied on purpose
        ..Model::default()
    });
    plant
}

/// How many batches were committed so far, of all streams.
pub(super) async fn committed(plant: &Plant) -> i64 {
    plant.merge.number("select count(*) from teal.batch where status = 'committed'").await
}

/// Waits until each stream has read what the source is now, which nobody helps it with, and lets
/// them rest. How long that took, in seconds.
pub(super) async fn catches_up(plant: &Plant) -> f64 {
    let began = Instant::now();
    let now = plant.source.rows("select clock_timestamp()").await;
    let behind = format!(
        "select count(*) from teal.stream s join teal.stream_state t on t.stream_id = s.id
         where t.source_read_at is null or t.source_read_at <= '{}'",
        now[0]
    );
    eventually("each stream catches up by itself", LIMIT, || async {
        (plant.merge.number(&behind).await == 0).then_some(())
    })
    .await;
    let took = began.elapsed().as_secs_f64();
    for stream in &plant.streams {
        plant.insist(stream, names::PAUSE).await;
        plant.until(stream, "paused", |status| status.state == "paused").await;
    }
    took
}

/// What is wrong, by everything that can tell; the streams rest. Also what was looked at.
pub(super) async fn faults(plant: &Plant) -> (String, Vec<String>) {
    let (mut faults, mut seen) = (plant.faults().await, Vec::new());
    let (options, still) = (verify::Options::default(), Still::default());
    let io = Io::new(plant.merge.options(), plant.credentials.store(), "a test", 4);
    for stream in &plant.streams {
        match verify::at_rest(&io, stream, &options, &still).await {
            Ok(report) => {
                let complaints = report.complaints();
                faults.extend(Some(complaints).filter(|text| !text.is_empty()));
            }
            Err(error) => faults.push(format!("{stream} cannot be verified: {error}")),
        }
        let (source, merge) = (&plant.source.pool, &plant.merge.pool);
        let (compared, strange) = history::faults(source, merge, &stream.to_string()).await;
        faults.extend(strange);
        seen.push(format!("{stream}: {compared} versions are those that its batches saw"));
    }
    (seen.join("\n"), faults)
}
