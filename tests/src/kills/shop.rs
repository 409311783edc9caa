//! A source that is written to, streams that follow it, and what must be true at the end.

use std::time::Instant;

use teal_activities::{Io, pulse::Still, verify};
use teal_model::StreamId;
use teal_temporal::names;

use super::{history, left, wish::Wish, writer};
use crate::testkit::{
    Db, LIMIT, eventually,
    plant::{Deaths, Plant},
};

/// A live and a milestoned stream of one store, due each second, and two milestoned streams of
/// another one, each of one table, due each three seconds. Nothing is installed.
pub(super) async fn plant(source: Db, merge: Db, temporal: String) -> Plant {
    writer::prepare(&source).await;
    let mut plant = Plant::over(source, merge, temporal, Deaths::default()).await;
    let stalls = ["people", "orders"].map(|dataset| stall(&plant, dataset));
    plant.streams.extend(stalls);
    plant.write(&Wish::default().model());
    plant
}

fn stall(plant: &Plant, dataset: &str) -> StreamId {
    StreamId::single(&format!("{}_h", plant.name), "stall", dataset)
}

/// Ids of workflows that do not run any more once the first model is applied again.
pub(super) fn workflows_that_end(plant: &Plant) -> Vec<String> {
    let platforms = [plant.name.clone(), format!("{}_h", plant.name)];
    let split = platforms.iter().flat_map(|platform| {
        ["people", "orders", "extra"].map(|dataset| StreamId::single(platform, "shop", dataset))
    });
    let streams = split.chain([stall(plant, "extra")]).map(|stream| stream.workflow_id());
    streams.chain([names::apply_workflow(&plant.name)]).collect()
}

/// How many batches were committed so far, of all streams.
pub(super) async fn committed(plant: &Plant) -> i64 {
    let committed = "select count(*) from teal.batch where status = 'committed'";
    let count = rows(&plant.merge, committed).await;
    count[0].parse().expect("a number")
}

/// Rows of a query; a server that was killed just now may be about to start again.
pub(super) async fn rows(db: &Db, query: &str) -> Vec<String> {
    eventually(query, LIMIT, || async {
        match db.try_rows(query).await {
            Ok(rows) => Some(rows),
            Err(error) => {
                let state = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
                let is_away = state.is_none_or(|state| state.starts_with("57"));
                assert!(is_away, "{error} in: {query}");
                None
            }
        }
    })
    .await
}

/// Waits until each stream has read the source after this moment, by itself. How long that took, in seconds.
pub(super) async fn keeps_up(plant: &Plant) -> f64 {
    let began = Instant::now();
    let now = plant.source.rows("select clock_timestamp()").await;
    let behind = format!(
        "select count(*) from teal.stream s join teal.stream_state t on t.stream_id = s.id
         where s.retired_at is null
         and (t.source_read_at is null or t.source_read_at <= '{}')",
        now[0]
    );
    eventually("each stream catches up by itself", LIMIT, || async {
        (plant.merge.number(&behind).await == 0).then_some(())
    })
    .await;
    began.elapsed().as_secs_f64()
}

/// Waits until each stream has read what the source is now, which nobody helps it with, and lets
/// them rest. How long that took, in seconds.
pub(super) async fn catches_up(plant: &Plant) -> f64 {
    let took = keeps_up(plant).await;
    for stream in &plant.streams {
        plant.insist(stream, names::PAUSE).await;
        plant.until(stream, "paused", |status| status.state == "paused").await;
    }
    took
}

/// What is wrong, by everything that can tell; the streams rest. Also what was looked at.
pub(super) async fn faults(plant: &Plant) -> (String, Vec<String>) {
    let mut faults = plant.faults().await;
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
    }
    let (seen, strange) = history::faults(&plant.source.pool, &plant.merge.pool).await;
    faults.extend(strange);
    faults.extend(left::faults(plant).await);
    (seen, faults)
}
