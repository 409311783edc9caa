//! What a person wants goes to the catalog first: it outlives the workflow.

use teal_proto::v1::IntentRequest;
use teal_temporal::options;
use temporalio_sdk::WorkflowContext;

use super::{
    event::Event,
    workflow::{Refusal, StreamWorkflow, happened},
};
use crate::{activity::failed, contract::StreamActivities, lenient::Asked};

/// A change of what a person wants.
pub(super) struct Change {
    /// As the catalog writes it.
    pub(super) wanted: &'static str,
    /// For the audit.
    pub(super) verb: &'static str,
    /// What happens once it is written.
    pub(super) event: Event,
}

/// Writes the intent to the catalog, and only then lets it happen.
pub(super) async fn set_intent(
    ctx: &WorkflowContext<StreamWorkflow>,
    change: Change,
    ask: &Asked,
) -> Result<(), Refusal> {
    ctx.wait_condition(|w| !w.writing_intent).await?;
    ctx.state_mut(|w| w.writing_intent = true);
    let stream = ctx.state(|w| w.state().stream.clone());
    let summary = format!("{stream}: {} {}", change.verb, ask.0.by);
    let request = IntentRequest {
        stream,
        wanted: change.wanted.to_owned(),
        verb: change.verb.to_owned(),
        reason: ask.0.reason.clone(),
        by: ask.0.by.clone(),
    };
    let written = ctx
        .execute_activity(StreamActivities::set_intent, request, options::quick(summary.trim_end()))
        .await;
    ctx.state_mut(|w| w.writing_intent = false);
    match written {
        Ok(_report) => {
            happened(ctx, change.event);
            Ok(())
        }
        Err(error) => {
            let failure = failed(&error);
            Err(format!("nothing was changed: {}", failure.message).into())
        }
    }
}
