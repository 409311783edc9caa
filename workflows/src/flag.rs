//! Changes of what workflow code does, for histories that began before them.
//!
//! A history is replayed by whatever version of the program polls. Where that version gives commands
//! in another order than the one that wrote the history, it must ask a flag first: a history that
//! passed this place without the flag goes the old way for ever, a new one goes the new way.
//!
//! | number | since | what changed |
//! |---|---|---|
//! | 1 | 0.1.0 | a stream's history is renewed after some thirty batches |
//! | 2 | 0.1.0 | a batch that an earlier attempt staged serves nobody who waits, and one more follows; also behind a batch that is given up |
//!
//! Rules: a number is never used again; a flag goes when no history without it can be open any more
//! (streams renew theirs daily: `RENEW_AFTER_MS`), which is two versions later. What only changes the
//! *state* needs no flag, as long as the same events still give the same commands: the replay tests
//! tell. How to go about it: `docs/contributing/workflows.md`.

use temporalio_sdk::WorkflowContext;

/// One change of the order of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag {
    number: u32,
}

impl Flag {
    /// Histories are renewed long before the server suggests it.
    pub const SHORT_HISTORIES: Self = Self::new(1);
    /// What an attempt that died had staged serves nobody who waits; and where a batch is given up that
    /// somebody asked behind, another one begins at once.
    pub const IMAGES_SERVE: Self = Self::new(2);

    /// A change; its number stands in the table above, with what it changed.
    pub const fn new(number: u32) -> Self {
        Self { number }
    }

    /// Whether this history goes the new way: it does, unless it passed here before the change.
    pub fn is_on<W>(self, ctx: &WorkflowContext<W>) -> bool {
        ctx.patched(&format!("teal/{}", self.number))
    }
}
