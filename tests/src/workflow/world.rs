//! A worker with a scripted engine on queues of its own, one stream, and the people who ask it.

use std::{sync::Arc, time::Duration};

use teal_model::{Error, Result, StreamId};
use teal_proto::v1::{Ask, Failure, Reply, StreamCarry, StreamInput, StreamStatus};
use teal_temporal::{Retry, Settings, Temporal, names};
use teal_worker::{Hosting, Queue, metrics::Metrics};
use teal_workflows::stream::StreamWorkflow;
use temporalio_client::{
    UntypedUpdate, UntypedWorkflow, WorkflowExecuteUpdateOptions, WorkflowStartOptions,
    errors::WorkflowUpdateError,
};
use temporalio_common::data_converters::{PayloadConverter, RawValue};
use tokio_util::sync::CancellationToken;

use super::script::Script;
pub(super) use crate::testkit::LIMIT;
use crate::testkit::{eventually, temporal_address};

pub(super) const CATALOG: &str = "11111111-2222-3333-4444-555555555555";

/// One test's world. Its worker stops when it goes.
pub(super) struct World {
    pub(super) temporal: Temporal,
    pub(super) script: Arc<Script>,
    pub(super) stream: StreamId,
    pub(super) services: String,
    /// What the worker polls.
    queues: Vec<Queue>,
    worker: Option<Running>,
    /// Another one, which does activities only: see [`World::split`].
    hands: Option<Running>,
}

/// A worker, and how to end it: dropped, or drained.
struct Running {
    stop: tokio_util::sync::DropGuard,
    ended: tokio::task::JoinHandle<Result<()>>,
}

impl World {
    /// A worker; batches every `period_ms` (0: only when asked).
    pub(super) async fn new(test: &str, period_ms: i64) -> Self {
        let temporal = connect().await;
        let unique = format!("{test}_{:08x}", rand::random::<u32>());
        let queue = teal_model::release::task_queue(&unique, "small");
        let script = Arc::new(Script::new(queue, period_ms));
        script.ledger().search_attributes = temporal.ensure_search_attributes().await;
        let stream = StreamId::multi("live", &unique);
        let mut world = Self {
            temporal,
            script,
            stream,
            services: unique,
            queues: vec![Queue::Workflows, small()],
            worker: None,
            hands: None,
        };
        world.start_worker().await;
        world
    }

    /// Two workers instead of one: while the one of the workflows is stopped, activities go on.
    pub(super) async fn split(&mut self) {
        self.stop_worker().await;
        self.queues = vec![Queue::Workflows];
        self.hands = Some(self.hosting(vec![small()]).await);
        self.start_worker().await;
    }

    /// Another worker process, as after a crash of the first.
    pub(super) async fn start_worker(&mut self) {
        self.worker = Some(self.hosting(self.queues.clone()).await);
    }

    async fn hosting(&self, queues: Vec<Queue>) -> Running {
        let search_attributes = self.script.ledger().search_attributes;
        let script: Arc<Script> = Arc::clone(&self.script);
        let hosting = Hosting {
            temporal: connect().await,
            services: self.services.clone(),
            queues,
            engine: script,
            metrics: Arc::new(Metrics::start().unwrap()),
            search_attributes,
            grace: Duration::from_millis(200),
            deployment: None,
        };
        let stop = CancellationToken::new();
        let ended = tokio::spawn(hosting.run(stop.clone()));
        Running { stop: stop.drop_guard(), ended }
    }

    /// Drains the worker.
    pub(super) async fn stop_worker(&mut self) {
        if let Some(Running { stop, ended }) = self.worker.take() {
            drop(stop);
            ended.await.unwrap().unwrap();
        }
    }

    /// Starts the stream's workflow as an apply does.
    pub(super) async fn start(&self) {
        self.temporal.ensure_stream(&self.stream, &self.services, CATALOG, "a test").await.unwrap();
    }

    /// Starts it in the middle of its life.
    pub(super) async fn start_with(&self, carry: StreamCarry) {
        let input = StreamInput {
            stream: self.stream.to_string(),
            services: self.services.clone(),
            catalog_uid: CATALOG.into(),
            carry: Some(carry),
        };
        let options = WorkflowStartOptions::new(
            names::workflows_queue(&self.services),
            self.stream.workflow_id(),
        )
        .build();
        let client = self.temporal.client();
        client.start_workflow(StreamWorkflow::run, input, options).await.unwrap();
    }

    pub(super) async fn status(&self) -> StreamStatus {
        let id = self.stream.workflow_id();
        eventually("an answer of the workflow", LIMIT, || async {
            self.temporal.status(&id).await.ok()
        })
        .await
    }

    /// Waits until the stream is in this state.
    pub(super) async fn until(&self, state: &str) -> StreamStatus {
        self.until_that(state, |status| status.state == state).await
    }

    /// Waits until it has read its configuration and waits for work.
    pub(super) async fn settled(&self) -> StreamStatus {
        let settled =
            |status: &StreamStatus| status.state == "waiting" && !status.config_hash.is_empty();
        self.until_that("settled", settled).await
    }

    /// Waits until its status is as wanted.
    pub(super) async fn until_that(
        &self,
        what: &str,
        wanted: impl Fn(&StreamStatus) -> bool,
    ) -> StreamStatus {
        let started = std::time::Instant::now();
        loop {
            let status = self.status().await;
            if wanted(&status) {
                return status;
            }
            assert!(
                started.elapsed() < LIMIT,
                "{what}: not reached, {status:?}, calls {:?}",
                self.script.ledger().calls
            );
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Waits until the engine was called so often.
    pub(super) async fn called(&self, name: &str, times: usize) {
        eventually(&format!("{times} × {name}"), LIMIT, || async {
            (self.script.count(name) >= times).then_some(())
        })
        .await;
    }

    /// Waits until a state was noted that may be over before anybody could ask the workflow; its
    /// failure.
    pub(super) async fn noted(&self, state: &str) -> Failure {
        let noted = eventually(&format!("a note of {state}"), LIMIT, || async {
            self.script.ledger().notes.iter().find(|note| note.state == state).cloned()
        })
        .await;
        noted.failure.expect("it says why")
    }

    /// As `teal` asks.
    pub(super) async fn ask(&self, verb: &str, ask: Ask) -> Result<Reply> {
        self.temporal.update(&self.stream.workflow_id(), verb, &ask, LIMIT).await
    }

    pub(super) async fn tell(&self, verb: &str) -> Reply {
        let ask = Ask { reason: "a test".into(), by: "me@here".into(), ..Ask::default() };
        self.ask(verb, ask).await.unwrap()
    }

    /// The refusal of a request.
    pub(super) async fn refusal(&self, verb: &str) -> Error {
        self.ask(verb, Ask::default()).await.unwrap_err()
    }

    /// As a person types it: `--input '<json>'`; `None`: no input at all.
    pub(super) async fn type_by_hand(
        &self,
        verb: &str,
        json: Option<&str>,
    ) -> std::result::Result<serde_json::Value, String> {
        let input = match json {
            None => RawValue::new(vec![]),
            Some(json) => {
                let value: serde_json::Value = serde_json::from_str(json).unwrap();
                RawValue::from_value(&value, &PayloadConverter::default())
            }
        };
        let handle = self
            .temporal
            .client()
            .get_workflow_handle::<UntypedWorkflow>(self.stream.workflow_id());
        let options = WorkflowExecuteUpdateOptions::default();
        match handle.execute_update(UntypedUpdate::new(verb), input, options).await {
            Ok(answer) => Ok(serde_json::from_slice(&answer.payloads[0].data).unwrap()),
            Err(WorkflowUpdateError::Failed(failure)) => Err(failure.message),
            Err(other) => panic!("{verb}: {other}"),
        }
    }

    /// The id of the run that is open now.
    pub(super) async fn run_id(&self) -> String {
        let handle = self
            .temporal
            .client()
            .get_workflow_handle::<UntypedWorkflow>(self.stream.workflow_id());
        handle.describe(Default::default()).await.unwrap().run_id().to_owned()
    }

    /// Ends everything, so that the server keeps no timers for us.
    pub(super) async fn end(mut self) {
        self.temporal.terminate(&self.stream.workflow_id(), "the test is over").await.ok();
        self.stop_worker().await;
    }
}

fn small() -> Queue {
    Queue::Class { name: "small".into(), slots: 4 }
}

pub(super) async fn connect() -> Temporal {
    let settings = Settings::from_environment(Some(&temporal_address()), Some("default"))
        .unwrap()
        .identity("teal-tests");
    Temporal::connect(&settings, Retry::WORKER).await.unwrap()
}
