//! The server itself: version, namespace, clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use teal_model::{Error, Result};
use temporalio_client::tonic::IntoRequest as _;
use temporalio_common::protos::temporal::api::{
    enums::v1::{TaskQueueKind, TaskQueueType},
    taskqueue::v1::TaskQueue,
    workflowservice::v1::{
        DescribeNamespaceRequest, DescribeTaskQueueRequest, GetSystemInfoRequest,
        PollActivityTaskQueueRequest,
    },
};

use crate::{Temporal, code, rpc};

/// A queue on which nobody ever puts work: a poll on it takes nothing from anybody.
const CLOCK_QUEUE: &str = "teal/doctor";
/// How often it is looked whether the server lists our poll, and the pause between.
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// What a namespace is like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamespaceFacts {
    /// How long closed workflows are kept; `None`: the server does not say.
    pub retention: Option<Duration>,
    /// Whether workflows take updates, which all verbs are.
    pub updates: bool,
}

/// Times around one reading of the server's clock, in Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockReading {
    /// Ours, before the question was sent.
    pub before_ms: i64,
    /// The server's.
    pub there_ms: i64,
    /// Ours, after the question had arrived.
    pub after_ms: i64,
}

impl ClockReading {
    /// The server's clock now: nearly none has passed since the reading.
    pub(crate) fn there(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(u64::try_from(self.there_ms).unwrap_or_default())
    }
}

impl Temporal {
    /// Version of the server, as it says it: `1.31.2`.
    ///
    /// # Errors
    /// Those of any call.
    pub async fn server_version(&self) -> Result<String> {
        let mut service = self.client.connection().workflow_service();
        let answer = service.get_system_info(GetSystemInfoRequest::default().into_request()).await;
        rpc::during("asking for the server's version", answer).map(|info| info.server_version)
    }

    /// What the namespace is like.
    ///
    /// # Errors
    /// `TEMPORAL0003` when it does not exist; else those of any call.
    pub async fn namespace_facts(&self) -> Result<NamespaceFacts> {
        let request = DescribeNamespaceRequest {
            namespace: self.namespace().to_owned(),
            ..DescribeNamespaceRequest::default()
        };
        let mut service = self.client.connection().workflow_service();
        let answer = service.describe_namespace(request.into_request()).await;
        let found = rpc::during("looking for the namespace", answer)
            .map_err(|error| error.with("namespace", self.namespace()))?;
        let retention = found.config.and_then(|config| config.workflow_execution_retention_ttl);
        let capabilities = found.namespace_info.and_then(|info| info.capabilities);
        Ok(NamespaceFacts {
            retention: retention.and_then(|ttl| Duration::try_from(ttl).ok()),
            updates: capabilities.is_some_and(|capabilities| capabilities.sync_update),
        })
    }

    /// Reads the server's clock. No call tells it; but the server notes when a poll came in, and says
    /// so: ours waits on a queue of its own, and is taken back at once.
    ///
    /// # Errors
    /// `TEMPORAL0008` when the server never lists the poll; else those of any call.
    pub async fn clock(&self) -> Result<ClockReading> {
        let before_ms = now_ms();
        let identity = format!("teal clock {} {before_ms}", std::process::id());
        let poll = PollActivityTaskQueueRequest {
            namespace: self.namespace().to_owned(),
            task_queue: Some(queue()),
            identity: identity.clone(),
            ..PollActivityTaskQueueRequest::default()
        };
        let mut service = self.client.connection().workflow_service();
        let polling = service.poll_activity_task_queue(poll.into_request());
        tokio::select! {
            ended = polling => Err(match ended {
                Err(status) => rpc::failed("reading the server's clock", &status),
                Ok(_no_task) => unread(),
            }),
            reading = self.arrival(&identity, before_ms) => reading,
        }
    }

    /// When the poll of this name came in.
    async fn arrival(&self, identity: &str, before_ms: i64) -> Result<ClockReading> {
        for _look in 0..LOOKS {
            tokio::time::sleep(BETWEEN_LOOKS).await;
            let request = DescribeTaskQueueRequest {
                namespace: self.namespace().to_owned(),
                task_queue: Some(queue()),
                task_queue_type: TaskQueueType::Activity.into(),
                ..DescribeTaskQueueRequest::default()
            };
            let mut service = self.client.connection().workflow_service();
            let answer = service.describe_task_queue(request.into_request()).await;
            let pollers = rpc::during("reading the server's clock", answer)?.pollers;
            let ours = pollers.into_iter().find(|poller| poller.identity == identity);
            let at = ours.and_then(|poller| SystemTime::try_from(poller.last_access_time?).ok());
            if let Some(at) = at {
                return Ok(ClockReading { before_ms, there_ms: unix_ms(at), after_ms: now_ms() });
            }
        }
        Err(unread())
    }
}

fn unread() -> Error {
    Error::new(code::TEMPORAL0008).with("while", "reading the server's clock")
}

fn queue() -> TaskQueue {
    TaskQueue {
        name: CLOCK_QUEUE.to_owned(),
        kind: TaskQueueKind::Normal.into(),
        normal_name: String::new(),
    }
}

#[expect(clippy::disallowed_methods, reason = "to be compared with the server's")]
fn now_ms() -> i64 {
    unix_ms(SystemTime::now())
}

fn unix_ms(at: SystemTime) -> i64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
