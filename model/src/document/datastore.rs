//! `kind: Datastore`: a producer's database.

use super::{
    dataset::DatasetBody, hints::Hints, ingest::Ingest, max_delete::MaxDeleteField,
    schedule::ScheduleField, source::Source,
};
use crate::yaml::{Entries, Spanned, Word, mapping::mapping};

mapping! {
    /// A producer's database and the tables of it that the model knows.
    ///
    /// ```yaml
    /// kind: Datastore
    /// name: shop
    /// team: retail/online
    /// source: {postgres: {host: db.example, database: shop}, credential: shop_reader}
    /// ingest: {snapshot: {}}
    /// schedule: {every: 5m}
    /// datasets:
    ///   customers:
    ///     table: public.customers
    ///     key: [id]
    ///     columns:
    ///       id: bigint
    ///       name: varchar(80)
    ///       vip: {type: boolean, nullable: true}
    /// ```
    pub struct Datastore {
        /// Its name, the first part of `store:dataset` and of the names of its tables.
        name: Spanned<String>,
        /// Earlier names: its data goes on under the new one.
        formerly: Vec<Spanned<String>>,
        /// Its owner, as `zone/team`.
        team: Spanned<String>,
        /// What it is, for people who read the model.
        description: Option<Spanned<String>>,
        /// The database, and the credential that reads it.
        source: Source,
        /// How its changes are found.
        ingest: Ingest,
        /// Whether its datasets share one stream.
        streams: Option<Spanned<Streams>> = "multi",
        /// When batches of its streams are due.
        schedule: ScheduleField,
        /// Sizes of its jobs, where those of the platform do not fit.
        hints: Option<Hints>,
        /// Largest part of a dataset that one batch may delete; beyond it the stream stops and asks.
        max_delete: Option<MaxDeleteField>,
        /// Which tables `teal discover` looks at; nothing else reads it.
        discover: Option<Discover>,
        /// Its datasets by name; others may stand in documents `kind: Dataset`, and where both exist,
        /// what is said here is laid over.
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
        /// Whether views and materialised views are looked at.
        views: Option<Spanned<bool>> = true,
        /// Whether foreign tables are looked at.
        foreign_tables: Option<Spanned<bool>> = true,
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

impl Word for Streams {
    const EXPECTED: &str = "multi or single";

    const WORDS: &'static [(&'static str, Self, &'static str)] = &[
        ("multi", Self::Multi, "all datasets in one stream: one snapshot, one batch number"),
        ("single", Self::Single, "one stream for each dataset"),
    ];
}

impl Datastore {
    /// How its datasets share streams.
    pub fn streams(&self) -> Streams {
        self.streams.as_ref().map_or(Streams::Multi, |streams| streams.value)
    }
}
