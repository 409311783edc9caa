//! Questions that are no part of a workflow task, and what they show of a workflow.
//!
//! They come with a history of their own, read when a worker takes the question: with all events of
//! that moment, also those that no workflow task has taken up, or only another worker's that has just
//! begun. Invariant: the SDK sees the whole history until the last completed task and what it ordered.

use temporalio_client::{
    grpc::WorkflowService,
    tonic::{Request, Response, Status, metadata::MetadataMap},
};
use temporalio_common::protos::temporal::api::{
    enums::v1::EventType,
    history::v1::HistoryEvent,
    workflowservice::v1::{
        GetWorkflowExecutionHistoryRequest, PollWorkflowTaskQueueRequest,
        PollWorkflowTaskQueueResponse,
    },
};

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
    if task.query.is_some() {
        let mut events = whole(service, &namespace, &headers, task).await?;
        events.truncate(taken(&events));
        task.history.get_or_insert_default().events = events;
        task.next_page_token.clear();
    }
    Ok(answer)
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
        let mut request = Request::new(GetWorkflowExecutionHistoryRequest {
            namespace: namespace.to_owned(),
            execution: task.workflow_execution.clone(),
            next_page_token: token,
            ..GetWorkflowExecutionHistoryRequest::default()
        });
        *request.metadata_mut() = headers.clone();
        let page = service.get_workflow_execution_history(request).await?.into_inner();
        events.extend(page.history.unwrap_or_default().events);
        token = page.next_page_token;
        is_all = token.is_empty();
    }
    Ok(events)
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
