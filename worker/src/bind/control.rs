//! Control activities of streams: on the queue of the workflows.

use std::sync::Arc;

use teal_proto::v1::{
    IntentReport, IntentRequest, LoadReport, LoadRequest, NoteReport, NoteRequest, ReconcileReport,
    ReconcileRequest, ResetReport, ResetRequest, ResyncReport, ResyncRequest, RetireReport,
    RetireRequest,
};
use teal_workflows::contract;
use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};

use super::{
    clock::handed_out_ms,
    outcome::settle,
    pulse::{Heartbeat, beating},
};
use crate::engine::Engine;

/// Reads and writes the catalog, and the shape of tables.
pub(crate) struct Control {
    pub(crate) engine: Arc<dyn Engine>,
    /// Whether the namespace knows Teal's search attributes.
    pub(crate) search_attributes: bool,
}

#[activities]
impl Control {
    #[activity(name = contract::STREAM_LOAD)]
    async fn load(
        self: Arc<Self>,
        ctx: ActivityContext,
        request: LoadRequest,
    ) -> Result<LoadReport, ActivityError> {
        let request = LoadRequest { asked_at_ms: handed_out_ms(&ctx), ..request };
        let ended = beating(&ctx, self.engine.load(&request)).await;
        let mut report = settle(&ctx, &request.stream, 0, ended)?;
        report.search_attributes = self.search_attributes;
        Ok(report)
    }

    #[activity(name = contract::STREAM_RECONCILE)]
    async fn reconcile(
        self: Arc<Self>,
        ctx: ActivityContext,
        request: ReconcileRequest,
    ) -> Result<ReconcileReport, ActivityError> {
        let pulse = Heartbeat::start(ctx.clone());
        let ended = self.engine.reconcile(&request, &pulse).await;
        let report = settle(&ctx, &request.stream, 0, ended)?;
        let (stream, statements) = (&request.stream, report.statements);
        tracing::info!(stream, statements, "tables and views reconciled");
        Ok(report)
    }

    #[activity(name = contract::STREAM_NOTE)]
    async fn note(
        self: Arc<Self>,
        ctx: ActivityContext,
        request: NoteRequest,
    ) -> Result<NoteReport, ActivityError> {
        let request = NoteRequest { asked_at_ms: handed_out_ms(&ctx), ..request };
        let ended = beating(&ctx, self.engine.note(&request)).await;
        tracing::info!(stream = request.stream, state = request.state, "stream changed its state");
        settle(&ctx, &request.stream, 0, ended)
    }

    #[activity(name = contract::STREAM_SET_INTENT)]
    async fn set_intent(
        self: Arc<Self>,
        ctx: ActivityContext,
        request: IntentRequest,
    ) -> Result<IntentReport, ActivityError> {
        let ended = beating(&ctx, self.engine.set_intent(&request)).await;
        let (verb, by) = (&request.verb, &request.by);
        tracing::info!(stream = request.stream, verb, by, "somebody asked");
        settle(&ctx, &request.stream, 0, ended)
    }

    #[activity(name = contract::STREAM_RESYNC)]
    async fn resync(
        self: Arc<Self>,
        ctx: ActivityContext,
        request: ResyncRequest,
    ) -> Result<ResyncReport, ActivityError> {
        let ended = beating(&ctx, self.engine.resync(&request)).await;
        let report = settle(&ctx, &request.stream, 0, ended)?;
        let (stream, wanted, by) = (&request.stream, &report.resync, &request.by);
        tracing::info!(stream, wanted, by, "somebody asked for a resync");
        Ok(report)
    }

    #[activity(name = contract::STREAM_RESET)]
    async fn reset(
        self: Arc<Self>,
        ctx: ActivityContext,
        request: ResetRequest,
    ) -> Result<ResetReport, ActivityError> {
        let pulse = Heartbeat::start(ctx.clone());
        let ended = self.engine.reset(&request, &pulse).await;
        settle(&ctx, &request.stream, 0, ended)
    }

    #[activity(name = contract::STREAM_RETIRE)]
    async fn retire(
        self: Arc<Self>,
        ctx: ActivityContext,
        request: RetireRequest,
    ) -> Result<RetireReport, ActivityError> {
        let pulse = Heartbeat::start(ctx.clone());
        let ended = self.engine.retire(&request, &pulse).await;
        let report = settle(&ctx, &request.stream, 0, ended)?;
        tracing::info!(stream = request.stream, tables = report.tables, "stream retired");
        Ok(report)
    }
}
