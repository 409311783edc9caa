//! Tickets of `run_now`: who asked for a batch, and whose image a batch brings.
//!
//! Whoever asks wants what the source holds then. An attempt that dies after it staged a batch leaves
//! an image that the next attempt finds. Who staged it and when, nobody here can tell, so it serves
//! nobody who still waits: one more batch follows for them.

/// Tickets of `run_now`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Runs {
    /// Handed out.
    pub requested: u64,
    /// Covered by the run that is going on: those handed out before its image was read.
    pub serving: u64,
    /// Covered by a run that ended.
    pub served: u64,
    /// Last ticket whose batch may delete more than `max_delete`.
    pub accept: u64,
    /// The last ingest has answered, so it is known whose image is staged.
    pub is_known: bool,
    /// Whether the age of an image is looked at: `Flag::IMAGES_SERVE`.
    pub by_image: bool,
}

impl Runs {
    /// After those that a workflow before this served.
    pub(super) const fn carried(requested: u64, served: u64, accept: bool) -> Self {
        Self {
            requested,
            serving: served,
            served,
            accept: if accept { requested } else { 0 },
            is_known: false,
            by_image: false,
        }
    }

    /// An ingest starts.
    pub(super) const fn begin(&mut self) {
        self.serving = self.requested;
        self.is_known = false;
    }

    /// It answered: it read the source itself, or found what an attempt before it had staged.
    pub(super) const fn read(&mut self, staged_before: bool) {
        self.is_known = true;
        if staged_before && self.by_image {
            self.serving = self.served;
        }
    }

    /// What the ledger says is staged is merged, and no ingest told of it.
    pub(super) const fn read_unseen(&mut self) {
        if !self.is_known && self.by_image {
            self.serving = self.served;
        }
    }

    /// Whether somebody waits for the batch that is open, so that it matters who staged it.
    pub(super) const fn are_served(&self) -> bool {
        self.serving != self.served
    }

    /// The batch is committed or given up.
    pub(super) fn end(&mut self) {
        self.served = self.served.max(self.serving);
    }

    /// Whether somebody still waits, now that the batch has ended.
    pub(super) const fn are_open(&self) -> bool {
        self.by_image && self.requested > self.served
    }
}
