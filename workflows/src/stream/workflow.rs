//! The driver around [`step`]: feeds it events, carries out its commands, talks to people.
//! Decides nothing.

#![allow(missing_debug_implementations, reason = "types that the macro of the SDK generates")]

use std::{
    collections::VecDeque,
    time::{SystemTime, UNIX_EPOCH},
};

use teal_failpoint::{self as failpoint, Boundary};
use teal_proto::v1::{Ask, Reply, StreamInput, StreamStatus};
use teal_temporal::names;
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    ContinueAsNewOptions, TimerResult, WorkflowContext, WorkflowContextView, WorkflowResult,
    workflows::select,
};

use super::{
    event::{Command, Event, Work},
    intent::{Change, audit, reset, resync, set_intent},
    line::{Line, note},
    listed, show,
    state::{Intent, Stage, State},
    step::{RENEW_AFTER_MS, RENEW_AFTER_TURNS, step},
    word::Word,
};
use crate::{flag::Flag, lenient::Asked};

/// What a validator or a handler answers when it says no.
pub(super) type Refusal = Box<dyn std::error::Error + Send + Sync>;

/// The workflow `stream`: id `stream/<platform>/<store>[/<dataset>]`.
#[workflow]
#[derive(Debug)]
pub struct StreamWorkflow {
    input: StreamInput,
    state: State,
    /// How much happened since this history began.
    turns: u32,
    /// What `step` ordered and the main line has not carried out yet.
    orders: VecDeque<Command>,
    /// Somebody's intent is being written; the next one waits, so that the order of both holds.
    pub(super) writing_intent: bool,
}

#[workflow_methods]
impl StreamWorkflow {
    /// The state of before.
    #[init]
    pub fn new(ctx: &WorkflowContextView, input: StreamInput) -> Self {
        let carry = input.carry.clone().unwrap_or_default();
        let state = State::new(&input.stream, &carry, unix_ms(ctx.start_time()));
        Self { input, state, turns: 0, orders: VecDeque::new(), writing_intent: false }
    }

    /// Until the stream is retired.
    #[run(name = names::STREAM)]
    pub async fn run(ctx: &mut WorkflowContext<Self>) -> WorkflowResult<String> {
        let ctx: &WorkflowContext<Self> = ctx;
        if ctx.state(Self::is_renewed) {
            began_anew();
        }
        let renew_at = unix_ms(ctx.workflow_time()) + RENEW_AFTER_MS;
        let (mut line, mut is_old) = (Line::default(), false);
        happened(ctx, Event::Started);
        loop {
            while let Some(order) = ctx.state_mut(|w| w.orders.pop_front()) {
                match order {
                    // a stream that is always late is never idle: it renews between two batches
                    Command::Do { work: Work::Ingest, accept_deletes: false }
                        if wants_renewal(ctx, is_old) && ctx.all_handlers_finished() =>
                    {
                        return renew(ctx);
                    }
                    Command::Do { work, accept_deletes } => line.start(ctx, work, accept_deletes),
                    Command::Cancel => line.cancel(),
                    Command::Note { abandon } => {
                        listed::show(ctx); // the catalog may be out of reach for a minute
                        let answer = note(ctx, abandon).await;
                        happened(ctx, Event::Noted(answer));
                    }
                    Command::Close => {
                        line.disarm();
                        listed::show(ctx);
                        drained(ctx).await?;
                        return Ok(ctx.state(|w| w.state.word().as_str().to_owned()));
                    }
                }
            }
            listed::show(ctx);
            if is_renewable(ctx, is_old) {
                drained(ctx).await?;
                if ctx.state(|w| w.orders.is_empty()) {
                    return renew(ctx);
                }
                continue;
            }
            let armed_for = line.arm(ctx, ctx.state(|w| w.state.deadline()), renew_at);
            let (mut work, mut timer) = line.both();
            select! {
                event = work => happened(ctx, event),
                ended = timer => {
                    // a timer that fired says how late it is at least, whatever the clock says
                    if let (TimerResult::Fired, Some(at_ms)) = (ended, armed_for) {
                        is_old |= at_ms >= renew_at;
                        happened_at(ctx, at_ms, Event::Due);
                    }
                }
                ordered = ctx.wait_condition(|w| !w.orders.is_empty()) => ordered?,
            }
        }
    }

    /// How the stream is.
    #[query(name = names::STATUS)]
    pub fn status(&self, _ctx: &WorkflowContextView) -> StreamStatus {
        show::status(&self.state)
    }

    /// Starts a batch now; during a run exactly one more follows.
    #[update(name = names::RUN_NOW)]
    pub async fn run_now(ctx: &mut WorkflowContext<Self>, ask: Asked) -> Result<Reply, Refusal> {
        audit(ctx, "run", &ask).await?;
        ctx.state(Self::may_run)?; // somebody may have paused it while the audit was written
        happened(ctx, Event::RunNow { accept_deletes: ask.0.accept_deletes });
        Ok(ctx.state(|w| w.ticket("")))
    }

    /// A paused or ending stream runs nothing.
    #[update_validator(run_now)]
    pub fn may_run_now(&self, _ctx: &WorkflowContextView, _ask: &Asked) -> Result<(), Refusal> {
        self.may_run()
    }

    /// Tries now what failed, whatever it was.
    #[update(name = names::RETRY)]
    pub async fn retry(ctx: &mut WorkflowContext<Self>, ask: Asked) -> Result<Reply, Refusal> {
        audit(ctx, names::RETRY, &ask).await?;
        let failures = ctx.state(|w| w.state.failures);
        happened(ctx, Event::Retry);
        Ok(ctx.state(|w| w.reply(&format!("tries again after {}", times(failures)))))
    }

    /// Only what failed.
    #[update_validator(retry)]
    pub fn may_retry(&self, _ctx: &WorkflowContextView, _ask: &Asked) -> Result<(), Refusal> {
        self.may_run()?;
        if matches!(self.state.word(), Word::Failing | Word::BackingOff) {
            return Ok(());
        }
        self.refuse("is neither failing nor backing off: there is nothing to retry")
    }

    /// Compares every row in one ordinary batch, or loads from zero.
    #[update(name = names::RESYNC)]
    pub async fn resync(ctx: &mut WorkflowContext<Self>, ask: Asked) -> Result<Reply, Refusal> {
        let report = resync(ctx, &ask).await?;
        happened(ctx, Event::Wishes { wanted: report.wanted, words: report.resync.clone() });
        if ask.0.cancel {
            let taken_back = format!("{} resync taken back", report.cancelled);
            return Ok(ctx.state(|w| w.reply(&taken_back)));
        }
        happened(ctx, Event::RunNow { accept_deletes: ask.0.accept_deletes });
        let what = format!("{}: ", report.resync);
        Ok(ctx.state(|w| Reply { resync: report.number, ..w.ticket(&what) }))
    }

    /// A paused or ending stream resyncs nothing; history does not go without a reason.
    #[update_validator(resync)]
    pub fn may_resync(&self, _ctx: &WorkflowContextView, ask: &Asked) -> Result<(), Refusal> {
        if ask.0.cancel {
            if ask.0.discard_history || !ask.0.datasets.is_empty() {
                return self.refuse("takes back all of its resyncs: give `cancel` alone");
            }
            return self.not_ending();
        }
        self.may_run()?;
        if ask.0.discard_history && ask.0.reason.is_empty() {
            return self.refuse("loses its history by this: give a reason");
        }
        Ok(())
    }

    /// Gives up the open batch, whoever works on it; the next try takes a new number.
    #[update(name = names::RESET)]
    pub async fn reset(ctx: &mut WorkflowContext<Self>, ask: Asked) -> Result<Reply, Refusal> {
        let report = reset(ctx, &ask).await?;
        happened(ctx, Event::Reset);
        let message = format!(
            "batch {} was {} and is given up, {} staged rows are dropped; the next try takes a new number",
            report.batch,
            report.status,
            show::grouped(report.staged_rows)
        );
        Ok(ctx.state(|w| Reply { reset_batch: report.batch, ..w.reply(&message) }))
    }

    /// Between two batches there is nothing to reset; whether one is open, the ledger knows.
    #[update_validator(reset)]
    pub fn may_reset(&self, _ctx: &WorkflowContextView, _ask: &Asked) -> Result<(), Refusal> {
        self.not_ending()?;
        if matches!(self.state.stage, Stage::Reconciling) {
            return self.refuse("alters its tables: there is no open batch to reset");
        }
        Ok(())
    }

    /// No new batch from now on; an open one is finished.
    #[update(name = names::PAUSE)]
    pub async fn pause(ctx: &mut WorkflowContext<Self>, ask: Asked) -> Result<Reply, Refusal> {
        let change = Change { wanted: "paused", verb: names::PAUSE, event: Event::Pause };
        let replaced = set_intent(ctx, change, &ask).await?;
        let before = match &*replaced {
            "" => String::new(),
            replaced => format!("; before: {replaced}"),
        };
        Ok(ctx.state(|w| match w.state.stage {
            Stage::Paused => w.reply(&format!("paused{before}")),
            _ => w.reply(&format!("pauses after the open batch, or what else is going on{before}")),
        }))
    }

    /// Not at the end.
    #[update_validator(pause)]
    pub fn may_pause(&self, _ctx: &WorkflowContextView, _ask: &Asked) -> Result<(), Refusal> {
        self.not_ending()
    }

    /// Goes on after a pause, or tries at once after a failure.
    #[update(name = names::RESUME)]
    pub async fn resume(ctx: &mut WorkflowContext<Self>, ask: Asked) -> Result<Reply, Refusal> {
        let change = Change { wanted: "run", verb: names::RESUME, event: Event::Resume };
        set_intent(ctx, change, &ask).await?;
        Ok(ctx.state(|w| w.reply("goes on")))
    }

    /// Only what stands still.
    #[update_validator(resume)]
    pub fn may_resume(&self, _ctx: &WorkflowContextView, _ask: &Asked) -> Result<(), Refusal> {
        self.not_ending()?;
        let stands = self.state.intent == Intent::Paused
            || matches!(self.state.stage, Stage::Failing { .. } | Stage::Loading { .. });
        if stands { Ok(()) } else { self.refuse("is not paused") }
    }

    /// Takes over what the catalog holds; answers when the configuration runs, or why it cannot.
    #[update(name = names::RELOAD)]
    pub async fn reload(ctx: &mut WorkflowContext<Self>, ask: Asked) -> Result<Reply, Refusal> {
        // a stream that was renamed has no row to audit any more, and ends by this
        let _untold = audit(ctx, names::RELOAD, &ask).await;
        happened(ctx, Event::Reload);
        let ticket = ctx.state(|w| w.state.reloads.asked);
        ctx.wait_condition(|w| w.state.reloads.done >= ticket || w.state.is_ending()).await?;
        Ok(ctx.state(|w| match &w.state.reloads.failure {
            Some(failure) => Reply { failure: Some(failure.clone()), ..w.reply(&failure.message) },
            None => w.reply("the configuration of the catalog runs"),
        }))
    }

    /// Not at the end.
    #[update_validator(reload)]
    pub fn may_reload(&self, _ctx: &WorkflowContextView, _ask: &Asked) -> Result<(), Refusal> {
        self.not_ending()
    }

    /// Ends for good.
    #[update(name = names::RETIRE)]
    pub async fn retire(ctx: &mut WorkflowContext<Self>, ask: Asked) -> Result<Reply, Refusal> {
        let change = Change { wanted: "retired", verb: names::RETIRE, event: Event::Retire };
        set_intent(ctx, change, &ask).await?;
        Ok(ctx.state(|w| w.reply("ends")))
    }

    /// Once is enough.
    #[update_validator(retire)]
    pub fn may_retire(&self, _ctx: &WorkflowContextView, ask: &Asked) -> Result<(), Refusal> {
        self.not_ending()?;
        if ask.0.reason.is_empty() {
            return self.refuse("loses its tables and views by this: give a reason");
        }
        Ok(())
    }
}

impl StreamWorkflow {
    fn happened(&mut self, at_ms: i64, event: Event) {
        let (state, orders) = step(self.state.clone(), at_ms, event);
        self.state = state;
        self.turns = self.turns.saturating_add(1);
        self.orders.extend(orders);
    }

    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// Whether another history went before this one.
    fn is_renewed(&self) -> bool {
        self.input.carry.as_ref().is_some_and(|carry| !carry.state.is_empty())
    }

    /// Whether the history is long. Counted by what every replay sees: the SDK's number of events is
    /// another one for a worker that was asked before its first task (see `told_at` in `step.rs`).
    fn is_long(&self) -> bool {
        let limit = match self.state.renew_after_turns {
            0 => RENEW_AFTER_TURNS,
            limit => limit,
        };
        self.turns >= limit
    }

    fn renewed(&self) -> StreamInput {
        StreamInput { carry: Some(self.state.carry()), ..self.input.clone() }
    }

    fn reply(&self, message: &str) -> Reply {
        Reply {
            stream: self.state.stream.clone(),
            state: self.state.word().as_str().to_owned(),
            message: format!("{}: {message}", self.state.stream),
            last_batch: self.state.last_batch,
            config_hash: self.state.running_hash.clone(),
            ..Reply::default()
        }
    }

    fn refuse(&self, why: &str) -> Result<(), Refusal> {
        Err(format!("{} {why} (state: {})", self.state.stream, self.state.word().as_str()).into())
    }

    fn not_ending(&self) -> Result<(), Refusal> {
        if self.state.is_ending() { self.refuse("is being retired") } else { Ok(()) }
    }

    fn may_run(&self) -> Result<(), Refusal> {
        self.not_ending()?;
        if self.state.intent == Intent::Paused {
            return self.refuse("is paused: resume it first");
        }
        Ok(())
    }

    /// Reply to who asked for a batch.
    fn ticket(&self, what: &str) -> Reply {
        let ticket = self.state.runs.requested;
        let when = if self.state.runs.serving >= ticket {
            "a batch is starting"
        } else {
            "one more batch follows the one that is running"
        };
        Reply { ticket, ..self.reply(&format!("{what}{when}")) }
    }

    /// People see at once who said what; the catalog has it already.
    pub(super) fn said(&mut self, ask: &Ask) {
        self.state.config.intent_reason.clone_from(&ask.reason);
        self.state.config.intent_by.clone_from(&ask.by);
    }
}

/// `1 failure`, `3 failures`
fn times(failures: u32) -> String {
    if failures == 1 { "1 failure".to_owned() } else { format!("{failures} failures") }
}

pub(super) fn happened(ctx: &WorkflowContext<StreamWorkflow>, event: Event) {
    happened_at(ctx, unix_ms(ctx.workflow_time()), event);
}

fn happened_at(ctx: &WorkflowContext<StreamWorkflow>, at_ms: i64, event: Event) {
    // asked where the ways part only: a history with the flag's marker is no longer for older workers
    if ctx.state(|w| w.state.turns_on_image(&event)) {
        let by_image = Flag::IMAGES_SERVE.is_on(ctx);
        ctx.state_mut(|w| w.state.runs.by_image = by_image);
    }
    ctx.state_mut(|w| w.happened(at_ms, event));
}

/// Goes on with a new history. (An armed failpoint ends the process; it cannot fail a workflow.)
fn renew(ctx: &WorkflowContext<StreamWorkflow>) -> WorkflowResult<String> {
    failpoint::before(Boundary::WorkflowRenew).ok();
    let input = ctx.state(StreamWorkflow::renewed);
    #[expect(clippy::disallowed_methods, reason = "the one place that continues as new")]
    match ctx.continue_as_new(input, ContinueAsNewOptions::default())? {}
}

/// The new history has begun.
fn began_anew() {
    failpoint::after(Boundary::WorkflowRenew).ok();
}

/// Whether the history is to be exchanged for a new one, now that nothing runs.
fn is_renewable(ctx: &WorkflowContext<StreamWorkflow>, is_old: bool) -> bool {
    ctx.state(|w| w.state.is_idle()) && wants_renewal(ctx, is_old)
}

/// Whether the history is long or (`is_old`) old enough, and nobody waits for a reload (whose handler would
/// keep the old history open, while the old history waits for it).
fn wants_renewal(ctx: &WorkflowContext<StreamWorkflow>, is_old: bool) -> bool {
    let waited_for = ctx.state(|w| {
        let reloads = &w.state.reloads;
        w.state.reload || reloads.done < reloads.asked
    });
    !waited_for
        && (ctx.continue_as_new_suggested()
            || is_old
            || ctx.state(|w| w.state.is_old)
            // asked last: a history with the flag's marker ends as soon as nobody is being answered
            || (ctx.state(StreamWorkflow::is_long) && Flag::SHORT_HISTORIES.is_on(ctx)))
}

/// Waits until no update is being answered, or one of them ordered something.
async fn drained(
    ctx: &WorkflowContext<StreamWorkflow>,
) -> Result<(), temporalio_sdk::WorkflowCancellationError> {
    let handlers = ctx.clone();
    ctx.wait_condition(move |w| !w.orders.is_empty() || handlers.all_handlers_finished()).await
}

/// Milliseconds since 1970 of the time that a replay sees again.
pub(crate) fn unix_ms(time: Option<SystemTime>) -> i64 {
    let since = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
