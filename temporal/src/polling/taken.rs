//! The part of a history that workflow tasks have taken up.

use temporalio_common::protos::temporal::api::{
    enums::v1::EventType,
    history::v1::{History, HistoryEvent},
    workflowservice::v1::{GetWorkflowExecutionHistoryResponse, PollWorkflowTaskQueueResponse},
};

/// Cuts what no workflow task has taken up off the history that comes with a task. Only a question
/// that is no part of a workflow task has such a history.
pub(super) fn of_task(task: &mut PollWorkflowTaskQueueResponse) {
    if task.next_page_token.is_empty() {
        cut(&mut task.history);
    }
}

/// As [`of_task`], where the history comes in pages. (Of a page with another one after it nobody can
/// say whether a task follows there. That such a last page is empty takes a history that ends with a
/// full one.)
pub(super) fn of_page(page: &mut GetWorkflowExecutionHistoryResponse) {
    if page.next_page_token.is_empty() {
        cut(&mut page.history);
    }
}

fn cut(history: &mut Option<History>) {
    if let Some(History { events }) = history {
        let until = taken(events);
        events.truncate(until);
    }
}

/// How many events some workflow task has taken up: all, where one has just begun, or where the
/// workflow is closed; else those until the last completed task, and what it ordered.
fn taken(events: &[HistoryEvent]) -> usize {
    let all = events.len();
    let Some(last) = events.last() else { return all };
    if last.event_type() == EventType::WorkflowTaskStarted || is_close(last.event_type()) {
        return all;
    }
    let completed = |event: &HistoryEvent| event.event_type() == EventType::WorkflowTaskCompleted;
    let ordered_from = match events.iter().rposition(completed) {
        Some(at) => at + 1,
        // the whole history, and no task was ever completed
        None if events.first().is_some_and(|event| event.event_id == 1) => return all,
        None => 0,
    };
    let ordered = events.iter().skip(ordered_from).take_while(|event| event.is_command_event());
    ordered_from + ordered.count()
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
        TimerFired, TimerStarted, WorkflowExecutionStarted, WorkflowExecutionTerminated,
        WorkflowExecutionUpdateAccepted, WorkflowTaskCompleted, WorkflowTaskFailed,
        WorkflowTaskScheduled, WorkflowTaskStarted,
    };

    use super::*;

    /// What is left of a history whose first event has this number.
    fn left(first: i64, types: &[EventType]) -> Vec<EventType> {
        let events = (first..).zip(types).map(|(event_id, event_type)| HistoryEvent {
            event_id,
            event_type: (*event_type).into(),
            ..HistoryEvent::default()
        });
        let mut task = PollWorkflowTaskQueueResponse {
            history: Some(History { events: events.collect() }),
            ..PollWorkflowTaskQueueResponse::default()
        };
        of_task(&mut task);
        task.history.unwrap().events.iter().map(HistoryEvent::event_type).collect()
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
    fn what_came_after_the_last_task_is_cut_off() {
        let known = [&FIRST_TASK[..], &ORDERS].concat();
        for news in [
            &[][..],
            &[ActivityTaskStarted],
            &[ActivityTaskStarted, ActivityTaskCompleted, WorkflowTaskScheduled],
            &[TimerFired, WorkflowTaskScheduled],
            &[TimerFired, WorkflowTaskScheduled, WorkflowTaskStarted, WorkflowTaskFailed],
        ] {
            assert_eq!(left(1, &[&known, news].concat()), known, "{news:?}");
        }
    }

    #[test]
    fn what_a_task_brings_stays() {
        let task = [TimerFired, WorkflowTaskScheduled, WorkflowTaskStarted];
        let whole = [&FIRST_TASK[..], &ORDERS, &task].concat();
        assert_eq!(left(1, &whole), whole);
        // ... also when it comes without what its worker knows, or for the first time
        assert_eq!(left(11, &whole[3..]), &whole[3..]);
        assert_eq!(left(1, &FIRST_TASK[..3]), &FIRST_TASK[..3]);
    }

    #[test]
    fn a_last_page_without_a_task_belongs_to_the_task_before_it() {
        let news = [ActivityTaskStarted, ActivityTaskCompleted, WorkflowTaskScheduled];
        assert_eq!(left(300, &[&[TimerStarted][..], &news].concat()), [TimerStarted]);
        assert_eq!(left(300, &news), []);
        assert_eq!(left(1, &FIRST_TASK[..2]), &FIRST_TASK[..2]);
    }

    #[test]
    fn a_closed_workflow_is_told_whole() {
        let whole = [&FIRST_TASK[..], &[ActivityTaskStarted, WorkflowExecutionTerminated]].concat();
        assert_eq!(left(1, &whole), whole);
    }

    #[test]
    fn of_a_page_with_another_one_after_it_nothing_is_cut() {
        let event = HistoryEvent { event_id: 9, ..HistoryEvent::default() };
        let mut page = GetWorkflowExecutionHistoryResponse {
            history: Some(History { events: vec![event] }),
            next_page_token: vec![1],
            ..GetWorkflowExecutionHistoryResponse::default()
        };
        of_page(&mut page);
        assert_eq!(page.history.unwrap().events.len(), 1);
    }
}
