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
    BatchCopy: "batch.copy", "copying rows in",
        "the staged rows of one dataset; a later attempt copies all of them again under its own epoch";
    BatchIngested: "batch.ingested", "marking the batch as ingested",
        "the mark that everything is staged; with it nothing is read again, without it everything is";
    BatchIndex: "batch.index", "indexing the staged rows",
        "the key index of one dataset's staging; a second merge finds or makes it";
    BatchReturn: "batch.return", "returning the batch to started",
        "an ingested batch whose staging was lost is read again under its number";
    BatchCommit: "batch.commit", "committing the batch",
        "rows, counts, position and batch; the next try finds all of it or nothing";
    BatchCleanUp: "batch.clean_up", "dropping the staging of a committed batch",
        "staging that is merged; what stays goes when the next batch begins";
    BatchGiveUp: "batch.give_up", "giving a batch up",
        "the number of a batch that failed for good; nobody commits it any more";
    BatchNote: "batch.note", "writing a batch's failure",
        "what the last attempt at the open batch met, for people";
    BatchResetSaid: "batch.reset_said", "announcing a reset",
        "that somebody resets the batch; a batch that goes on all the same commits without it";
    BatchReset: "batch.reset", "resetting a batch",
        "as batch.give_up, because a person wants it";
    BatchResetAudit: "batch.reset_audit", "writing the audit of a reset",
        "who reset the batch; the batch itself says it too";
    DigestKeep: "digest.keep", "keeping the digest of a first load",
        "what was computed from the merge table; it is computed again";
    DigestForget: "digest.forget", "forgetting digests",
        "digests that lied; the batch returns to started next, and the next try compares everything";
    StreamEnter: "stream.enter", "adding the stream to the ledger",
        "the stream's row in the ledger, made by whoever comes first";
    StreamDue: "stream.due", "writing the next due time",
        "when a stream of a new configuration runs next";
    StreamNote: "stream.note", "writing the stream's state",
        "state and failures for people; the workflow notes it again";
    StreamProgress: "stream.progress", "showing progress",
        "how far a copy is; the next look says it anew";
    StreamIncarnation: "stream.incarnation", "raising the incarnation",
        "the ledger lost batches that a workflow remembers; it is raised once";
    StreamIncarnationAudit: "stream.incarnation_audit", "writing the audit of an incarnation",
        "that it was raised; lost when the process dies in between, the ledger's number tells it";
    StreamIntent: "stream.intent", "writing the stream's intent",
        "pause, resume, retire with their audit; said again it changes nothing";
    StreamResync: "stream.resync", "entering a resync",
        "a wish to compare or load again, with its audit; the next batch does it";
    TablesAlter: "tables.alter", "committing the DDL",
        "tables, views and the configuration they stand for";
    TablesInLine: "tables.in_line", "recording the configuration",
        "that tables and views stand for the configuration; looked at again otherwise";
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
    CatalogClaim: "catalog.claim", "naming the catalog's ecosystem",
        "whose catalog it is; claimed again it stays";
    LedgerClaim: "ledger.claim", "naming the catalog of the merge store",
        "which catalog writes to a merge store; claimed again it stays";
    ApplyBegin: "apply.begin", "beginning the apply",
        "which plan is being applied; the same one goes on, another one waits for its end";
    ApplyTouch: "apply.touch", "touching the plan",
        "the sign of life of an apply, at each step";
    ApplyStop: "apply.stop", "noting that the apply stopped",
        "that nobody is at work on a plan whose step failed; its silence says so a minute later";
    ApplyInstall: "apply.install", "installing the release",
        "configurations, intents and workspaces of a release";
    ApplyInstallStream: "apply.install_stream", "installing a stream",
        "the configuration of a stream whose own step installs it";
    ApplyHandOver: "apply.hand_over", "handing tables over",
        "tables that go to other streams, with their batch numbers";
    ApplyRepair: "apply.repair", "asking for the tables to be looked at",
        "that a stream must look at its tables; its reload comes next, or the next apply";
    ApplyRetire: "apply.retire", "retiring a stream",
        "the end of a stream in the control catalog, where its workflow did not write it";
    ApplyPublish: "apply.publish", "committing the step",
        "one step for consumers: a schema, a role, a grant, a status view, the end of one of these";
    ApplyMoveViews: "apply.move_views", "moving the views of a workspace",
        "views of a workspace on other streams, all at one stroke";
    ApplyFinish: "apply.finish", "finishing the apply",
        "the release counts as installed";
    WorkflowStart: "workflow.start", "starting a workflow",
        "an open workflow of a stream or an apply; started again the open one is found";
    WorkflowUpdate: "workflow.update", "sending an update to a workflow",
        "what a person or an apply asks of a stream; asked again it answers the same or says why not";
    WorkflowCancel: "workflow.cancel", "cancelling a workflow",
        "the wish that an apply ends; wished again it ends";
    WorkflowTerminate: "workflow.terminate", "terminating a workflow",
        "the end of a workflow that nobody attends to; its catalog goes on";
    WorkflowAttributes: "workflow.attributes", "registering search attributes",
        "search attributes of the namespace; those that are there are left out";
    WorkflowRenew: "workflow.renew", "continuing a stream's workflow as a new run",
        "the short history that a stream goes on with, between two batches";
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
