//! Workers that die while streams do what they always do.

use std::time::Instant;

use teal_failpoint::Point;
use teal_proto::v1::{StreamCarry, StreamInput};
use teal_temporal::names;
use teal_workflows::stream::StreamWorkflow;
use temporalio_client::{UntypedWorkflow, WorkflowStartOptions};

use crate::testkit::{LIMIT, plant::Plant};

/// In a batch: on either side of each of its steps.
pub(super) async fn batch(plant: Plant, points: Vec<Point>) {
    plant.apply().await;
    plant.batch().await;
    for point in points {
        plant.change().await;
        die_in_a_batch(&plant, point, &format!("{point}=kill")).await;
    }
}

async fn die_in_a_batch(plant: &Plant, point: Point, armed: &str) {
    let mut victim = plant.worker(armed);
    let asking = plant.run_all();
    plant.dead(&mut victim, point).await;
    plant.heals(asking).await;
}

/// A copy takes so long that its worker shows how far it is.
pub(super) async fn slow_copy(plant: Plant, points: Vec<Point>) {
    plant.source.run("alter table people rename to base").await;
    let view = |name: &str| {
        format!("create or replace view people as select id, {name} as name from base")
    };
    plant.source.run(&view("name")).await;
    plant.apply().await;
    plant.batch().await;
    for point in points {
        plant.source.run(&format!("update base set name = '{point}' where id % 3 = 0")).await;
        plant.source.run(&view("name || pg_sleep(0.004)")).await;
        let mut victim = plant.victim(point);
        let asking = plant.run_all();
        plant.dead(&mut victim, point).await;
        plant.source.run(&view("name")).await;
        plant.heals(asking).await;
    }
}

/// The digest of a first load is computed by the batch after it.
pub(super) async fn digest(plant: Plant, points: Vec<Point>) {
    plant.apply().await;
    plant.batch().await;
    for point in points {
        plant.merge.run("update teal.digest set mask = 0, counts = '{}', xors = '{}'").await;
        plant.change().await;
        die_in_a_batch(&plant, point, &format!("{point}=kill")).await;
    }
}

/// Rows that the digest knows of are missing, and change at the source. (In the live table: nobody
/// could say afterwards what a damaged history was.)
pub(super) async fn lying_digest(mut plant: Plant, points: Vec<Point>) {
    plant.excused.push("a table holds other rows than its batches brought");
    plant.apply().await;
    plant.batch().await;
    for (turn, point) in points.into_iter().enumerate() {
        let some = format!("id between {0} and {0} + 2", 700 + 10 * turn);
        plant.merge.run(&format!("delete from {}.shop__people where {some}", plant.name)).await;
        plant.source.run(&format!("update people set name = '{point}' where {some}")).await;
        die_in_a_batch(&plant, point, &format!("{point}=kill")).await;
    }
}

/// A batch fails, and its failure is noted.
pub(super) async fn transient(plant: Plant, points: Vec<Point>) {
    plant.apply().await;
    plant.batch().await;
    for point in points {
        plant.change().await;
        die_in_a_batch(&plant, point, &format!("batch.copy:before=error,{point}=kill")).await;
    }
}

/// A key comes twice; once the source is mended, somebody asks again, as the stream has no schedule.
pub(super) async fn bad_data(plant: Plant, points: Vec<Point>) {
    plant.apply().await;
    plant.batch().await;
    for point in points {
        plant.source.run("insert into orders values (5, 1)").await;
        let mut victim = plant.victim(point);
        let asking = plant.run_all();
        plant.dead(&mut victim, point).await;
        plant
            .source
            .run("delete from orders a using orders b where a.id = b.id and a.ctid > b.ctid")
            .await;
        let heir = plant.worker("");
        plant.served(asking, &heir).await;
        for stream in &plant.streams {
            loop {
                let idle = ["waiting", "failing"];
                let done = |state: &str, served, asked| idle.contains(&state) && served == asked;
                let status = plant
                    .until(stream, "idle", |s| done(&s.state, s.runs_served, s.runs_requested))
                    .await;
                if status.state == "waiting" {
                    break;
                }
                plant.insist(stream, names::RUN_NOW).await;
            }
        }
        heir.end().await;
        plant.batch().await;
    }
}

/// A workflow goes on as a new run.
pub(super) async fn renewal(plant: Plant, points: Vec<Point>) {
    plant.apply().await;
    plant.batch().await;
    for point in points {
        let mut before = Vec::new();
        for stream in &plant.streams {
            let id = stream.workflow_id();
            plant.temporal.terminate(&id, "it begins anew, to renew soon").await.unwrap();
            let input = StreamInput {
                stream: stream.to_string(),
                services: plant.name.clone(),
                carry: Some(StreamCarry { renew_after_turns: 9, ..StreamCarry::default() }),
                ..StreamInput::default()
            };
            let queue = names::workflows_queue(&plant.name);
            let options = WorkflowStartOptions::new(queue, id).build();
            let client = plant.temporal.client();
            client.start_workflow(StreamWorkflow::run, input, options).await.unwrap();
            before.push(run_id(&plant, &stream.workflow_id()).await);
        }
        let mut victim = plant.victim(point);
        let began = Instant::now();
        while victim.lives() && began.elapsed() < LIMIT {
            for stream in &plant.streams {
                plant.ask(stream, names::RUN_NOW).await.ok(); // until it dies
            }
        }
        plant.dead(&mut victim, point).await;
        plant.change().await;
        plant.batch().await;
        let mut renewed = 0;
        for (stream, before) in plant.streams.iter().zip(before) {
            renewed += u32::from(run_id(&plant, &stream.workflow_id()).await != before);
        }
        assert!(renewed > 0, "no workflow was renewed");
    }
}

async fn run_id(plant: &Plant, workflow: &str) -> String {
    let handle = plant.temporal.client().get_workflow_handle::<UntypedWorkflow>(workflow);
    handle.describe(Default::default()).await.unwrap().run_id().to_owned()
}

/// A backup from before the last batch (which changed nothing) takes the place of the merge store.
pub(super) async fn restored(plant: Plant, points: Vec<Point>) {
    plant.apply().await;
    plant.batch().await;
    let stream = &plant.streams[0];
    let of = format!("(select id from teal.stream where name = '{stream}')");
    let number =
        |column: &str| format!("select {column} from teal.stream_state where stream_id = {of}");
    for point in points {
        plant.batch().await;
        let last = plant.merge.number(&number("last_batch")).await;
        let incarnation = plant.merge.number(&number("incarnation")).await;
        plant
            .merge
            .run(&format!(
                "delete from teal.batch_dataset where stream_id = {of} and batch = {last};
                 delete from teal.batch where stream_id = {of} and batch = {last};
                 update teal.stream_state set last_batch = {last} - 1, next_batch = {last}
                 where stream_id = {of}"
            ))
            .await;
        let mut victim = plant.victim(point);
        // nobody's help: the workflow reads its ledger when it has a reason to
        let (temporal, id) = (plant.temporal.clone(), stream.workflow_id());
        let reload = tokio::spawn(async move {
            temporal.update(&id, names::RELOAD, &Default::default(), LIMIT).await
        });
        plant.dead(&mut victim, point).await;
        plant.change().await;
        plant.batch().await;
        reload.abort();
        assert_eq!(plant.merge.number(&number("incarnation")).await, incarnation + 1);
        assert!(plant.merge.number(&number("last_batch")).await > last, "a number came twice");
    }
}
