//! How the workflow of a stream really is, beside what the catalog remembers: for `teal status`.

use std::time::{SystemTime, UNIX_EPOCH};

use teal_model::{Result, StreamId};
use temporalio_client::tonic::IntoRequest as _;
use temporalio_common::protos::temporal::api::{
    common::v1::{Memo, WorkflowExecution},
    enums::v1::{PendingActivityState, WorkflowExecutionStatus},
    history::v1::history_event::Attributes,
    workflow::v1::{PendingActivityInfo, PendingWorkflowTaskInfo, WorkflowExecutionInfo},
    workflowservice::v1::{
        DescribeWorkflowExecutionRequest, GetWorkflowExecutionHistoryReverseRequest,
    },
};

use crate::{Temporal, code, names, rpc};

/// From this try of a workflow task on its workflow is said to stand still. A worker that dies in the
/// middle of one costs a second try.
const STUCK_AT: i32 = 3;

/// What Temporal says of the workflow of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It is open; and the activity that it waits for.
    Open(Option<PendingActivity>),
    /// It is open, and no worker can take it further: it stands still.
    Stuck(Stuck),
    /// It ended: the stream does nothing until `apply` starts it again.
    Closed(End),
    /// There never was one, or its history is gone.
    Missing,
    /// The open one belongs to another catalog.
    Foreign,
}

/// How a workflow ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct End {
    /// completed, failed, cancelled, terminated, timed out.
    pub how: String,
    /// When; Unix milliseconds.
    pub at_ms: Option<i64>,
    /// Why, as whoever ended it said; may be empty.
    pub reason: String,
    /// Who ended it, as Temporal knows them; may be empty.
    pub by: String,
}

/// A workflow task that fails again and again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stuck {
    /// How often it was tried.
    pub attempt: u32,
    /// When it was tried first; Unix milliseconds.
    pub since_ms: Option<i64>,
    /// What the worker said the first time, one line; may be empty.
    pub reason: String,
    /// Who said it; may be empty.
    pub by: String,
}

/// An activity that runs or waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PendingActivity {
    /// Its name, such as `stream.ingest`.
    pub name: String,
    /// Whether a worker has it; else it waits in its task queue, or for its next attempt.
    pub started: bool,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// The worker that had it last; empty: none yet.
    pub worker: String,
    /// When it was last scheduled; Unix milliseconds.
    pub scheduled_at_ms: Option<i64>,
    /// Its last sign of life; Unix milliseconds.
    pub beat_at_ms: Option<i64>,
    /// What its last attempt met, one line; empty: nothing.
    pub failure: String,
}

impl Temporal {
    /// Looks at the workflow of a stream. One request; a second one when it was ended.
    ///
    /// # Errors
    /// Those of any call.
    pub async fn look(&self, stream: &StreamId, catalog_uid: &str) -> Result<Seen> {
        let id = names::stream_workflow(stream);
        let request = DescribeWorkflowExecutionRequest {
            namespace: self.namespace().to_owned(),
            execution: Some(latest_run(&id)),
        };
        let mut service = self.client.connection().workflow_service();
        let answer = service.describe_workflow_execution(request.into_request()).await;
        let description = match rpc::during("looking at the workflow", answer) {
            Ok(description) => description,
            Err(error) if error.code() == code::TEMPORAL0004 => return Ok(Seen::Missing),
            Err(error) => return Err(error.with("workflow", id)),
        };
        let info = description.workflow_execution_info.unwrap_or_default();
        if let Some(how) = closed(info.status()) {
            let end = self.end(&id, how, &info).await;
            return end.map(Seen::Closed).map_err(|error| error.with("workflow", id));
        }
        if !is_of(info.memo.as_ref(), catalog_uid) {
            return Ok(Seen::Foreign);
        }
        let tries = description.pending_workflow_task.filter(|task| task.attempt >= STUCK_AT);
        if let Some(task) = tries {
            let stuck = self.stuck(&id, &task).await;
            return stuck.map(Seen::Stuck).map_err(|error| error.with("workflow", id));
        }
        Ok(Seen::Open(description.pending_activities.iter().map(pending).next()))
    }

    /// The server writes down the first failure of a task only.
    async fn stuck(&self, id: &str, task: &PendingWorkflowTaskInfo) -> Result<Stuck> {
        let (reason, by) = match self.last_words(id, 3).await?.into_iter().find_map(failed_task) {
            Some((reason, by)) => (one_line(&reason), by),
            None => (String::new(), String::new()),
        };
        let attempt = u32::try_from(task.attempt).unwrap_or(u32::MAX);
        Ok(Stuck { attempt, since_ms: unix_ms(task.original_scheduled_time), reason, by })
    }

    /// The last events of its history, the newest first.
    async fn last_words(&self, id: &str, events: i32) -> Result<Vec<Attributes>> {
        let request = GetWorkflowExecutionHistoryReverseRequest {
            namespace: self.namespace().to_owned(),
            execution: Some(latest_run(id)),
            maximum_page_size: events,
            next_page_token: Vec::new(),
        };
        let mut service = self.client.connection().workflow_service();
        let answer = service.get_workflow_execution_history_reverse(request.into_request()).await;
        let history = rpc::during("looking at the end of the history", answer)?.history;
        let events = history.unwrap_or_default().events;
        Ok(events.into_iter().filter_map(|event| event.attributes).collect())
    }

    async fn end(&self, id: &str, how: &str, info: &WorkflowExecutionInfo) -> Result<End> {
        let (reason, by) = match self.last_words(id, 1).await?.into_iter().next() {
            Some(Attributes::WorkflowExecutionTerminatedEventAttributes(end)) => {
                (end.reason, end.identity)
            }
            Some(Attributes::WorkflowExecutionFailedEventAttributes(end)) => {
                (end.failure.map(|failure| failure.message).unwrap_or_default(), String::new())
            }
            _ => (String::new(), String::new()),
        };
        let at_ms = unix_ms(info.close_time);
        Ok(End { how: how.to_owned(), at_ms, reason: one_line(&reason), by })
    }
}

/// What a worker said when it could not do a workflow task, and which worker.
fn failed_task(event: Attributes) -> Option<(String, String)> {
    match event {
        Attributes::WorkflowTaskFailedEventAttributes(failed) => {
            Some((failed.failure.unwrap_or_default().message, failed.identity))
        }
        _ => None,
    }
}

fn latest_run(id: &str) -> WorkflowExecution {
    WorkflowExecution { workflow_id: id.to_owned(), run_id: String::new() }
}

/// How a closed workflow ended, in words; `None`: it is open.
fn closed(status: WorkflowExecutionStatus) -> Option<&'static str> {
    match status {
        WorkflowExecutionStatus::Completed => Some("completed"),
        WorkflowExecutionStatus::Failed => Some("failed"),
        WorkflowExecutionStatus::Canceled => Some("cancelled"),
        WorkflowExecutionStatus::Terminated => Some("terminated"),
        WorkflowExecutionStatus::TimedOut => Some("timed out"),
        _ => None,
    }
}

fn is_of(memo: Option<&Memo>, catalog_uid: &str) -> bool {
    let owner = memo.and_then(|memo| memo.fields.get(names::MEMO_CATALOG));
    owner.and_then(|payload| serde_json::from_slice::<String>(&payload.data).ok()).as_deref()
        == Some(catalog_uid)
}

fn pending(activity: &PendingActivityInfo) -> PendingActivity {
    PendingActivity {
        name: activity.activity_type.as_ref().map(|t| t.name.clone()).unwrap_or_default(),
        started: activity.state() == PendingActivityState::Started
            || activity.state() == PendingActivityState::CancelRequested,
        attempt: u32::try_from(activity.attempt).unwrap_or(1),
        worker: activity.last_worker_identity.clone(),
        scheduled_at_ms: unix_ms(activity.scheduled_time),
        beat_at_ms: unix_ms(activity.last_heartbeat_time),
        failure: activity.last_failure.as_ref().map(|f| one_line(&f.message)).unwrap_or_default(),
    }
}

/// Milliseconds since 1970 of a protobuf's time.
fn unix_ms<T>(time: Option<T>) -> Option<i64>
where
    SystemTime: TryFrom<T>,
{
    let since = SystemTime::try_from(time?).ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_ended_workflow_is_closed() {
        assert_eq!(closed(WorkflowExecutionStatus::Terminated), Some("terminated"));
        assert_eq!(closed(WorkflowExecutionStatus::Running), None);
        assert_eq!(closed(WorkflowExecutionStatus::ContinuedAsNew), None);
    }

    #[test]
    fn reasons_are_one_line() {
        assert_eq!(one_line("gone\n  for lunch\n"), "gone; for lunch");
    }
}
