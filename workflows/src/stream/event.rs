//! What may happen to a stream, and what its workflow may order.

use teal_proto::v1::{Failure, IngestReport, LoadReport, MergeReport, ReconcileReport};

/// One activity of the main line. At most one of them runs at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// `stream.load`
    Load,
    /// `stream.reconcile`
    Reconcile,
    /// `stream.ingest`; `begin` allots or re-takes the batch number.
    Ingest,
    /// `stream.merge`
    Merge {
        /// Number of the staged batch.
        batch: u32,
        /// Epoch under which it was staged.
        epoch: i64,
        /// Rows in staging, for people.
        rows: u64,
    },
    /// `stream.retire`
    Retire,
}

/// What may happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The workflow began, or continued as new.
    Started,
    /// `stream.load` answered.
    Loaded(Box<LoadReport>),
    /// `stream.reconcile` answered.
    Reconciled(ReconcileReport),
    /// `stream.ingest` answered: the batch is staged.
    Ingested(IngestReport),
    /// `stream.merge` answered: the batch is committed.
    Merged(MergeReport),
    /// `stream.retire` answered.
    Retired,
    /// The running activity failed or timed out.
    Failed(Failure),
    /// The running activity stopped because it was told to.
    Cancelled,
    /// `stream.note` answered with the next tick of the schedule (0: none); `None`: it failed.
    Noted(Option<i64>),
    /// The deadline is reached.
    Due,
    /// A person asks for a batch now.
    RunNow {
        /// It may delete more than `max_delete`.
        accept_deletes: bool,
    },
    /// A person said pause; it stands in the catalog already.
    Pause,
    /// A person said go on; it stands in the catalog already.
    Resume,
    /// A person said: try now what failed.
    Retry,
    /// What people want compared or loaded again, as it stands in the catalog now.
    Wishes {
        /// Number of the newest wish that is not done; 0: there is none.
        wanted: u64,
        /// For people.
        words: String,
    },
    /// A person had the open batch given up in the ledger.
    Reset,
    /// The configuration in the catalog changed.
    Reload,
    /// A person or an apply ends the stream; it stands in the catalog already.
    Retire,
}

/// What the driver has to do, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Start this activity.
    Do {
        /// Which.
        work: Work,
        /// Let the batch delete more than `max_delete`.
        accept_deletes: bool,
    },
    /// Tell the running activity to stop; its end is an event as ever.
    Cancel,
    /// Tell the catalog what was decided, and wait for that.
    Note {
        /// The open batch is given up: the next try takes a new number.
        abandon: bool,
    },
    /// End the workflow.
    Close,
}
