//! The functions of the engine as one table, so that the same shell binds the real ones and, in
//! tests of workflows, scripted ones.

use std::sync::Arc;

use async_trait::async_trait;
use teal_activities::{Io, Orchestrator, Pulse, apply, stream};
use teal_model::Result;
use teal_proto::v1::{
    ApplyBeginRequest, ApplyFinishRequest, ApplyOutline, ApplyReport, ApplyStepReport,
    ApplyStepRequest, IngestReport, IngestRequest, IntentReport, IntentRequest, LoadReport,
    LoadRequest, MergeReport, MergeRequest, NoteReport, NoteRequest, ReconcileReport,
    ReconcileRequest, ResetReport, ResetRequest, ResyncReport, ResyncRequest, RetireReport,
    RetireRequest,
};

/// One function per activity; the names are those of `teal_workflows::contract`.
#[expect(missing_docs, reason = "each is the activity of its name")]
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    async fn load(&self, request: &LoadRequest) -> Result<LoadReport>;
    async fn reconcile(
        &self,
        request: &ReconcileRequest,
        pulse: &dyn Pulse,
    ) -> Result<ReconcileReport>;
    async fn ingest(&self, request: &IngestRequest, pulse: &dyn Pulse) -> Result<IngestReport>;
    async fn merge(&self, request: &MergeRequest, pulse: &dyn Pulse) -> Result<MergeReport>;
    async fn note(&self, request: &NoteRequest) -> Result<NoteReport>;
    async fn set_intent(&self, request: &IntentRequest) -> Result<IntentReport>;
    async fn resync(&self, request: &ResyncRequest) -> Result<ResyncReport>;
    async fn reset(&self, request: &ResetRequest, pulse: &dyn Pulse) -> Result<ResetReport>;
    async fn retire(&self, request: &RetireRequest, pulse: &dyn Pulse) -> Result<RetireReport>;
    async fn apply_begin(&self, request: &ApplyBeginRequest) -> Result<ApplyOutline>;
    async fn apply_step(
        &self,
        request: &ApplyStepRequest,
        pulse: &dyn Pulse,
    ) -> Result<ApplyStepReport>;
    async fn apply_finish(&self, request: &ApplyFinishRequest) -> Result<ApplyReport>;
}

/// The engine itself.
pub(crate) struct Real {
    pub(crate) io: Arc<Io>,
    pub(crate) orchestrator: Arc<dyn Orchestrator>,
}

#[async_trait]
impl Engine for Real {
    async fn load(&self, request: &LoadRequest) -> Result<LoadReport> {
        stream::load(&self.io, request).await
    }

    async fn reconcile(
        &self,
        request: &ReconcileRequest,
        pulse: &dyn Pulse,
    ) -> Result<ReconcileReport> {
        Box::pin(stream::reconcile(&self.io, request, pulse)).await
    }

    async fn ingest(&self, request: &IngestRequest, pulse: &dyn Pulse) -> Result<IngestReport> {
        Box::pin(stream::ingest(&self.io, request, pulse)).await
    }

    async fn merge(&self, request: &MergeRequest, pulse: &dyn Pulse) -> Result<MergeReport> {
        Box::pin(stream::merge(&self.io, request, pulse)).await
    }

    async fn note(&self, request: &NoteRequest) -> Result<NoteReport> {
        stream::note(&self.io, request).await
    }

    async fn set_intent(&self, request: &IntentRequest) -> Result<IntentReport> {
        stream::set_intent(&self.io, request).await
    }

    async fn resync(&self, request: &ResyncRequest) -> Result<ResyncReport> {
        stream::resync(&self.io, request).await
    }

    async fn reset(&self, request: &ResetRequest, pulse: &dyn Pulse) -> Result<ResetReport> {
        Box::pin(stream::reset(&self.io, request, pulse)).await
    }

    async fn retire(&self, request: &RetireRequest, pulse: &dyn Pulse) -> Result<RetireReport> {
        Box::pin(stream::retire(&self.io, request, pulse)).await
    }

    async fn apply_begin(&self, request: &ApplyBeginRequest) -> Result<ApplyOutline> {
        Box::pin(apply::begin(&self.io, request)).await
    }

    async fn apply_step(
        &self,
        request: &ApplyStepRequest,
        pulse: &dyn Pulse,
    ) -> Result<ApplyStepReport> {
        Box::pin(apply::step(&self.io, &*self.orchestrator, request, pulse)).await
    }

    async fn apply_finish(&self, request: &ApplyFinishRequest) -> Result<ApplyReport> {
        apply::finish(&self.io, request).await
    }
}
