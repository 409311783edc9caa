//! The ordinary life of a stream.

use std::{sync::atomic::Ordering, time::Duration};

use teal_model::StreamId;
use teal_temporal::{Ensured, names, search};
use temporalio_client::UntypedWorkflow;
use temporalio_common::search_attributes::SearchAttributeKey;

use super::{
    script::Act,
    world::{LIMIT, World},
};
use crate::testkit::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn batches_follow_one_another_on_schedule() {
    let world = World::new("batches_follow", 300).await;
    world.start().await;
    let status = world.until_that("three batches", |status| status.last_batch >= 3).await;
    assert_eq!(status.config_hash, "h1");
    assert_eq!(status.last_report.map(|report| report.inserted), Some(3));
    let calls = world.script.ledger().calls.clone();
    let expected = [
        "load",
        "reconcile h1",
        "ingest 1",
        "merge 1",
        "ingest 2",
        "merge 2",
        "ingest 3",
        "merge 3",
    ];
    assert_eq!(calls[..expected.len()], expected, "{calls:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn list_and_page_of_the_workflow_say_what_it_is() {
    let world = World::new("list_and_page", 0).await;
    world.start().await;
    world.settled().await;
    let id = world.stream.workflow_id();
    let handle = world.temporal.client().get_workflow_handle::<UntypedWorkflow>(id);
    let attribute = |name: &'static str| {
        let handle = &handle;
        async move {
            let description = handle.describe(Default::default()).await.unwrap();
            let key = SearchAttributeKey::<String>::keyword(name);
            description.search_attributes().get(&key)
        }
    };
    let description = handle.describe(Default::default()).await.unwrap();
    assert_eq!(description.static_summary(), Some("a test"));
    for (name, value) in [
        (search::PLATFORM, "live"),
        (search::STORE, "shop"),
        (search::TEAM, "retail/online"),
        (search::KIND, "stream"),
        (search::STATE, "waiting"),
    ] {
        eventually(&format!("{name} is {value}"), LIMIT, || async {
            (attribute(name).await.as_deref() == Some(value)).then_some(())
        })
        .await;
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn namespace_without_search_attributes_does_not_wedge_the_stream() {
    let mut world = World::new("without_search_attributes", 200).await;
    world.stop_worker().await;
    world.script.ledger().search_attributes = false;
    world.start_worker().await;
    world.start().await;
    world.until_that("two batches", |status| status.last_batch >= 2).await;
    let id = world.stream.workflow_id();
    let handle = world.temporal.client().get_workflow_handle::<UntypedWorkflow>(id);
    let description = handle.describe(Default::default()).await.unwrap();
    let found: Option<String> =
        description.search_attributes().get(&SearchAttributeKey::keyword(search::STATE));
    assert_eq!(found, None);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn open_workflow_is_adopted_only_by_its_own_catalog() {
    let world = World::new("adopted_by_its_catalog", 0).await;
    world.start().await;
    let ensure = |catalog: &'static str| {
        world.temporal.ensure_stream(&world.stream, &world.services, catalog, "again")
    };
    let ours = ensure("11111111-2222-3333-4444-555555555555").await.unwrap();
    assert_eq!(ours, Ensured::AlreadyOpen);
    let foreign = ensure("99999999-2222-3333-4444-555555555555").await.unwrap_err();
    assert_eq!(foreign.code().id, "TEMPORAL0007", "{foreign:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_workflow_and_missing_worker_are_told_apart() {
    let mut world = World::new("told_apart", 0).await;
    let nobody = StreamId::multi("live", "nobody").workflow_id();
    let error = world.temporal.status(&nobody).await.unwrap_err();
    assert_eq!(error.code().id, "TEMPORAL0004", "{error:?}");
    eventually("a poll is listed", LIMIT, || async {
        world.temporal.workflows_are_polled(&world.services).await.unwrap().then_some(())
    })
    .await;
    assert!(!world.temporal.workflows_are_polled("no_such_services").await.unwrap());
    world.start().await;
    world.settled().await;
    world.stop_worker().await;
    let id = world.stream.workflow_id();
    let wait = Duration::from_secs(2);
    let error =
        world.temporal.update(&id, names::PAUSE, &Default::default(), wait).await.unwrap_err();
    assert_eq!(error.code().id, "TEMPORAL0006", "{error:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn continue_as_new_keeps_numbers_tickets_and_memo() {
    let world = World::new("continue_as_new", 0).await;
    world.start().await;
    world.settled().await;
    let mut ticket = 0;
    for most in [40, 80] {
        let before = world.run_id().await; // of the first history, then of one that followed it
        while world.run_id().await == before {
            ticket = world.tell(names::RUN_NOW).await.ticket;
            world.until_that("served", |status| status.runs_served >= ticket).await;
            assert!(ticket < most, "it never continued as new");
        }
    }
    let status = world.until("waiting").await;
    assert_eq!((status.runs_requested, status.runs_served), (ticket, ticket));
    assert_eq!(u64::from(status.last_batch), ticket);
    let next = world.tell(names::RUN_NOW).await;
    assert_eq!(next.ticket, ticket + 1);
    world.until_that("served again", |status| status.runs_served > ticket).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drained_worker_hands_its_batch_over() {
    let mut world = World::new("handed_over", 0).await;
    world.script.ledger().ingest.push_back(Act::Hold);
    world.start().await;
    world.settled().await;
    world.tell(names::RUN_NOW).await;
    world.called("ingest", 1).await;
    world.stop_worker().await; // its grace is short: the ingest is told to stop
    world.script.release.store(true, Ordering::Relaxed);
    world.start_worker().await;
    let status = world.until_that("committed", |status| status.last_batch == 1).await;
    assert_eq!(status.runs_served, 1);
    assert_eq!(world.script.count("cancelled"), 1);
    world.end().await;
}
