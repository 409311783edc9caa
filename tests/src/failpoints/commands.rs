//! Commands that die.

use std::time::Duration;

use teal_failpoint::Point;
use teal_temporal::{Closed, names};
use temporalio_client::tonic::IntoRequest;
use temporalio_common::protos::temporal::api::workflowservice::v1::RegisterNamespaceRequest;

use crate::testkit::{
    LIMIT, eventually,
    plant::{Model, Plant},
};

/// A table with history that left the model.
pub(super) async fn dropped(plant: Plant, points: Vec<Point>) {
    let without = Model { views: "[shop:people]".to_owned(), ..Model::default() };
    for point in points {
        plant.write(&Model::default());
        plant.apply().await;
        plant.batch().await;
        plant.write(&without);
        plant.apply().await;
        let words = ["drop", "*", "--now", "--yes", "--reason", "a test"];
        plant.killed(point, &words).await;
        let retired = "select count(*) from teal.merge_table
                       where retired_at is not null and dropped_at is null";
        if plant.merge.number(retired).await > 0 {
            plant.teal(&words).await;
        }
        assert_eq!(plant.merge.number(retired).await, 0);
        let left = "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
                    where n.nspname = 'teal_retired' and c.relkind = 'r'";
        assert_eq!(plant.merge.number(left).await, 0, "a table without a row in the ledger");
    }
}

/// A worker starts in a namespace that has none of them yet.
pub(super) async fn attributes(mut plant: Plant, points: Vec<Point>) {
    let namespace = plant.name.clone();
    let request = RegisterNamespaceRequest {
        namespace: namespace.clone(),
        workflow_execution_retention_period: Duration::from_secs(86_400).try_into().ok(),
        ..RegisterNamespaceRequest::default()
    };
    let mut client = plant.temporal.client().connection().workflow_service();
    client.register_namespace(request.into_request()).await.unwrap();
    plant.enter(&namespace).await;
    plant.write(&Model { namespace, ..Model::default() });
    plant.apply().await;
    for point in points {
        let mut victim = plant.victim(point);
        plant.dead(&mut victim, point).await;
    }
    plant.batch().await;
    eventually("all attributes are registered", LIMIT, || async {
        plant.temporal.missing_search_attributes().await.unwrap().is_empty().then_some(())
    })
    .await;
}

/// No worker has ever polled.
pub(super) async fn taken_back(plant: Plant, points: Vec<Point>) {
    let apply = names::apply_workflow(&plant.name);
    for point in points {
        plant.teal(&["apply", "--queue", "--yes"]).await;
        assert!(plant.temporal.is_open(&apply).await.unwrap());
        plant.killed(point, &["apply", "--cancel"]).await;
        if plant.temporal.is_open(&apply).await.unwrap() {
            plant.teal(&["apply", "--cancel"]).await;
        }
        assert!(!plant.temporal.is_open(&apply).await.unwrap());
    }
    plant.apply().await;
    plant.is_applied().await;
}

/// A step that waits for the lock of its stream.
pub(super) async fn cancelled(plant: Plant, points: Vec<Point>) {
    plant.apply().await;
    plant.batch().await;
    plant.source.run("alter table people add c1 text, add c2 text").await;
    let apply = names::apply_workflow(&plant.name);
    let mut model = Model::default();
    for (turn, point) in (1..).zip(points) {
        model.columns += &format!("\n      c{turn}: {{type: text, nullable: true}}");
        plant.write(&model);
        let mut holder = plant.merge.pool.begin().await.unwrap();
        sqlx::query(
            "select pg_advisory_xact_lock(x'7465616c00000000'::bigint | id) from teal.stream
             where name = $1",
        )
        .bind(plant.streams[0].to_string())
        .execute(&mut *holder)
        .await
        .unwrap();
        let worker = plant.worker("");
        let watching = plant.command(&["apply", "--yes"], "");
        eventually("the apply waits for the lock", LIMIT, || async {
            let waiting = "select count(*) from pg_locks where not granted and database =
                (select oid from pg_database where datname = current_database())";
            (plant.merge.number(waiting).await > 0).then_some(())
        })
        .await;
        plant.killed(point, &["apply", "--cancel"]).await;
        if plant.temporal.is_open(&apply).await.unwrap() {
            let mut again = plant.command(&["apply", "--cancel"], "");
            again.ended().await; // it may have ended in between
        }
        let closed = plant.temporal.wait_closed(&apply, LIMIT).await.unwrap();
        assert_eq!(closed, Closed::Cancelled);
        drop(watching);
        holder.rollback().await.unwrap();
        plant.teal(&["apply", "--yes"]).await;
        plant.is_applied().await;
        worker.end().await;
        plant.change().await;
        plant.batch().await;
    }
}
