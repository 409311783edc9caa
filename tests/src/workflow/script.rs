//! An engine that does what a test says, over a ledger of a few numbers.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use teal_activities::{Pulse, code::ENGINE0001, pulse::Progress};
use teal_model::{
    Error, Result,
    error::{Code, Kind},
};
use teal_proto::v1::{
    ApplyBeginRequest, ApplyFinishRequest, ApplyOutline, ApplyPhase, ApplyReport, ApplyStepReport,
    ApplyStepRequest, IngestReport, IngestRequest, IntentReport, IntentRequest, LoadReport,
    LoadRequest, MergeReport, MergeRequest, NoteReport, NoteRequest, ReconcileReport,
    ReconcileRequest, ResetReport, ResetRequest, ResyncReport, ResyncRequest, RetireReport,
    RetireRequest,
};
use teal_worker::engine::Engine;

pub(super) const TRANSIENT: Code =
    Code::new("TEST0001", Kind::Transient, "the source is away", "wait");
pub(super) const DATA: Code = Code::new("TEST0002", Kind::Data, "one key came twice", "mend it");
pub(super) const CONFIG: Code =
    Code::new("TEST0003", Kind::Config, "a credential is missing", "set it");
pub(super) const FENCED: Code = Code::new("TEST0004", Kind::Fenced, "a newer attempt", "wait");
pub(super) const BUG: Code = Code::new("TEST0005", Kind::Bug, "this cannot be", "report it");

/// What an activity is going to do, when it is not just to succeed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    /// Fail like this.
    Fail(Code),
    /// Beat until the test lets go, or until it is cancelled.
    Hold,
    /// Neither beat nor end, as a worker that hangs.
    Hang,
}

/// The ledger and the plan of the test.
#[derive(Debug)]
pub(super) struct Script {
    state: Mutex<Ledger>,
    pub(super) release: AtomicBool,
    pub(super) queue: String,
}

/// What the engine knows.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// `run`, `paused`, `retired`.
    pub(super) intent: String,
    /// Configuration in the catalog.
    pub(super) config: String,
    /// Configuration whose tables stand.
    pub(super) reconciled: String,
    /// 0: external.
    pub(super) period_ms: i64,
    pub(super) last_batch: u32,
    /// Number, and whether it is staged.
    pub(super) open: Option<(u32, bool)>,
    pub(super) epoch: i64,
    /// Next acts of `ingest`, `merge`, `reconcile`, `step`.
    pub(super) ingest: VecDeque<Act>,
    pub(super) merge: VecDeque<Act>,
    pub(super) reconcile: VecDeque<Act>,
    pub(super) step: VecDeque<Act>,
    /// What was called, in order.
    pub(super) calls: Vec<String>,
    /// What was noted, in order.
    pub(super) notes: Vec<NoteRequest>,
    /// Steps that an apply has done.
    pub(super) steps_done: Vec<u32>,
    pub(super) search_attributes: bool,
    /// Highest batch that was given up; its number is used up.
    pub(super) used: u32,
    /// Newest resync that is wanted, that the open batch does, that is done.
    pub(super) wanted: u64,
    pub(super) serving: u64,
    pub(super) resynced: u64,
}

impl Script {
    pub(super) fn new(queue: String, period_ms: i64) -> Self {
        let ledger = Ledger {
            intent: "run".into(),
            config: "h1".into(),
            period_ms,
            epoch: 1,
            ..Ledger::default()
        };
        Self { state: Mutex::new(ledger), release: AtomicBool::new(false), queue }
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often an activity was called.
    pub(super) fn count(&self, name: &str) -> usize {
        self.ledger().calls.iter().filter(|call| call.split(' ').next() == Some(name)).count()
    }

    async fn act(&self, act: Option<Act>, pulse: &dyn Pulse) -> Result<()> {
        match act {
            None => Ok(()),
            Some(Act::Fail(code)) => {
                Err(Error::new(code).with("batch", self.ledger().last_batch + 1))
            }
            Some(Act::Hang) => {
                // without a beat; its worker is to end all the same
                pulse.cancellation().cancelled().await;
                Err(Error::new(ENGINE0001))
            }
            Some(Act::Hold) => {
                let cancelled = pulse.cancellation();
                while !self.release.load(Ordering::Relaxed) {
                    pulse.beat(&Progress { doing: "holding".into(), ..Progress::default() });
                    if cancelled.is_cancelled() {
                        self.ledger().calls.push("cancelled".into());
                        return Err(Error::new(ENGINE0001));
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Ok(())
            }
        }
    }
}

pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(0)
}

impl Ledger {
    fn next_due(&self) -> i64 {
        if self.period_ms == 0 { 0 } else { now_ms() + self.period_ms }
    }
}

#[async_trait]
impl Engine for Script {
    async fn load(&self, _request: &LoadRequest) -> Result<LoadReport> {
        let mut ledger = self.ledger();
        ledger.calls.push("load".into());
        let due = match (ledger.period_ms, ledger.last_batch) {
            (0, _) => 0,
            (_, 0) => now_ms(),
            _ => ledger.next_due(),
        };
        Ok(LoadReport {
            intent: ledger.intent.clone(),
            config_hash: ledger.config.clone(),
            needs_reconcile: ledger.config != ledger.reconciled,
            ingest_queue: self.queue.clone(),
            merge_queue: self.queue.clone(),
            heartbeat_seconds: 10,
            next_due_at_ms: due,
            last_batch: ledger.last_batch,
            open_batch: ledger.open.map_or(0, |(batch, _)| batch),
            open_epoch: ledger.epoch,
            open_status: match ledger.open {
                Some((_, true)) => "ingested".into(),
                Some((_, false)) => "started".into(),
                None => String::new(),
            },
            platform: "live".into(),
            store: "shop".into(),
            team: "retail/online".into(),
            resync_wanted: ledger.wanted,
            resync_served: ledger.resynced,
            ..LoadReport::default()
        })
    }

    async fn reconcile(
        &self,
        request: &ReconcileRequest,
        pulse: &dyn Pulse,
    ) -> Result<ReconcileReport> {
        let act = {
            let mut ledger = self.ledger();
            ledger.calls.push(format!("reconcile {}", request.config_hash));
            ledger.reconcile.pop_front()
        };
        self.act(act, pulse).await?;
        let mut ledger = self.ledger();
        ledger.open = ledger.open.filter(|(_, staged)| *staged);
        ledger.reconciled.clone_from(&request.config_hash);
        Ok(ReconcileReport {
            config_hash: request.config_hash.clone(),
            ..ReconcileReport::default()
        })
    }

    async fn ingest(&self, request: &IngestRequest, pulse: &dyn Pulse) -> Result<IngestReport> {
        let (batch, act) = {
            let mut ledger = self.ledger();
            if ledger.intent != "run" || ledger.config != request.config_hash {
                return Err(Error::new(FENCED));
            }
            let next = ledger.last_batch.max(ledger.used) + 1;
            let batch = ledger.open.map_or(next, |(batch, _)| batch);
            ledger.serving = ledger.wanted;
            ledger.open = Some((batch, false));
            ledger.epoch += 1;
            ledger.calls.push(format!("ingest {batch}"));
            (batch, ledger.ingest.pop_front())
        };
        let epoch = self.ledger().epoch;
        self.act(act, pulse).await?;
        let mut ledger = self.ledger();
        if ledger.epoch != epoch {
            return Err(Error::new(FENCED));
        }
        ledger.open = Some((batch, true));
        Ok(IngestReport { batch, epoch: ledger.epoch, rows: 50_000, ..IngestReport::default() })
    }

    async fn merge(&self, request: &MergeRequest, pulse: &dyn Pulse) -> Result<MergeReport> {
        let act = {
            let mut ledger = self.ledger();
            assert_eq!(ledger.open, Some((request.batch, true)), "merge of what is not staged");
            assert_eq!(ledger.epoch, request.epoch, "merge under another epoch");
            ledger.calls.push(format!("merge {}", request.batch));
            ledger.merge.pop_front()
        };
        self.act(act, pulse).await?;
        let mut ledger = self.ledger();
        if ledger.epoch != request.epoch {
            return Err(Error::new(FENCED));
        }
        ledger.resynced = ledger.resynced.max(ledger.serving);
        if ledger.resynced >= ledger.wanted {
            ledger.wanted = 0;
        }
        ledger.open = None;
        ledger.last_batch = request.batch;
        Ok(MergeReport {
            batch: request.batch,
            inserted: 3,
            committed_at_ms: now_ms(),
            next_due_at_ms: ledger.next_due(),
            staged_rows: 50_000,
            duration_ms: 20,
            resync: ledger.serving,
            ..MergeReport::default()
        })
    }

    async fn note(&self, request: &NoteRequest) -> Result<NoteReport> {
        let mut ledger = self.ledger();
        ledger.calls.push(format!("note {}", request.state));
        ledger.notes.push(request.clone());
        if request.abandon_open_batch
            && let Some((batch, _)) = ledger.open.take()
        {
            ledger.last_batch = ledger.last_batch.max(batch); // its number is used up
        }
        Ok(NoteReport { next_due_at_ms: ledger.next_due() })
    }

    async fn set_intent(&self, request: &IntentRequest) -> Result<IntentReport> {
        let mut ledger = self.ledger();
        ledger.calls.push(format!("set_intent {} {} {}", request.verb, request.by, request.reason));
        let is_paused_again =
            [&ledger.intent, &request.wanted].iter().all(|word| *word == "paused");
        let replaced = if is_paused_again { "paused by bob: earlier" } else { "" }.to_owned();
        if !request.wanted.is_empty() {
            ledger.intent.clone_from(&request.wanted);
        }
        Ok(IntentReport { wanted: ledger.intent.clone(), replaced })
    }

    async fn resync(&self, request: &ResyncRequest) -> Result<ResyncReport> {
        let mut ledger = self.ledger();
        let what = if request.cancel { "cancel" } else { "wish" };
        ledger.calls.push(format!("resync {what} {}", request.datasets.join(",")));
        if request.datasets.iter().any(|dataset| dataset == "nonsense") {
            return Err(Error::new(CONFIG).with("dataset", "nonsense"));
        }
        if request.cancel {
            ledger.wanted = 0;
            return Ok(ResyncReport { cancelled: 1, ..ResyncReport::default() });
        }
        ledger.wanted = ledger.wanted.max(ledger.resynced) + 1;
        Ok(ResyncReport {
            wanted: ledger.wanted,
            number: ledger.wanted,
            resync: "compare every row of orders".into(),
            ..ResyncReport::default()
        })
    }

    async fn reset(&self, request: &ResetRequest, _pulse: &dyn Pulse) -> Result<ResetReport> {
        let mut ledger = self.ledger();
        ledger.calls.push(format!("reset {}", request.by));
        let Some((batch, staged)) = ledger.open.take() else {
            return Err(Error::new(CONFIG).with("committed", ledger.last_batch));
        };
        ledger.epoch += 1;
        ledger.used = batch;
        let status = if staged { "ingested" } else { "started" }.to_owned();
        let staged_rows = if staged { 50_000 } else { 0 };
        Ok(ResetReport { batch, status, staged_rows, backends: 0 })
    }

    async fn retire(&self, _request: &RetireRequest, _pulse: &dyn Pulse) -> Result<RetireReport> {
        self.ledger().calls.push("retire".into());
        Ok(RetireReport { tables: 1, ..RetireReport::default() })
    }

    async fn apply_begin(&self, _request: &ApplyBeginRequest) -> Result<ApplyOutline> {
        self.ledger().calls.push("begin".into());
        let phase = |name: &str, first_step, step_count| ApplyPhase {
            name: name.into(),
            first_step,
            step_count,
        };
        Ok(ApplyOutline {
            phases: vec![phase("prepare", 0, 2), phase("jobs", 2, 3)],
            steps: 5,
            labels: Vec::new(),
        })
    }

    async fn apply_step(
        &self,
        request: &ApplyStepRequest,
        pulse: &dyn Pulse,
    ) -> Result<ApplyStepReport> {
        let act = {
            let mut ledger = self.ledger();
            ledger.calls.push(format!("step {}", request.step));
            ledger.step.pop_front()
        };
        self.act(act, pulse).await?;
        self.ledger().steps_done.push(request.step);
        Ok(ApplyStepReport {
            step: request.step,
            label: format!("stream live/s{}", request.step),
            outcome: "started".into(),
        })
    }

    async fn apply_finish(&self, request: &ApplyFinishRequest) -> Result<ApplyReport> {
        self.ledger().calls.push("finish".into());
        Ok(ApplyReport { plan: request.plan.clone(), steps: 5, ..ApplyReport::default() })
    }
}
