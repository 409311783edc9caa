//! Is a worker polling? `apply` asks before it hands work over, so that nobody waits for nothing.

use std::time::{Duration, SystemTime};

use teal_model::Result;
use temporalio_client::tonic::IntoRequest as _;
use temporalio_common::protos::temporal::api::{
    enums::v1::{TaskQueueKind, TaskQueueType},
    taskqueue::v1::{PollerInfo, TaskQueue},
    workflowservice::v1::{DescribeTaskQueueRequest, DescribeWorkerDeploymentRequest},
};

use crate::{Temporal, names, rpc};

/// The server lists a poller for five minutes after its last poll, and a poll lasts up to 60 s: a
/// living worker is never silent for longer than that, plus the way there and back.
const SILENCE: Duration = Duration::from_secs(70);
/// Two clocks that agree differ by less.
const BLUR: Duration = Duration::from_secs(1);

/// Who polls a task queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Presence {
    /// Pollers that the server lists, of workflows and of activities.
    pub pollers: usize,
    /// How long ago the newest of them polled; `None` without any.
    pub newest_poll: Option<Duration>,
    /// Names of the processes, as Temporal's UI shows them.
    pub identities: Vec<String>,
}

impl Presence {
    /// Whether work for this queue will be picked up: somebody is listed and polled within 70 s.
    pub fn is_polled(&self) -> bool {
        self.newest_poll.is_some_and(|age| age <= SILENCE)
    }

    /// From the server's list, by a clock that shows this now; and whether that clock, which may not be
    /// the server's, may have misled us: somebody is listed who is silent, or polled in the future.
    fn of(pollers: &[PollerInfo], now: SystemTime) -> (Self, bool) {
        let polled = |poller: &PollerInfo| SystemTime::try_from(poller.last_access_time?).ok();
        let newest = pollers.iter().filter_map(polled).max();
        let mut identities: Vec<String> = pollers.iter().map(|p| p.identity.clone()).collect();
        identities.sort();
        identities.dedup();
        let newest_poll = newest.map(|at| now.duration_since(at).unwrap_or_default());
        let seen = Self { pollers: pollers.len(), newest_poll, identities };
        let is_ahead = newest.is_some_and(|at| at > now + BLUR);
        let is_doubtful = is_ahead || !pollers.is_empty() && !seen.is_polled();
        (seen, is_doubtful)
    }
}

impl Temporal {
    /// Who polls this queue: `names::workflows_queue(services)` or that of a class.
    ///
    /// # Errors
    /// Those of any call.
    pub async fn presence(&self, task_queue: &str) -> Result<Presence> {
        let mut pollers = self.pollers(task_queue, TaskQueueType::Activity).await?;
        pollers.extend(self.pollers(task_queue, TaskQueueType::Workflow).await?);
        let (seen, is_doubtful) = Presence::of(&pollers, our_now());
        if !is_doubtful {
            return Ok(seen);
        }
        // Not at once: it takes a poll of our own.
        let Ok(reading) = self.clock().await else { return Ok(seen) };
        Ok(Presence::of(&pollers, reading.there()).0)
    }

    /// Whether workflows and control activities of a services stack would be picked up.
    ///
    /// # Errors
    /// Those of any call.
    pub async fn workflows_are_polled(&self, services: &str) -> Result<bool> {
        let queue = names::workflows_queue(services);
        let workflows = self.pollers(&queue, TaskQueueType::Workflow).await?;
        Ok(!workflows.is_empty() && self.presence(&queue).await?.is_polled())
    }

    /// Build id of the current version of a worker deployment; `None` when it has none, and the
    /// server then gives its workers nothing to do.
    ///
    /// # Errors
    /// Those of any call.
    pub async fn current_build(&self, deployment: &str) -> Result<Option<String>> {
        let request = DescribeWorkerDeploymentRequest {
            namespace: self.namespace().to_owned(),
            deployment_name: deployment.to_owned(),
        };
        let mut service = self.client.connection().workflow_service();
        let answer = service.describe_worker_deployment(request.into_request()).await;
        let routing = rpc::during("looking for the current version", answer)?
            .worker_deployment_info
            .and_then(|info| info.routing_config);
        Ok(routing.and_then(|r| r.current_deployment_version).map(|version| version.build_id))
    }

    async fn pollers(&self, queue: &str, kind: TaskQueueType) -> Result<Vec<PollerInfo>> {
        let request = DescribeTaskQueueRequest {
            namespace: self.namespace().to_owned(),
            task_queue: Some(TaskQueue {
                name: queue.to_owned(),
                kind: TaskQueueKind::Normal.into(),
                normal_name: String::new(),
            }),
            task_queue_type: kind.into(),
            ..DescribeTaskQueueRequest::default()
        };
        let mut service = self.client.connection().workflow_service();
        let answer = service.describe_task_queue(request.into_request()).await;
        Ok(rpc::during("looking for workers", answer)?.pollers)
    }
}

#[expect(clippy::disallowed_methods, reason = "doubted where it tells of nobody")]
fn our_now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    /// One that polled 20 s before the server's clock shows 10,000 s.
    fn seen_at(now_s: u64) -> (Presence, bool) {
        let polled = PollerInfo {
            last_access_time: Some((UNIX_EPOCH + Duration::from_secs(9_980)).into()),
            identity: "a worker".to_owned(),
            ..PollerInfo::default()
        };
        Presence::of(&[polled], UNIX_EPOCH + Duration::from_secs(now_s))
    }

    #[test]
    fn a_clock_that_is_not_the_servers_is_doubted_before_a_worker_is() {
        for (now_s, is_polled, is_doubtful) in [
            (10_000, true, false),
            (10_040, true, false),
            (13_600, false, true), // an hour ahead
            (6_400, true, true),   // an hour behind
        ] {
            let (seen, doubtful) = seen_at(now_s);
            assert_eq!((seen.is_polled(), doubtful), (is_polled, is_doubtful), "at {now_s} s");
        }
        let (nobody, doubtful) = Presence::of(&[], UNIX_EPOCH);
        assert!(!nobody.is_polled() && !doubtful);
    }
}
