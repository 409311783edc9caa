//! The eight words for the state of a stream, the same everywhere.

/// The words that people see: in `teal status`, in Temporal's UI, in the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Word {
    /// For the next due time, or for `run_now`.
    Waiting,
    /// Its tables and views take the shape of a new configuration.
    Reconciling,
    /// Rows travel from the source into staging.
    Ingesting,
    /// Staged rows are applied and the batch is committed.
    Merging,
    /// Something outside failed and may work in a moment; the same batch is tried again.
    BackingOff,
    /// A person has to mend something; probed on schedule, still answering.
    Failing,
    /// A person said so.
    Paused,
    /// Ends, or has ended.
    Retired,
}

impl Word {
    /// The word itself.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Reconciling => "reconciling",
            Self::Ingesting => "ingesting",
            Self::Merging => "merging",
            Self::BackingOff => "backing_off",
            Self::Failing => "failing",
            Self::Paused => "paused",
            Self::Retired => "retired",
        }
    }

    /// Reads the word of an earlier run; one that a newer version wrote counts as `waiting`.
    pub fn from_word(word: &str) -> Self {
        [
            Self::Reconciling,
            Self::Ingesting,
            Self::Merging,
            Self::BackingOff,
            Self::Failing,
            Self::Paused,
            Self::Retired,
        ]
        .into_iter()
        .find(|known| known.as_str() == word)
        .unwrap_or(Self::Waiting)
    }
}
