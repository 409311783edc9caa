//! A workflow that its worker cannot take further, as after a rollback to a version from before a flag.
#![allow(unreachable_pub, reason = "the macros want a method as visible as its type")]

use std::time::Duration;

use teal_proto::v1::{Ask, StreamInput};
use teal_temporal::{Seen, names};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    Runtime, Worker, WorkerOptions, WorkflowContext, WorkflowResult, runtime::RuntimeOptions,
};

use super::world::{CATALOG, LIMIT, World};
use crate::testkit::eventually;

/// Gives other commands than the workflow whose name it has.
#[workflow]
#[derive(Debug, Default)]
pub struct Another;

#[workflow_methods]
impl Another {
    #[run(name = names::STREAM)]
    pub async fn run(ctx: &mut WorkflowContext<Self>, _input: StreamInput) -> WorkflowResult<u32> {
        ctx.timer(Duration::from_secs(1)).await;
        Ok(1)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_that_stands_still_is_told_and_goes_on_with_the_right_worker() {
    let mut world = World::new("stuck", 0).await;
    world.start().await;
    world.settled().await;
    world.stop_worker().await;
    let asking = {
        let (temporal, id) = (world.temporal.clone(), world.stream.workflow_id());
        tokio::spawn(async move {
            temporal.update(&id, names::RUN_NOW, &Default::default(), LIMIT).await
        })
    };

    let queue = names::workflows_queue(&world.services);
    let options = WorkerOptions::new(&queue).register_workflow::<Another>().unwrap().build();
    let runtime = Runtime::from_current_tokio(RuntimeOptions::default()).unwrap();
    let client = world.temporal.polling().await.unwrap();
    let mut worker = Worker::new(&runtime, client, options).unwrap();
    let halt = worker.shutdown_handle();
    let looking = async {
        let seen = eventually("it is stuck", LIMIT, || async {
            let seen = world.temporal.look(&world.stream, CATALOG).await.unwrap();
            if let Seen::Stuck(stuck) = seen { Some(stuck) } else { None }
        })
        .await;
        let refused = eventually("the server gives up on it", LIMIT, || async {
            world.temporal.status(&world.stream.workflow_id()).await.err()
        })
        .await;
        assert_eq!(refused.code().id, "TEMPORAL0013", "{refused:?}");
        halt();
        seen
    };
    let (ran, stuck) = tokio::join!(worker.run(), looking);
    ran.unwrap();
    assert!(stuck.attempt >= 3 && stuck.since_ms.is_some(), "{stuck:?}");
    assert!(stuck.reason.contains("ondeterminism"), "{stuck:?}");
    assert!(!stuck.by.is_empty(), "{stuck:?}");

    world.start_worker().await;
    asking.await.unwrap().ok(); // it may have waited for too long
    eventually("it answers", LIMIT, || async {
        world.ask(names::RUN_NOW, Ask::default()).await.ok()
    })
    .await;
    world.until("waiting").await;
    let seen = world.temporal.look(&world.stream, CATALOG).await.unwrap();
    assert_eq!(seen, Seen::Open(None));
    world.end().await;
}
