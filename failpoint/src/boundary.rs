//! The table of durable boundaries. A new one is a line here, a call of the function that takes it,
//! and a run in the matrix of `tests/src/failpoints`; `cargo x docs` writes the page.

use std::fmt;

macro_rules! boundaries {
    ($( $id:ident: $name:literal, $doing:literal, $protects:literal; )*) => {
        /// Something that becomes durable at one stroke: a transaction, or a command to Temporal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Boundary {
            $(
                #[doc = $protects]
                $id,
            )*
        }

        impl Boundary {
            /// All of them, in the order of a stream's life.
            pub const ALL: &[Self] = &[$( Self::$id ),*];

            /// Its name: `batch.commit`.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$id => $name ),* }
            }

            /// What is being done, for errors: `committing the batch`.
            pub const fn doing(self) -> &'static str {
                match self { $( Self::$id => $doing ),* }
            }

            /// What becomes durable, and what holds when the process dies before or after it.
            pub const fn protects(self) -> &'static str {
                match self { $( Self::$id => $protects ),* }
            }
        }
    };
}

boundaries! {
    BatchBegin: "batch.begin", "beginning an attempt",
        "number and epoch of an attempt; the next attempt takes the number again and fences this one";
    BatchIngested: "batch.ingested", "marking the batch as ingested",
        "the mark that everything is staged; with it nothing is read again, without it everything is";
    BatchReturn: "batch.return", "returning the batch to started",
        "an ingested batch whose staging was lost is read again under its number";
    BatchCommit: "batch.commit", "committing the batch",
        "rows, counts, position and batch; the next try finds all of it or nothing";
    BatchGiveUp: "batch.give_up", "giving a batch up",
        "the number of a batch that failed for good; nobody commits it any more";
    BatchReset: "batch.reset", "resetting a batch",
        "as batch.give_up, because a person wants it";
    StreamIncarnation: "stream.incarnation", "raising the incarnation",
        "the ledger lost batches that a workflow remembers; it is raised once";
    StreamIntent: "stream.intent", "writing the stream's intent",
        "pause, resume, retire with their audit; said again it changes nothing";
    StreamResync: "stream.resync", "entering a resync",
        "a wish to compare or load again, with its audit; the next batch does it";
    TablesAlter: "tables.alter", "committing the DDL",
        "tables, views and the configuration they stand for";
    ViewsPut: "views.put", "committing the views",
        "views of a stream whose tables stay as they are";
    RetireTables: "retire.tables", "retiring the stream's tables",
        "tables and views of a stream that ends; history is kept aside";
    RetireMark: "retire.mark", "marking the stream as retired",
        "the end of a stream in the control catalog";
    PlanStore: "plan.store", "storing the plan",
        "plan and release under their hashes; stored again they are the same";
    CatalogMigrate: "catalog.migrate", "migrating the catalog",
        "all missing migrations at once";
    ApplyBegin: "apply.begin", "beginning the apply",
        "which plan is being applied; the same one goes on, another one waits for its silence";
    ApplyInstall: "apply.install", "installing the release",
        "configurations, intents and workspaces of a release";
    ApplyInstallStream: "apply.install_stream", "installing a stream",
        "the configuration of a stream whose own step installs it";
    ApplyHandOver: "apply.hand_over", "handing tables over",
        "tables that go to other streams, with their batch numbers";
    ApplyPublish: "apply.publish", "committing the step",
        "one step for consumers: a schema, a role, a grant, a status view, the end of one of these";
    ApplyMoveViews: "apply.move_views", "moving the views of a workspace",
        "views of a workspace on other streams, all at one stroke";
    ApplyFinish: "apply.finish", "finishing the apply",
        "the release counts as installed";
    DropTable: "drop.table", "dropping a retired table",
        "a retired table and its row in the ledger";
    DropAudit: "drop.audit", "writing the audit",
        "who dropped it; lost when the process dies in between, the table's row tells when";
}

/// On which side of a boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Nothing is durable yet.
    Before,
    /// It is durable, and nobody has heard of it.
    After,
}

/// One side of a boundary: what a test arms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Point {
    /// Of what.
    pub boundary: Boundary,
    /// Which.
    pub side: Side,
}

impl Point {
    /// All points.
    pub fn all() -> impl Iterator<Item = Self> {
        let sides = [Side::Before, Side::After];
        Boundary::ALL.iter().flat_map(move |boundary| {
            sides.into_iter().map(|side| Self { boundary: *boundary, side })
        })
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Before => "before",
            Side::After => "after",
        };
        write!(f, "{}:{side}", self.boundary.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_plain() {
        let names: BTreeSet<&str> = Boundary::ALL.iter().map(|boundary| boundary.name()).collect();
        assert_eq!(names.len(), Boundary::ALL.len());
        for name in names {
            let plain = |part: &str| {
                !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
            };
            let (area, what) = name.split_once('.').unwrap_or_default();
            assert!(plain(area) && plain(what), "{name}");
        }
    }
}
