//! The activities that workflows call: fixed names, inputs, results. `worker/` implements them.
//!
//! | activity | queue | reason |
//! |---|---|---|
//! | `stream.load`, `stream.note`, `stream.set_intent`, `stream.resync` | workflows | a few statements at the catalog |
//! | `stream.reset` | workflows | ends what hangs at the merge store and at the source, and must not wait behind it |
//! | `stream.reconcile`, `stream.retire` | workflows | DDL: the merge store does the work, the worker waits; a stream must take its shape, or end, even when no worker of its class runs |
//! | `stream.ingest`, `stream.merge` | class of each | move rows |
//! | `apply.begin`, `apply.step`, `apply.finish` | workflows | catalog, DDL, calls to Temporal |

// The macro declares functions whose bodies nobody calls.
#![allow(
    missing_docs,
    missing_debug_implementations,
    clippy::needless_pass_by_value,
    clippy::unimplemented,
    reason = "declarations: the macro wants exactly this form; the .proto files say what fields mean"
)]

use teal_proto::v1::{
    ApplyBeginRequest, ApplyFinishRequest, ApplyOutline, ApplyReport, ApplyStepReport,
    ApplyStepRequest, IngestReport, IngestRequest, IntentReport, IntentRequest, LoadReport,
    LoadRequest, MergeReport, MergeRequest, NoteReport, NoteRequest, ReconcileReport,
    ReconcileRequest, ResetReport, ResetRequest, ResyncReport, ResyncRequest, RetireReport,
    RetireRequest,
};
use temporalio_macros::activity_definitions;
use temporalio_sdk::activities::ActivityError;

/// Name of [`StreamActivities::load`].
pub const STREAM_LOAD: &str = "stream.load";
/// Name of [`StreamActivities::reconcile`].
pub const STREAM_RECONCILE: &str = "stream.reconcile";
/// Name of [`StreamActivities::ingest`].
pub const STREAM_INGEST: &str = "stream.ingest";
/// Name of [`StreamActivities::merge`].
pub const STREAM_MERGE: &str = "stream.merge";
/// Name of [`StreamActivities::note`].
pub const STREAM_NOTE: &str = "stream.note";
/// Name of [`StreamActivities::set_intent`].
pub const STREAM_SET_INTENT: &str = "stream.set_intent";
/// Name of [`StreamActivities::resync`].
pub const STREAM_RESYNC: &str = "stream.resync";
/// Name of [`StreamActivities::reset`].
pub const STREAM_RESET: &str = "stream.reset";
/// Name of [`StreamActivities::retire`].
pub const STREAM_RETIRE: &str = "stream.retire";
/// Name of [`ApplyActivities::begin`].
pub const APPLY_BEGIN: &str = "apply.begin";
/// Name of [`ApplyActivities::step`].
pub const APPLY_STEP: &str = "apply.step";
/// Name of [`ApplyActivities::finish`].
pub const APPLY_FINISH: &str = "apply.finish";

/// What the workflow of a stream calls.
#[derive(Debug)]
pub struct StreamActivities;

#[activity_definitions]
impl StreamActivities {
    #[activity(name = STREAM_LOAD)]
    pub fn load(request: LoadRequest) -> Result<LoadReport, ActivityError> {
        unimplemented!()
    }

    #[activity(name = STREAM_RECONCILE)]
    pub fn reconcile(request: ReconcileRequest) -> Result<ReconcileReport, ActivityError> {
        unimplemented!()
    }

    #[activity(name = STREAM_INGEST)]
    pub fn ingest(request: IngestRequest) -> Result<IngestReport, ActivityError> {
        unimplemented!()
    }

    #[activity(name = STREAM_MERGE)]
    pub fn merge(request: MergeRequest) -> Result<MergeReport, ActivityError> {
        unimplemented!()
    }

    #[activity(name = STREAM_NOTE)]
    pub fn note(request: NoteRequest) -> Result<NoteReport, ActivityError> {
        unimplemented!()
    }

    #[activity(name = STREAM_SET_INTENT)]
    pub fn set_intent(request: IntentRequest) -> Result<IntentReport, ActivityError> {
        unimplemented!()
    }

    #[activity(name = STREAM_RESYNC)]
    pub fn resync(request: ResyncRequest) -> Result<ResyncReport, ActivityError> {
        unimplemented!()
    }

    #[activity(name = STREAM_RESET)]
    pub fn reset(request: ResetRequest) -> Result<ResetReport, ActivityError> {
        unimplemented!()
    }

    #[activity(name = STREAM_RETIRE)]
    pub fn retire(request: RetireRequest) -> Result<RetireReport, ActivityError> {
        unimplemented!()
    }
}

/// What the workflow of an apply calls.
#[derive(Debug)]
pub struct ApplyActivities;

#[activity_definitions]
impl ApplyActivities {
    #[activity(name = APPLY_BEGIN)]
    pub fn begin(request: ApplyBeginRequest) -> Result<ApplyOutline, ActivityError> {
        unimplemented!()
    }

    #[activity(name = APPLY_STEP)]
    pub fn step(request: ApplyStepRequest) -> Result<ApplyStepReport, ActivityError> {
        unimplemented!()
    }

    #[activity(name = APPLY_FINISH)]
    pub fn finish(request: ApplyFinishRequest) -> Result<ApplyReport, ActivityError> {
        unimplemented!()
    }
}
