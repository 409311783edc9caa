//! The activities that move rows: on the queues of resource classes.

use std::{sync::Arc, time::Instant};

use teal_proto::v1::{IngestReport, IngestRequest, MergeReport, MergeRequest};
use teal_workflows::contract;
use temporalio_macros::activities;
use temporalio_sdk::activities::{ActivityContext, ActivityError};

use super::{clock::handed_out_ms, outcome::settle, pulse::Heartbeat};
use crate::{
    engine::Engine,
    metrics::{Metrics, Stage},
};

/// Ingest and merge of one class.
pub(crate) struct Bulk {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) class: String,
}

#[activities]
impl Bulk {
    #[activity(name = contract::STREAM_INGEST)]
    async fn ingest(
        self: Arc<Self>,
        ctx: ActivityContext,
        request: IngestRequest,
    ) -> Result<IngestReport, ActivityError> {
        let pulse = Heartbeat::start(ctx.clone());
        let (_slot, started) = (self.metrics.busy(&self.class), Instant::now());
        let ended = self.engine.ingest(&request, &pulse).await;
        self.metrics.ended(Stage::Ingest, started.elapsed(), ended.as_ref().err());
        let report = settle(&ctx, &request.stream, 0, ended)?;
        self.metrics.staged(&report);
        let (stream, batch, rows) = (&request.stream, report.batch, report.rows);
        tracing::info!(stream, batch, rows, ms = report.duration_ms, "batch staged");
        Ok(report)
    }

    #[activity(name = contract::STREAM_MERGE)]
    async fn merge(
        self: Arc<Self>,
        ctx: ActivityContext,
        request: MergeRequest,
    ) -> Result<MergeReport, ActivityError> {
        let pulse = Heartbeat::start(ctx.clone());
        let (_slot, started) = (self.metrics.busy(&self.class), Instant::now());
        let asked_at_ms = if request.asked_at_ms == 0 { 0 } else { handed_out_ms(&ctx) };
        let request = MergeRequest { asked_at_ms, ..request };
        let ended = self.engine.merge(&request, &pulse).await;
        self.metrics.ended(Stage::Merge, started.elapsed(), ended.as_ref().err());
        let report = settle(&ctx, &request.stream, request.batch, ended)?;
        self.metrics.merged(&report);
        tracing::info!(
            stream = request.stream,
            batch = report.batch,
            inserted = report.inserted,
            updated = report.updated,
            deleted = report.deleted,
            ms = report.duration_ms,
            "batch committed"
        );
        Ok(report)
    }
}
