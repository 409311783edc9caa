//! Tickets of `run_now`: who asked for a batch, and whose image a batch brings.
//!
//! Whoever asks wants what the source holds then. An attempt that dies after it staged a batch leaves
//! an image that the next attempt finds, and that is older than what was asked for in between.

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
    /// Handed out when the open batch was first begun here. `None`: this history did not begin it.
    pub begun: Option<u64>,
    /// Covered by what an attempt before the last one may have staged.
    pub older: u64,
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
            begun: None,
            older: served,
            is_known: false,
            by_image: false,
        }
    }

    /// An ingest starts.
    pub(super) fn begin(&mut self) {
        self.older = self.begun.unwrap_or(self.served);
        self.begun.get_or_insert(self.requested);
        self.serving = self.requested;
        self.is_known = false;
    }

    /// It answered: it read the source itself, or found what an attempt before it had staged.
    pub(super) fn read(&mut self, staged_before: bool) {
        self.is_known = true;
        if staged_before && self.by_image {
            self.serving = self.older;
        }
    }

    /// What the ledger says is staged is merged. An ingest that never answered may have staged it, or
    /// one before it.
    pub(super) fn read_unseen(&mut self) {
        if !self.is_known && self.by_image {
            self.serving = self.older;
        }
    }

    /// The batch is committed or given up.
    pub(super) fn end(&mut self) {
        self.served = self.served.max(self.serving);
        self.begun = None;
    }

    /// Whether somebody asked since the image was read of the batch that has just ended.
    pub(super) const fn are_open(&self) -> bool {
        self.by_image && self.requested > self.served
    }
}
