//! The main line of a stream: the one activity that runs and the one timer that is armed.

use std::{pin::Pin, time::Duration};

use futures::{
    FutureExt as _,
    future::{Fuse, FusedFuture},
};
use teal_proto::v1::{
    IngestRequest, LoadRequest, MergeRequest, NoteRequest, ReconcileRequest, RetireRequest,
};
use teal_temporal::options::{self, Bulk};
use temporalio_common::ActivityDefinition;
use temporalio_sdk::{TimerOptions, TimerResult, WorkflowContext};
use temporalio_workflow::WorkflowCancellationToken;

use super::{
    event::{Event, Work},
    show,
    state::State,
    workflow::{StreamWorkflow, unix_ms},
};
use crate::{
    activity::{failed, is_cancelled},
    contract::StreamActivities as Activities,
};

type Ctx = WorkflowContext<StreamWorkflow>;
type Pending<'a, T> = Pin<Box<dyn FusedFuture<Output = T> + 'a>>;

/// Longest run of DDL: a change of key rebuilds a table, which the merge store does alone.
const RECONCILE_SECONDS: u32 = 6 * 3_600;

/// Tells the worker to put the time there. A merge that a workflow before this asked for has 0 and is
/// answered without `now_ms`: whoever replays it must decide as that workflow did.
const TELL_THE_TIME: i64 = 1;

/// What the workflow waits for besides people.
pub(super) struct Line<'a> {
    work: Pending<'a, Event>,
    work_token: WorkflowCancellationToken,
    timer: Pending<'a, TimerResult>,
    timer_token: WorkflowCancellationToken,
    armed_for: Option<i64>,
}

impl Default for Line<'_> {
    fn default() -> Self {
        Self {
            work: Box::pin(Fuse::<futures::future::Pending<Event>>::terminated()),
            work_token: WorkflowCancellationToken::new(),
            timer: Box::pin(Fuse::<futures::future::Pending<TimerResult>>::terminated()),
            timer_token: WorkflowCancellationToken::new(),
            armed_for: None,
        }
    }
}

impl<'a> Line<'a> {
    /// Starts the one activity.
    pub(super) fn start(&mut self, ctx: &'a Ctx, work: Work, accept_deletes: bool) {
        let state = ctx.state(|w| w.state().clone());
        self.work_token = ctx.cancellation_token().child_token();
        let token = self.work_token.clone();
        self.work = match work {
            Work::Load => {
                let request = LoadRequest {
                    stream: state.stream.clone(),
                    remembered_batch: state.last_batch,
                    ..LoadRequest::default()
                };
                let options = options::quick(show::summary(&state, work));
                run(ctx, Activities::load, request, options, |report| {
                    Event::Loaded(Box::new(report))
                })
            }
            Work::Reconcile => {
                let request = ReconcileRequest {
                    stream: state.stream.clone(),
                    config_hash: state.config.config_hash.clone(),
                };
                let options = options::bulk(Bulk {
                    run_seconds: RECONCILE_SECONDS,
                    ..bulk(&state, work, token)
                });
                run(ctx, Activities::reconcile, request, options, Event::Reconciled)
            }
            Work::Ingest => {
                let request = IngestRequest {
                    stream: state.stream.clone(),
                    config_hash: state.running_hash.clone(),
                    accept_deletes,
                    remembered_batch: state.last_batch,
                };
                let options = options::bulk(Bulk {
                    queue: Some(state.config.ingest_queue.clone()),
                    run_seconds: state.config.ingest_timeout_seconds,
                    ..bulk(&state, work, token)
                });
                run(ctx, Activities::ingest, request, options, Event::Ingested)
            }
            Work::Merge { batch, epoch, .. } => {
                let request = MergeRequest {
                    stream: state.stream.clone(),
                    batch,
                    epoch,
                    accept_deletes,
                    asked_at_ms: TELL_THE_TIME,
                };
                let options = options::bulk(Bulk {
                    queue: Some(state.config.merge_queue.clone()),
                    run_seconds: state.config.merge_timeout_seconds,
                    ..bulk(&state, work, token)
                });
                run(ctx, Activities::merge, request, options, Event::Merged)
            }
            Work::Retire => {
                let request = RetireRequest {
                    stream: state.stream.clone(),
                    by: state.config.intent_by.clone(),
                };
                let options = options::bulk(Bulk {
                    run_seconds: RECONCILE_SECONDS,
                    ..bulk(&state, work, token)
                });
                run(ctx, Activities::retire, request, options, |_report| Event::Retired)
            }
        };
    }

    /// Tells the activity to stop; its end is an event as ever.
    pub(super) fn cancel(&self) {
        self.work_token.cancel();
    }

    /// Arms the timer for the earlier of both times, unless it is armed for that already, and returns
    /// which one that is; one that is over gets a timer that fires at once. While an activity runs
    /// there is none: nothing would follow from it.
    pub(super) fn arm(
        &mut self,
        ctx: &'a Ctx,
        deadline: Option<i64>,
        renew_at: i64,
    ) -> Option<i64> {
        let idle = ctx.state(|w| w.state().is_idle());
        let wanted = idle.then(|| deadline.unwrap_or(renew_at).min(renew_at));
        if wanted == self.armed_for && !self.timer.is_terminated() {
            return wanted;
        }
        self.disarm();
        let at_ms = wanted?;
        let wait_ms = (at_ms - unix_ms(ctx.workflow_time())).max(1);
        self.timer_token = ctx.cancellation_token().child_token();
        let summary = ctx.state(|w| show::timer_summary(w.state(), wait_ms));
        let options = TimerOptions::builder(Duration::from_millis(wait_ms.unsigned_abs()))
            .cancellation_token(self.timer_token.clone())
            .summary(options::cut(summary))
            .build();
        self.timer = Box::pin(ctx.timer(options));
        self.armed_for = wanted;
        wanted
    }

    /// Cancels the timer: one that is only dropped stays armed at the server and wakes us later.
    pub(super) fn disarm(&mut self) {
        if !self.timer.is_terminated() {
            self.timer_token.cancel();
            self.timer = Box::pin(Fuse::<futures::future::Pending<TimerResult>>::terminated());
        }
        self.armed_for = None;
    }

    /// The activity's end and the timer, for `select!`.
    pub(super) fn both(&mut self) -> (&mut Pending<'a, Event>, &mut Pending<'a, TimerResult>) {
        (&mut self.work, &mut self.timer)
    }
}

fn bulk(state: &State, work: Work, token: WorkflowCancellationToken) -> Bulk {
    Bulk {
        queue: None,
        run_seconds: 0,
        heartbeat_seconds: state.config.heartbeat_seconds,
        cancel: Some(token),
        summary: show::summary(state, work),
    }
}

fn run<'a, A>(
    ctx: &'a Ctx,
    activity: A,
    request: A::Input,
    options: temporalio_sdk::ActivityOptions,
    done: impl Fn(A::Output) -> Event + 'static,
) -> Pending<'a, Event>
where
    A: ActivityDefinition + 'static,
    A::Output: temporalio_common::data_converters::TemporalDeserializable + 'static,
{
    // scheduled here and now, in the order of the commands; awaited later
    let running = ctx.execute_activity(activity, request, options);
    Box::pin(
        running
            .map(move |ended| match ended {
                Ok(report) => done(report),
                Err(error) if is_cancelled(&error) => Event::Cancelled,
                Err(error) => Event::Failed(failed(&error)),
            })
            .fuse(),
    )
}

/// Tells the catalog what was decided; the next tick of the schedule, or `None` when that failed.
pub(super) async fn note(ctx: &Ctx, abandon: bool) -> Option<i64> {
    let state = ctx.state(|w| w.state().clone());
    let request = NoteRequest {
        stream: state.stream.clone(),
        state: state.word().as_str().to_owned(),
        failures: state.failures,
        next_due_at_ms: state.deadline().unwrap_or(0),
        failure: state.last_failure.clone(),
        abandon_open_batch: abandon,
        ..NoteRequest::default()
    };
    let options = options::quick(show::note_summary(&state));
    let answer = ctx.execute_activity(Activities::note, request, options).await;
    answer.ok().map(|report| report.next_due_at_ms)
}
