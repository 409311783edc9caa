//! A change of the order of commands behind a flag: histories from before it replay, and only then.
#![allow(unreachable_pub, reason = "the macros want a method as visible as its type")]

use std::time::Duration;

use temporalio_client::{UntypedWorkflow, WorkflowHistory, WorkflowStartOptions};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    Runtime, Worker, WorkerOptions, WorkflowContext, WorkflowResult,
    runtime::RuntimeOptions,
    workflow_replayer::{WorkflowReplayer, WorkflowReplayerOptions},
};

use super::world::connect;

const MOMENT: Duration = Duration::from_millis(5);

/// As it was released.
mod released {
    use super::*;

    #[workflow]
    #[derive(Debug, Default)]
    pub struct Flagged;

    #[workflow_methods]
    impl Flagged {
        #[run(name = "flagged")]
        pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<u32> {
            ctx.timer(MOMENT).await;
            Ok(1)
        }
    }
}

/// One timer more, for histories that have not passed this place without it.
mod flagged {
    use super::*;
    use teal_workflows::flag::Flag;

    #[workflow]
    #[derive(Debug, Default)]
    pub struct Flagged;

    #[workflow_methods]
    impl Flagged {
        #[run(name = "flagged")]
        pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<u32> {
            let is_on = Flag::new(7).is_on(ctx);
            if is_on {
                ctx.timer(MOMENT).await;
            }
            ctx.timer(MOMENT).await;
            Ok(if is_on { 2 } else { 1 })
        }
    }
}

/// One timer more for all.
mod careless {
    use super::*;

    #[workflow]
    #[derive(Debug, Default)]
    pub struct Flagged;

    #[workflow_methods]
    impl Flagged {
        #[run(name = "flagged")]
        pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<u32> {
            ctx.timer(MOMENT).await;
            ctx.timer(MOMENT).await;
            Ok(1)
        }
    }
}

/// Runs one of them to its end: its history.
macro_rules! recorded {
    ($workflow:ty) => {{
        let queue = format!("flag_{:016x}", rand::random::<u64>());
        let temporal = connect().await;
        let options = WorkerOptions::new(&queue).register_workflow::<$workflow>().unwrap().build();
        let runtime = Runtime::from_current_tokio(RuntimeOptions::default()).unwrap();
        let mut worker = Worker::new(&runtime, temporal.client().clone(), options).unwrap();
        let halt = worker.shutdown_handle();
        let start = WorkflowStartOptions::new(&queue, &queue).build();
        let life = async {
            let client = temporal.client();
            client.start_workflow(<$workflow>::run, (), start).await.unwrap();
            temporal.wait_closed(&queue, super::world::LIMIT).await.unwrap();
            let handle = client.get_workflow_handle::<UntypedWorkflow>(&queue);
            let json = handle.fetch_history(Default::default()).to_json().await.unwrap();
            halt();
            json
        };
        let (ran, history) = tokio::join!(worker.run(), life);
        ran.unwrap();
        history
    }};
}

macro_rules! replays {
    ($workflow:ty, $history:expr) => {{
        let options = WorkflowReplayerOptions::new().register_workflow::<$workflow>().unwrap();
        let replayer = WorkflowReplayer::new(options.build()).unwrap();
        let history = WorkflowHistory::from_json($history.as_ref()).unwrap();
        replayer.replay_workflow(history).await.is_ok()
    }};
}

#[tokio::test]
async fn a_flag_keeps_histories_from_before_it_on_their_way() {
    let old = recorded!(released::Flagged);
    assert!(replays!(released::Flagged, old));
    assert!(replays!(flagged::Flagged, old));
    assert!(!replays!(careless::Flagged, old), "the test would notice");
    let new = recorded!(flagged::Flagged);
    assert!(replays!(flagged::Flagged, new));
    assert!(!replays!(released::Flagged, new), "it went the new way");
}
