//! A worker that stands still in a batch and wakes up when another one has done it.

use nix::sys::signal::Signal;
use teal_failpoint::{Boundary, Point, Side};

use crate::testkit::{
    LIMIT, eventually,
    plant::{Deaths, Plant},
};

/// Just before it commits, and just before it says that everything is staged.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_wakes_up_after_its_batch_was_done_changes_nothing() {
    let sleeps = [Boundary::BatchCommit, Boundary::BatchIngested].map(|boundary| async move {
        let point = Point { boundary, side: Side::Before };
        sleep_at(point).await;
    });
    futures::future::join_all(sleeps).await;
}

async fn sleep_at(point: Point) {
    let plant = Plant::new(&format!("sleeper_{}", point.boundary.name()), Deaths::default()).await;
    plant.apply().await;
    plant.batch().await;
    plant.change().await;
    let sleeper = plant.worker(&format!("{point}=stop"));
    let asking = plant.run_all();
    eventually("it falls asleep", LIMIT, || async { sleeper.sleeps().then_some(()) }).await;
    let open = "select count(*) from teal.batch where status in ('started', 'ingested')";
    assert!(plant.merge.number(open).await > 0, "{point}: it sleeps in a batch");
    plant.heals(asking).await; // no batch is open any more
    // A task that it was handed in its sleep may begin another batch, which the next worker goes on with.
    let batches =
        "select b.*, d.* from teal.batch b join teal.batch_dataset d using (stream_id, batch)
                   where b.status = 'committed' order by b.stream_id, b.batch, d.merge_table_id";
    let before = plant.merge.rows(batches).await;

    sleeper.signal(Signal::SIGCONT);
    eventually("it fails", LIMIT, || async {
        sleeper.everything_said().contains("activity failed").then_some(())
    })
    .await;
    assert_eq!(plant.merge.rows(batches).await, before, "{point}");
    sleeper.end().await;
    plant.change().await;
    plant.batch().await; // and everything is sound
}
