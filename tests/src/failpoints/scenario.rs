//! Which boundary dies in which scenario.

use std::sync::Arc;

use futures::future::BoxFuture;
use teal_failpoint::{Boundary, Point, Side};
use tokio::sync::Semaphore;

use super::{applies, commands, people, streams};
use crate::testkit::plant::{Deaths, Plant};

/// A way of passing some boundaries; a process dies on both sides of each.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    /// What dies, and what has to be right afterwards.
    pub(super) story: &'static str,
    pub(super) boundaries: &'static [Boundary],
    /// Among how many plants the points are shared, to be done side by side. A death in a worker
    /// takes a quarter of a minute, most of it waiting.
    plants: usize,
    work: fn(Plant, Vec<Point>) -> BoxFuture<'static, ()>,
}

/// Plants that work at one time. Most of their time they wait; where they do not, two processors are
/// not to be so busy that the living seem dead.
static ROOM: Semaphore = Semaphore::const_new(14);

/// All of them; the longest comes first.
pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "changed_apply",
        story: "`teal apply` of a changed model dies in the step that the change brings",
        boundaries: &[
            Boundary::ApplyRepair,
            Boundary::ApplyStop,
            Boundary::ApplyInstallStream,
            Boundary::ApplyMoveViews,
            Boundary::ApplyHandOver,
            Boundary::ApplyRetire,
        ],
        plants: 3,
        work: |plant, points| Box::pin(applies::changed(plant, points)),
    },
    Scenario {
        name: "batch",
        story: "a worker dies in the batch of a stream; the next one goes on with it",
        boundaries: &[
            Boundary::BatchBegin,
            Boundary::BatchCopy,
            Boundary::BatchIngested,
            Boundary::BatchIndex,
            Boundary::BatchCommit,
            Boundary::BatchCleanUp,
        ],
        plants: 3,
        work: |plant, points| Box::pin(streams::batch(plant, points)),
    },
    Scenario {
        name: "slow_copy",
        story: "a worker dies while it shows how far a long copy is",
        boundaries: &[Boundary::StreamProgress],
        plants: 1,
        work: |plant, points| Box::pin(streams::slow_copy(plant, points)),
    },
    Scenario {
        name: "digest",
        story: "a worker dies while it keeps the digest of a table that was just loaded",
        boundaries: &[Boundary::DigestKeep],
        plants: 1,
        work: |plant, points| Box::pin(streams::digest(plant, points)),
    },
    Scenario {
        name: "lying_digest",
        story: "somebody damaged a table; the worker that finds out dies, the next one mends it",
        boundaries: &[Boundary::DigestForget, Boundary::BatchReturn],
        plants: 1,
        work: |plant, points| Box::pin(streams::lying_digest(plant, points)),
    },
    Scenario {
        name: "transient",
        story: "a batch fails, and the worker dies while it writes down why",
        boundaries: &[Boundary::BatchNote, Boundary::StreamNote],
        plants: 1,
        work: |plant, points| Box::pin(streams::transient(plant, points)),
    },
    Scenario {
        name: "bad_data",
        story: "a key comes twice, and the worker dies while it gives the batch up",
        boundaries: &[Boundary::BatchGiveUp],
        plants: 1,
        work: |plant, points| Box::pin(streams::bad_data(plant, points)),
    },
    Scenario {
        name: "renewal",
        story: "a worker dies between the last batch of a workflow's run and the next run",
        boundaries: &[Boundary::WorkflowRenew],
        plants: 1,
        work: |plant, points| Box::pin(streams::renewal(plant, points)),
    },
    Scenario {
        name: "restored",
        story: "the merge store is an older one, and the worker that notices dies",
        boundaries: &[Boundary::StreamIncarnation, Boundary::StreamIncarnationAudit],
        plants: 1,
        work: |plant, points| Box::pin(streams::restored(plant, points)),
    },
    Scenario {
        name: "spoken",
        story: "somebody asks a stream for something, and the worker that writes it down dies",
        boundaries: &[Boundary::StreamIntent, Boundary::StreamResync],
        plants: 1,
        work: |plant, points| Box::pin(people::spoken(plant, points)),
    },
    Scenario {
        name: "reset",
        story: "somebody resets a batch, and the worker that gives it up dies",
        boundaries: &[Boundary::BatchResetSaid, Boundary::BatchReset, Boundary::BatchResetAudit],
        plants: 2,
        work: |plant, points| Box::pin(people::reset(plant, points)),
    },
    Scenario {
        name: "retired",
        story: "a stream is retired, and the worker that takes its tables away dies",
        boundaries: &[Boundary::RetireTables, Boundary::RetireMark],
        plants: 1,
        work: |plant, points| Box::pin(people::retired(plant, points)),
    },
    Scenario {
        name: "apply",
        story: "a worker dies in a step of an apply; the next one goes on with it",
        boundaries: &[
            Boundary::TablesAlter,
            Boundary::TablesInLine,
            Boundary::ViewsPut,
            Boundary::WorkflowUpdate,
        ],
        plants: 2,
        work: |plant, points| Box::pin(applies::by_worker(plant, points)),
    },
    Scenario {
        name: "first_apply",
        story: "`teal apply` of an empty catalog dies again and again; the same command goes on",
        boundaries: &[
            Boundary::CatalogMigrate,
            Boundary::PlanStore,
            Boundary::CatalogClaim,
            Boundary::LedgerClaim,
            Boundary::ApplyBegin,
            Boundary::ApplyTouch,
            Boundary::ApplyInstall,
            Boundary::WorkflowStart,
            Boundary::StreamEnter,
            Boundary::StreamDue,
            Boundary::ApplyPublish,
            Boundary::ApplyFinish,
        ],
        plants: 1,
        work: |plant, points| Box::pin(applies::first(plant, points)),
    },
    Scenario {
        name: "drop",
        story: "`teal drop` dies; the table is there and listed, or gone and not listed",
        boundaries: &[Boundary::DropTable, Boundary::DropAudit],
        plants: 1,
        work: |plant, points| Box::pin(commands::dropped(plant, points)),
    },
    Scenario {
        name: "attributes",
        story: "a worker that starts in a new namespace dies while it registers search attributes",
        boundaries: &[Boundary::WorkflowAttributes],
        plants: 1,
        work: |plant, points| Box::pin(commands::attributes(plant, points)),
    },
    Scenario {
        name: "taken_back",
        story: "`teal apply --cancel` dies while it takes back an apply that no worker has begun",
        boundaries: &[Boundary::WorkflowTerminate],
        plants: 1,
        work: |plant, points| Box::pin(commands::taken_back(plant, points)),
    },
    Scenario {
        name: "cancelled",
        story: "`teal apply --cancel` dies while it cancels an apply that a worker is at",
        boundaries: &[Boundary::WorkflowCancel],
        plants: 1,
        work: |plant, points| Box::pin(commands::cancelled(plant, points)),
    },
];

impl Scenario {
    /// Both sides of each of its boundaries.
    pub(super) fn points(&self) -> Vec<Point> {
        let both = |boundary: &Boundary| {
            [Side::Before, Side::After].map(|side| Point { boundary: *boundary, side })
        };
        self.boundaries.iter().flat_map(both).collect()
    }

    /// All its points, each plant some of them.
    pub(super) async fn run(&self, deaths: Deaths) {
        let points = self.points();
        let each = points.len().div_ceil(self.plants);
        let plants = points.chunks(each).enumerate().map(|(number, points)| {
            let (deaths, points) = (Arc::clone(&deaths), points.to_vec());
            async move {
                let _room = ROOM.acquire().await.expect("it is never closed");
                let plant = Plant::new(&format!("failpoints_{}_{number}", self.name), deaths).await;
                (self.work)(plant, points).await;
            }
        });
        futures::future::join_all(plants).await;
    }
}
