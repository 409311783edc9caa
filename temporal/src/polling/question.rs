//! Questions that are no part of a workflow task, and what they show of a workflow.
//!
//! They come with a history of their own, read when a worker takes the question: with all events of
//! that moment, also those that no workflow task has taken up, or only another worker's that has just
//! begun. Invariant: the SDK sees the whole history until the last completed task and what it ordered.

use std::time::Duration;

use temporalio_client::{
    grpc::WorkflowService,
    tonic::{Extensions, Request, Response, Status, metadata::MetadataMap},
};
use temporalio_common::protos::temporal::api::{
    enums::v1::{EventType, QueryResultType},
    history::v1::{History, HistoryEvent},
    workflowservice::v1::{
        GetWorkflowExecutionHistoryRequest, GetWorkflowExecutionHistoryResponse,
        PollWorkflowTaskQueueRequest, PollWorkflowTaskQueueResponse,
        RespondQueryTaskCompletedRequest,
    },
};

/// Between the tries to read a page.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(400), Duration::from_millis(1_600)];
/// The header of a request's deadline, which is the poll's own.
const DEADLINE: &str = "grpc-timeout";

/// Polls for a workflow task; a question comes with what is taken up.
pub(super) async fn poll(
    service: &mut dyn WorkflowService,
    request: Request<PollWorkflowTaskQueueRequest>,
) -> Result<Response<PollWorkflowTaskQueueResponse>, Status> {
    let namespace = request.get_ref().namespace.clone();
    let mut headers = request.metadata().clone();
    headers.remove(DEADLINE);
    let mut answer = service.poll_workflow_task_queue(request).await?;
    let task = answer.get_mut();
    if task.query.is_none() {
        return Ok(answer);
    }
    match whole(service, &namespace, &headers, task).await {
        Ok(mut events) => {
            events.truncate(taken(&events));
            task.history = Some(History { events });
            Ok(answer)
        }
        Err(status) => {
            let refusal = refusal(namespace, task, &status);
            service.respond_query_task_completed(with(&headers, refusal)).await.ok(); // it waits, then
            Ok(Response::new(PollWorkflowTaskQueueResponse::default()))
        }
    }
}

/// The answer to a question whose workflow cannot be read. The poll itself did well.
fn refusal(
    namespace: String,
    task: &PollWorkflowTaskQueueResponse,
    status: &Status,
) -> RespondQueryTaskCompletedRequest {
    RespondQueryTaskCompletedRequest {
        task_token: task.task_token.clone(),
        completed_type: QueryResultType::Failed.into(),
        error_message: format!("the history cannot be read: {}", status.message()),
        namespace,
        ..RespondQueryTaskCompletedRequest::default()
    }
}

fn with<M>(headers: &MetadataMap, message: M) -> Request<M> {
    Request::from_parts(headers.clone(), Extensions::default(), message)
}

/// The whole history. Of a part the SDK might fetch the rest by itself, and nobody could tell that
/// from what a task is fetched for.
async fn whole(
    service: &mut dyn WorkflowService,
    namespace: &str,
    headers: &MetadataMap,
    task: &mut PollWorkflowTaskQueueResponse,
) -> Result<Vec<HistoryEvent>, Status> {
    let mut events = std::mem::take(&mut task.history.get_or_insert_default().events);
    let mut token = std::mem::take(&mut task.next_page_token);
    let begins = events.first().is_some_and(|event| event.event_id == 1);
    if !begins {
        events.clear();
        token.clear();
    }
    let mut is_all = begins && token.is_empty();
    while !is_all {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: namespace.to_owned(),
            execution: task.workflow_execution.clone(),
            next_page_token: token,
            ..GetWorkflowExecutionHistoryRequest::default()
        };
        let page = page(service, headers, request).await?;
        events.extend(page.history.unwrap_or_default().events);
        token = page.next_page_token;
        is_all = token.is_empty();
    }
    Ok(events)
}

/// One page; tried again while whoever asks still waits (ten seconds).
async fn page(
    service: &mut dyn WorkflowService,
    headers: &MetadataMap,
    request: GetWorkflowExecutionHistoryRequest,
) -> Result<GetWorkflowExecutionHistoryResponse, Status> {
    let mut pauses = PAUSES.into_iter();
    loop {
        let asked = with(headers, request.clone());
        match (service.get_workflow_execution_history(asked).await, pauses.next()) {
            (Ok(page), _) => return Ok(page.into_inner()),
            (Err(_status), Some(pause)) => tokio::time::sleep(pause).await,
            (Err(status), None) => return Err(status),
        }
    }
}

/// How many events of a whole history the last completed workflow task has taken up or ordered. All,
/// where the workflow is closed.
fn taken(events: &[HistoryEvent]) -> usize {
    let completed = |event: &HistoryEvent| event.event_type() == EventType::WorkflowTaskCompleted;
    let is_closed = events.last().is_some_and(|event| is_close(event.event_type()));
    match events.iter().rposition(completed) {
        Some(at) if !is_closed => {
            let ordered = events.iter().skip(at + 1).take_while(|event| event.is_command_event());
            at + 1 + ordered.count()
        }
        _ => events.len(), // the server asks no worker before a first task is done
    }
}

fn is_close(event: EventType) -> bool {
    matches!(
        event,
        EventType::WorkflowExecutionCompleted
            | EventType::WorkflowExecutionFailed
            | EventType::WorkflowExecutionTimedOut
            | EventType::WorkflowExecutionCanceled
            | EventType::WorkflowExecutionTerminated
            | EventType::WorkflowExecutionContinuedAsNew
    )
}

#[cfg(test)]
mod tests {
    use EventType::{
        ActivityTaskCompleted, ActivityTaskScheduled, ActivityTaskStarted, TimerCanceled,
        TimerFired, WorkflowExecutionStarted, WorkflowExecutionTerminated,
        WorkflowExecutionUpdateAccepted, WorkflowTaskCompleted, WorkflowTaskFailed,
        WorkflowTaskScheduled, WorkflowTaskStarted,
    };

    use super::*;

    /// What is taken of a history.
    fn left(types: &[EventType]) -> &[EventType] {
        let events = (1..).zip(types).map(|(event_id, event_type)| HistoryEvent {
            event_id,
            event_type: (*event_type).into(),
            ..HistoryEvent::default()
        });
        let count = taken(&events.collect::<Vec<_>>());
        &types[..count]
    }

    const FIRST_TASK: [EventType; 4] = [
        WorkflowExecutionStarted,
        WorkflowTaskScheduled,
        WorkflowTaskStarted,
        WorkflowTaskCompleted,
    ];
    const ORDERS: [EventType; 3] =
        [TimerCanceled, WorkflowExecutionUpdateAccepted, ActivityTaskScheduled];

    #[test]
    fn what_came_after_the_last_task_is_not_taken() {
        let known = [&FIRST_TASK[..], &ORDERS].concat();
        for news in [
            &[][..],
            &[ActivityTaskStarted],
            &[ActivityTaskStarted, ActivityTaskCompleted, WorkflowTaskScheduled],
            &[TimerFired, WorkflowTaskScheduled],
            &[TimerFired, WorkflowTaskScheduled, WorkflowTaskStarted], // at another worker
            &[TimerFired, WorkflowTaskScheduled, WorkflowTaskStarted, WorkflowTaskFailed],
        ] {
            assert_eq!(left(&[&known, news].concat()), known, "{news:?}");
        }
    }

    #[test]
    fn a_closed_workflow_and_one_that_never_ran_are_shown_whole() {
        let closed =
            [&FIRST_TASK[..], &[ActivityTaskStarted, WorkflowExecutionTerminated]].concat();
        assert_eq!(left(&closed), closed);
        assert_eq!(left(&FIRST_TASK[..2]), &FIRST_TASK[..2]);
        assert_eq!(left(&[]), []);
    }
}
