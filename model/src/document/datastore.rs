//! `kind: Datastore`: a producer's database.

use super::{
    dataset::DatasetBody, hints::Hints, ingest::Ingest, max_delete::MaxDeleteField,
    schedule::ScheduleField, source::Source,
};
use crate::yaml::{Entries, Refusal, Scalar, Spanned, mapping::mapping, one_of};

mapping! {
    /// A producer's database and the tables of it that the model knows.
    pub struct Datastore {
        /// Its name.
        name: Spanned<String>,
        /// Earlier names.
        formerly: Vec<Spanned<String>>,
        /// Owner, `zone/team`.
        team: Spanned<String>,
        /// For people.
        description: Option<Spanned<String>>,
        /// Where it is.
        source: Source,
        /// How its changes are found.
        ingest: Ingest,
        /// Whether its datasets share one stream; `multi` where it is not said.
        streams: Option<Spanned<Streams>>,
        /// When its batches are due.
        schedule: ScheduleField,
        /// Sizes of its jobs.
        hints: Option<Hints>,
        /// How much may vanish at once.
        max_delete: Option<MaxDeleteField>,
        /// Which tables `teal discover` looks at; nothing else reads it.
        discover: Option<Discover>,
        /// Its datasets; others may stand in documents `kind: Dataset`.
        datasets: Entries<DatasetBody>,
    }
}

mapping! {
    /// Which tables of the database become datasets.
    pub struct Discover {
        /// Schemas; `public` where it is not said.
        schemas: Vec<Spanned<String>>,
        /// Names or patterns (`*`, `?`) of tables, with or without their schema; all where it is
        /// not said.
        tables: Vec<Spanned<String>>,
        /// Names or patterns of tables that are left out.
        exclude: Vec<Spanned<String>>,
        /// Whether views and materialised views are looked at; `true` where it is not said.
        views: Option<Spanned<bool>>,
        /// Whether foreign tables are looked at; `true` where it is not said.
        foreign_tables: Option<Spanned<bool>>,
    }
}

/// How datasets of a store share streams.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Streams {
    /// All datasets in one stream: one snapshot, one batch number.
    #[default]
    Multi,
    /// One stream for each dataset.
    Single,
}

impl Scalar for Streams {
    const EXPECTED: &str = "multi or single";

    fn placeholder() -> Self {
        Self::Multi
    }

    fn parse(text: &str, _: bool) -> Result<Self, Refusal> {
        one_of(text, &[("multi", Self::Multi), ("single", Self::Single)])
    }
}

impl Datastore {
    /// How its datasets share streams.
    pub fn streams(&self) -> Streams {
        self.streams.as_ref().map_or(Streams::Multi, |streams| streams.value)
    }
}
