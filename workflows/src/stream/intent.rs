//! What a person says goes to the catalog first: it outlives the workflow, and the audit has it.

use std::collections::BTreeMap;

use teal_model::Kind;
use teal_proto::v1::{
    Ask, IntentReport, IntentRequest, ResetReport, ResetRequest, ResyncReport, ResyncRequest,
};
use teal_temporal::{
    names,
    options::{self, Bulk},
};
use temporalio_common::ActivityDefinition;
use temporalio_common::data_converters::TemporalDeserializable;
use temporalio_sdk::{ActivityOptions, WorkflowContext};

use super::{
    event::Event,
    workflow::{Refusal, StreamWorkflow, happened},
};
use crate::{activity::failed, contract::StreamActivities, lenient::Asked};

type Ctx = WorkflowContext<StreamWorkflow>;

/// A change of what a person wants.
pub(super) struct Change {
    /// As the catalog writes it.
    pub(super) wanted: &'static str,
    /// For the audit.
    pub(super) verb: &'static str,
    /// What happens once it is written.
    pub(super) event: Event,
}

/// Writes the intent to the catalog, and only then lets it happen. Returns what it takes the place
/// of, where that was a pause too.
pub(super) async fn set_intent(ctx: &Ctx, change: Change, ask: &Asked) -> Result<String, Refusal> {
    let request = spoken(ctx, change.wanted, change.verb, &ask.0);
    let report = write(ctx, request, &ask.0).await?;
    ctx.state_mut(|w| w.said(&ask.0));
    happened(ctx, change.event);
    Ok(report.replaced)
}

/// Writes to the audit that somebody asked; the intent stays as it is.
pub(super) async fn audit(ctx: &Ctx, verb: &'static str, ask: &Asked) -> Result<(), Refusal> {
    let request = spoken(ctx, "", verb, &ask.0);
    write(ctx, request, &ask.0).await.map(|_report| ())
}

/// Enters a resync, or takes back those that are open.
pub(super) async fn resync(ctx: &Ctx, ask: &Asked) -> Result<ResyncReport, Refusal> {
    let ask = &ask.0;
    let stream = ctx.state(|w| w.state().stream.clone());
    let what = match (ask.cancel, ask.discard_history) {
        (true, _) => "cancel resync",
        (false, true) => "resync from zero",
        (false, false) => names::RESYNC,
    };
    let summary = summary(&stream, what, ask);
    let request = ResyncRequest {
        stream,
        datasets: ask.datasets.clone(),
        discard_history: ask.discard_history,
        cancel: ask.cancel,
        accept_deletes: ask.accept_deletes,
        reason: ask.reason.clone(),
        by: ask.by.clone(),
    };
    alone(ctx, StreamActivities::resync, request, options::quick(summary)).await
}

/// Has the ledger give the open batch up.
pub(super) async fn reset(ctx: &Ctx, ask: &Asked) -> Result<ResetReport, Refusal> {
    let (stream, heartbeat_seconds) =
        ctx.state(|w| (w.state().stream.clone(), w.state().config.heartbeat_seconds));
    let options = options::bulk(Bulk {
        queue: None,
        run_seconds: 0,
        heartbeat_seconds,
        cancel: None,
        summary: summary(&stream, names::RESET, &ask.0),
    });
    let request = ResetRequest { stream, reason: ask.0.reason.clone(), by: ask.0.by.clone() };
    alone(ctx, StreamActivities::reset, request, options).await
}

fn spoken(ctx: &Ctx, wanted: &str, verb: &str, ask: &Ask) -> IntentRequest {
    let mut details = BTreeMap::new();
    if ask.accept_deletes {
        details.insert("accept_deletes".to_owned(), "true".to_owned());
    }
    IntentRequest {
        stream: ctx.state(|w| w.state().stream.clone()),
        wanted: wanted.to_owned(),
        verb: verb.to_owned(),
        reason: ask.reason.clone(),
        by: ask.by.clone(),
        details,
    }
}

async fn write(ctx: &Ctx, request: IntentRequest, ask: &Ask) -> Result<IntentReport, Refusal> {
    let summary = summary(&request.stream, &request.verb, ask);
    let options = options::quick(summary);
    alone(ctx, StreamActivities::set_intent, request, options).await
}

/// `live/shop: pause by ann@desk, month end`
fn summary(stream: &str, verb: &str, ask: &Ask) -> String {
    let by = if ask.by.is_empty() { String::new() } else { format!(" by {}", ask.by) };
    let why = if ask.reason.is_empty() { String::new() } else { format!(", {}", ask.reason) };
    format!("{stream}: {verb}{by}{why}")
}

/// Runs an activity of what people say; one at a time, so that the order in which they spoke holds.
async fn alone<A>(
    ctx: &Ctx,
    activity: A,
    request: A::Input,
    options: ActivityOptions,
) -> Result<A::Output, Refusal>
where
    A: ActivityDefinition + 'static,
    A::Output: TemporalDeserializable + 'static,
{
    ctx.wait_condition(|w| !w.writing_intent).await?;
    ctx.state_mut(|w| w.writing_intent = true);
    let ended = ctx.execute_activity(activity, request, options).await;
    ctx.state_mut(|w| w.writing_intent = false);
    ended.map_err(|error| {
        let failure = failed(&error);
        // an answer that was lost says nothing about what was done
        let known = failure.error_kind() != Kind::Transient;
        let done = if known { "nothing was changed" } else { "nothing may have been changed" };
        format!("{done}: {}", failure.message).into()
    })
}
