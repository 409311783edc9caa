//! The driver around [`step`]: feeds it events and carries out its commands. Decides nothing.

// The macro generates types of its own.
#![allow(missing_debug_implementations, reason = "types that the SDK's macro generates")]

use std::{pin::Pin, time::Duration};

use futures::future::{Future, select_all};
use teal_proto::v1::{
    ApplyBeginRequest, ApplyFinishRequest, ApplyInput, ApplyReport, ApplyStatus, ApplyStepRequest,
};
use teal_temporal::{
    names,
    options::{self, Bulk},
};
use temporalio_common::error::ApplicationFailure;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{WorkflowContext, WorkflowContextView, WorkflowResult};

use super::step::{Command, Event, Outcome, State, Work, step};
use crate::{
    activity::{failed, is_cancelled},
    contract::ApplyActivities as Activities,
};

/// Longest run of one step: it may wait for a stream that finishes a merge and then rebuilds a table.
const STEP_SECONDS: u32 = 12 * 3_600;

/// Longest silence of a step: it beats every two seconds, and who applies waits for what follows.
const STEP_HEARTBEAT_SECONDS: u32 = 10;

/// The workflow `apply`: id `apply/<ecosystem>`, so that two never run side by side.
#[workflow]
#[derive(Debug)]
pub struct ApplyWorkflow {
    input: ApplyInput,
    state: State,
}

type Pending<'a> = Pin<Box<dyn Future<Output = Event> + 'a>>;

#[workflow_methods]
impl ApplyWorkflow {
    /// Nothing is done yet.
    #[init]
    pub fn new(_ctx: &WorkflowContextView, input: ApplyInput) -> Self {
        Self { input, state: State::default() }
    }

    /// Until everything is done, or something failed for good.
    #[run(name = names::APPLY)]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<ApplyReport> {
        let ctx: &WorkflowContext<Self> = ctx;
        let mut running: Vec<Pending<'_>> = Vec::new();
        let mut event = Event::Started;
        loop {
            let commands = ctx.state_mut(|w| {
                let (state, commands) = step(std::mem::take(&mut w.state), event);
                w.state = state;
                commands
            });
            ctx.set_current_details(ctx.state(Self::details));
            for command in commands {
                match command {
                    Command::Do { work, after_ms } => running.push(start(ctx, work, after_ms)),
                    Command::End => return end(ctx).await,
                }
            }
            // polls in the order of the starts, so a replay sees the same order
            let (first, _index, others) = select_all(running).await;
            running = others;
            event = first;
        }
    }

    /// How far it is.
    #[query(name = names::STATUS)]
    pub fn status(&self, _ctx: &WorkflowContextView) -> ApplyStatus {
        self.state.status(&self.input.plan)
    }
}

impl ApplyWorkflow {
    fn details(&self) -> String {
        let status = self.state.status(&self.input.plan);
        let mut lines = vec![
            "| | |".to_owned(),
            "|---|---|".to_owned(),
            format!("| state | **{}** |", status.state),
            format!("| phase | {} |", status.phase),
            format!("| steps | {} of {} |", status.steps_done, status.steps),
        ];
        if !status.message.is_empty() {
            lines.push(format!("| failure | {} |", status.message.replace('|', "\\|")));
        }
        for report in status.recent.iter().rev() {
            lines.push(format!("| {} | {} |", report.label, report.outcome));
        }
        lines.join("\n")
    }
}

fn start<'a>(ctx: &'a WorkflowContext<ApplyWorkflow>, work: Work, after_ms: u64) -> Pending<'a> {
    if after_ms == 0 {
        return execute(ctx, work);
    }
    let timer = ctx.timer(Duration::from_millis(after_ms));
    Box::pin(async move {
        timer.await; // a cancelled one lets the activity be cancelled at once
        execute(ctx, work).await
    })
}

fn execute<'a>(ctx: &'a WorkflowContext<ApplyWorkflow>, work: Work) -> Pending<'a> {
    let (input, summary) = ctx.state(|w| (w.input.clone(), w.state.summary(work)));
    let (plan, by) = (input.plan, input.by);
    let ended = move |error| {
        if is_cancelled(&error) {
            Event::Cancelled(work)
        } else {
            Event::Failed(work, failed(&error))
        }
    };
    match work {
        Work::Begin => {
            let request = ApplyBeginRequest { plan, by };
            let running = ctx.execute_activity(Activities::begin, request, options::quick(summary));
            Box::pin(async move { running.await.map_or_else(ended, Event::Begun) })
        }
        Work::Step(index) => {
            let request = ApplyStepRequest { plan, step: index, by };
            let options = options::bulk(Bulk {
                queue: None,
                run_seconds: STEP_SECONDS,
                heartbeat_seconds: STEP_HEARTBEAT_SECONDS,
                cancel: None,
                summary,
            });
            let running = ctx.execute_activity(Activities::step, request, options);
            Box::pin(async move { running.await.map_or_else(ended, Event::Done) })
        }
        Work::Finish => {
            let request = ApplyFinishRequest { plan, by };
            let running =
                ctx.execute_activity(Activities::finish, request, options::quick(summary));
            Box::pin(async move { running.await.map_or_else(ended, Event::Finished) })
        }
    }
}

async fn end(ctx: &WorkflowContext<ApplyWorkflow>) -> WorkflowResult<ApplyReport> {
    match ctx.state(|w| w.state.outcome()) {
        Outcome::Done(report) => Ok(report),
        Outcome::Failed(failure) => {
            let type_name = failure.code.clone();
            let message = failure.message.clone();
            Err(ApplicationFailure::builder(message)
                .type_name(type_name)
                .non_retryable(true)
                .details(failure)
                .build()
                .into())
        }
        Outcome::Cancelled => {
            ctx.wait_condition(|_w| false).await?; // ends as cancelled, as it is
            Ok(ApplyReport::default())
        }
    }
}
