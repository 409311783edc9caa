//! Workers that die while they do what somebody asked for.

use std::time::Duration;

use teal_failpoint::{Boundary, Point};
use teal_model::StreamId;
use teal_temporal::{Closed, names};

use crate::testkit::{
    LIMIT, eventually,
    plant::{Model, Plant, Process},
};

/// A pause or a resync is written down; who was not answered asks again.
pub(super) async fn spoken(plant: Plant, points: Vec<Point>) {
    plant.apply().await;
    plant.batch().await;
    let stream = &plant.streams[0];
    for point in points {
        let verb = match point.boundary {
            Boundary::StreamIntent => names::PAUSE,
            _ => names::RESYNC,
        };
        let mut victim = plant.victim(point);
        until_dead(&plant, &mut victim, point, stream, verb).await;
        plant.change().await;
        let heir = plant.worker("");
        plant.insist(stream, verb).await;
        if verb == names::PAUSE {
            plant.until(stream, "paused", |status| status.state == "paused").await;
            plant.insist(stream, names::RESUME).await;
        } else {
            plant.until(stream, "compared", |status| status.resync_wanted == 0).await;
        }
        heir.end().await;
        plant.batch().await;
    }
}

/// Asks until the worker that does it dies: it may come too late for the first time. The last answer
/// is lost.
async fn until_dead(
    plant: &Plant,
    victim: &mut Process,
    point: Point,
    stream: &StreamId,
    verb: &str,
) {
    while victim.lives() {
        plant.ask(stream, verb).await.ok();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    plant.dead(victim, point).await;
}

/// A batch that cannot read its source is reset.
pub(super) async fn reset(plant: Plant, points: Vec<Point>) {
    plant.apply().await;
    plant.batch().await;
    let stream = &plant.streams[0];
    for point in points {
        plant.change().await;
        let mut holder = plant.source.pool.begin().await.unwrap();
        sqlx::query("lock table people in access exclusive mode")
            .execute(&mut *holder)
            .await
            .unwrap();
        let mut victim = plant.victim(point);
        plant.insist(stream, names::RUN_NOW).await;
        let open = "select count(*) from teal.batch where status = 'started'";
        eventually("a batch is open", LIMIT, || async {
            (plant.merge.number(open).await > 0).then_some(())
        })
        .await;
        until_dead(&plant, &mut victim, point, stream, names::RESET).await;
        holder.rollback().await.unwrap();
        plant.batch().await;
    }
}

/// One stream for each death; the others go on.
pub(super) async fn retired(mut plant: Plant, points: Vec<Point>) {
    let platforms = [plant.name.clone(), format!("{}_h", plant.name)];
    plant.streams = platforms
        .iter()
        .flat_map(|platform| {
            ["people", "orders"].map(|dataset| StreamId::single(platform, "shop", dataset))
        })
        .collect();
    plant.write(&Model { streams: "single".to_owned(), ..Model::default() });
    plant.apply().await;
    plant.batch().await;
    for point in points {
        let stream = plant.streams.remove(0);
        let mut victim = plant.victim(point);
        until_dead(&plant, &mut victim, point, &stream, names::RETIRE).await;
        let heir = plant.worker("");
        let closed = plant.temporal.wait_closed(&stream.workflow_id(), LIMIT).await.unwrap();
        assert_eq!(closed, Closed::Completed("retired".into()));
        heir.end().await;
        let left = format!(
            "select count(*) from teal.stream s left join teal.merge_table t
             on t.stream_id = s.id and t.retired_at is null
             where s.name = '{stream}' and (s.retired_at is null or t.id is not null)"
        );
        assert_eq!(plant.merge.number(&left).await, 0, "{stream} is not retired");
        plant.change().await;
        if !plant.streams.is_empty() {
            plant.batch().await;
        }
    }
}
