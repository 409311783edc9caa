//! Activities of an apply: on the queue of the workflows.

use std::sync::Arc;

use teal_proto::v1::{
    ApplyBeginRequest, ApplyFinishRequest, ApplyOutline, ApplyReport, ApplyStepReport,
    ApplyStepRequest,
};
use teal_workflows::contract;
use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};

use super::{
    outcome::settle,
    pulse::{Heartbeat, beating},
};
use crate::engine::Engine;

/// Carries out plans.
pub(crate) struct ApplyControl {
    pub(crate) engine: Arc<dyn Engine>,
}

#[activities]
impl ApplyControl {
    #[activity(name = contract::APPLY_BEGIN)]
    async fn begin(
        self: Arc<Self>,
        ctx: ActivityContext,
        request: ApplyBeginRequest,
    ) -> Result<ApplyOutline, ActivityError> {
        let ended = beating(&ctx, self.engine.apply_begin(&request)).await;
        settle(&ctx, "", 0, ended)
    }

    #[activity(name = contract::APPLY_STEP)]
    async fn step(
        self: Arc<Self>,
        ctx: ActivityContext,
        request: ApplyStepRequest,
    ) -> Result<ApplyStepReport, ActivityError> {
        let pulse = Heartbeat::start(ctx.clone());
        let ended = self.engine.apply_step(&request, &pulse).await;
        let report = settle(&ctx, "", 0, ended)?;
        tracing::info!(
            step = report.step,
            label = report.label,
            outcome = report.outcome,
            "applied"
        );
        Ok(report)
    }

    #[activity(name = contract::APPLY_FINISH)]
    async fn finish(
        self: Arc<Self>,
        ctx: ActivityContext,
        request: ApplyFinishRequest,
    ) -> Result<ApplyReport, ActivityError> {
        let ended = beating(&ctx, self.engine.apply_finish(&request)).await;
        let report = settle(&ctx, "", 0, ended)?;
        tracing::info!(release = report.release, steps = report.steps, "release installed");
        Ok(report)
    }
}
