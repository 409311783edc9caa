//! Decides what follows an event. Pure: no SDK, no clock, no I/O; the same events always give the
//! same commands, which makes a replay safe by construction.
//!
//! | state | goes on with | when |
//! |---|---|---|
//! | waiting | ingesting | due, or `run_now` |
//! | ingesting | merging | staged |
//! | merging | waiting, or ingesting | committed; the latter when something was asked for meanwhile |
//! | any of these | backing_off | transient failure: the same work again after 1 s·2ⁿ |
//! | any of these | failing | config or data failure: batch given up, probed at the next due time; bug: until asked |
//! | backing_off, failing | what failed, at once | `retry` |
//! | any | load → ingesting | `reset`: an ingest or merge is cancelled; the ledger has given its batch up |
//! | any | load → reconciling | `reload` or fenced; an ingest is cancelled, a merge is waited for |
//! | any | paused | `pause`: at once when idle, else after the open batch |
//! | any | retired | `retire`: as reload, then the retire activity, then the end |
//!
//! Read first: [`step`], then [`State::next`].

use teal_model::Kind;
use teal_proto::v1::{LoadReport, MergeReport};

use super::{
    event::{Command, Event, Work},
    policy,
    state::{Intent, Resync, Stage, State},
};

/// Status of a staged batch in the ledger.
const INGESTED: &str = "ingested";

/// A stream renews its history daily, so that old code paths die.
pub(super) const RENEW_AFTER_MS: i64 = 24 * 3_600 * 1_000;

/// Things that happen until a stream renews its history: a batch is three (a due time, two answers). The
/// SDK keeps some 13 KB of a workflow for each batch of its history (`cargo x bench streams --streams 50
/// --every 5`), and the server suggests a new one after 4,096 events only, which are 3 MB.
pub(super) const RENEW_AFTER_TURNS: u32 = 90;

/// Decides what follows `event`, which happened at `at_ms`. Of two different `at_ms` of an activity's
/// end the same commands follow: see `told_at`.
pub fn step(mut state: State, at_ms: i64, event: Event) -> (State, Vec<Command>) {
    let before = state.word();
    if let Some(told_at_ms) = told_at(at_ms, &event) {
        state.told_at_ms = told_at_ms;
    }
    let commands = state.on(at_ms, event);
    if state.word() != before {
        state.since_at_ms = at_ms;
    }
    (state, commands)
}

/// The time that an event brings along, and that every replay sees with it.
///
/// The workflow's own clock is that of its last workflow task. When a worker that does not know the
/// workflow answers a query, the SDK hands events over that no workflow task has taken up yet (SDK
/// 1.1.1), under the clock of the task before; a later replay sees them under that of their own. So
/// commands follow from times that came with the event: an activity brings the one of its due time, a
/// tick the one that it was waited for, a request its task's.
fn told_at(at_ms: i64, event: &Event) -> Option<i64> {
    match event {
        Event::Loaded(report) if report.read_at_ms != 0 => Some(report.read_at_ms),
        Event::Merged(report) if merged_at(report) != 0 => Some(merged_at(report)),
        Event::Reconciled(_)
        | Event::Ingested(_)
        | Event::Retired
        | Event::Failed(_)
        | Event::Cancelled
        | Event::Noted(_)
        | Event::Due => None,
        // an earlier worker's report says no time
        Event::Loaded(_) | Event::Merged(_) => Some(at_ms),
        Event::Started
        | Event::RunNow { .. }
        | Event::Pause
        | Event::Resume
        | Event::Retry
        | Event::Wishes { .. }
        | Event::Reset
        | Event::Reload
        | Event::Retire => Some(at_ms),
    }
}

/// When a merge was answered. An earlier worker only says when it was committed, which is no time to
/// go by: that of a batch is never before the one before it, also when the clock was set back.
fn merged_at(report: &MergeReport) -> i64 {
    if report.now_ms == 0 { report.committed_at_ms } else { report.now_ms }
}

impl State {
    fn on(&mut self, at_ms: i64, event: Event) -> Vec<Command> {
        match (self.stage.clone(), event) {
            (Stage::Retired, _) => vec![],
            (_, Event::Started) => self.start(Work::Load),
            (Stage::Loading { .. }, Event::Loaded(report)) => self.loaded(*report),
            (Stage::Reconciling, Event::Reconciled(report)) => {
                self.reload |= report.config_hash != self.config.config_hash;
                // What changed its shape lacks rows or values until it is read: consumers do not
                // wait for the schedule. (An external stream runs when it is told to.)
                self.owed |= report.statements > 0 && self.config.next_due_at_ms != 0;
                self.configured(report.config_hash)
            }
            (Stage::Ingesting, Event::Ingested(report)) => {
                self.runs.read(report.staged_before);
                if self.reload || self.is_ending() {
                    return self.next(); // the batch is in the ledger, `load` finds it there
                }
                let (batch, epoch, rows) = (report.batch, report.epoch, report.rows);
                self.start(Work::Merge { batch, epoch, rows })
            }
            (Stage::Merging { .. }, Event::Merged(report)) => {
                self.last_batch = report.batch;
                self.next_due_at_ms = report.next_due_at_ms;
                self.is_old |= self.loaded_at_ms != 0
                    && merged_at(&report) - self.loaded_at_ms >= RENEW_AFTER_MS;
                self.last_report = Some(report);
                self.resync.serve(report.resync);
                self.owed = false;
                self.healthy();
                self.runs.end();
                self.next()
            }
            (Stage::Retiring, Event::Retired) => self.close(),
            (Stage::Ingesting | Stage::Merging { .. }, Event::Failed(_) | Event::Cancelled)
                if self.giving_up =>
            {
                self.next()
            }
            (_, Event::Failed(failure)) => match self.work() {
                Some(work) => self.failed(at_ms, work, failure),
                None => vec![],
            },
            (_, Event::Cancelled) => match self.work() {
                // nobody here asked for it: an operator did, or the server; as a transient failure
                Some(work) => self.failed(at_ms, work, policy::cancelled()),
                None => vec![],
            },
            (Stage::Failing { next, until_ms: None }, Event::Noted(answer)) => {
                self.noted(at_ms, next, answer);
                vec![]
            }
            (_, Event::Due) => {
                if self.deadline().is_none_or(|deadline| deadline > at_ms) {
                    return vec![]; // a timer that was late to be cancelled
                }
                if self.stage == Stage::Waiting {
                    self.told_at_ms = at_ms; // a tick of the ledger; a pause is of our own clock
                }
                self.go_on()
            }
            (_, Event::RunNow { accept_deletes }) => {
                self.runs.requested += 1;
                if accept_deletes {
                    self.runs.accept = self.runs.requested;
                }
                self.was_failing = false;
                self.go_on()
            }
            (stage, Event::Pause) => self.pause(&stage),
            (stage, Event::Resume) => self.resume(&stage),
            (_, Event::Retry) => {
                self.owed |= self.was_failing;
                self.was_failing = false;
                self.go_on_after_failure()
            }
            (_, Event::Wishes { wanted, words }) => {
                (self.resync.wanted, self.resync.words) = (wanted, words);
                vec![]
            }
            (_, Event::Reset) => self.reset(),
            (_, Event::Reload) => {
                self.reload = true;
                self.reloads.asked += 1;
                self.was_failing = false;
                self.interrupt()
            }
            (_, Event::Retire) => {
                self.intent = Intent::Retired;
                self.interrupt()
            }
            // the answer of something that is no longer going on changes nothing
            (
                _,
                Event::Loaded(_)
                | Event::Reconciled(_)
                | Event::Ingested(_)
                | Event::Merged(_)
                | Event::Retired
                | Event::Noted(_),
            ) => vec![],
        }
    }

    /// Whether what follows the event depends on whose image is staged: `Flag::IMAGES_SERVE`.
    pub(super) fn turns_on_image(&self, event: &Event) -> bool {
        match event {
            Event::Ingested(report) => report.staged_before && self.runs.are_served(),
            Event::Loaded(report) => {
                report.needs_reconcile && report.open_status == INGESTED && self.runs.are_served()
            }
            Event::Failed(_) => {
                matches!(self.stage, Stage::Ingesting | Stage::Merging { .. })
                    && self.runs.requested > self.runs.serving
            }
            _ => false,
        }
    }

    /// Chooses what comes now that nothing runs. The order of the rules is their rank.
    pub(super) fn next(&mut self) -> Vec<Command> {
        if self.intent == Intent::Retired {
            return self.start(Work::Retire);
        }
        if self.reload {
            return self.start(Work::Load);
        }
        if self.intent == Intent::Paused {
            self.stage = Stage::Paused;
            return vec![Command::Note { abandon: false }];
        }
        if self.run_is_due() {
            return self.start(Work::Ingest);
        }
        self.healthy();
        let rested = matches!(self.stage, Stage::Merging { .. });
        self.stage = Stage::Waiting;
        // a commit leaves `waiting` in the catalog by itself
        if rested { vec![] } else { vec![Command::Note { abandon: false }] }
    }

    fn run_is_due(&self) -> bool {
        let ticked = self.next_due_at_ms != 0 && self.next_due_at_ms <= self.told_at_ms;
        self.owed || ticked || self.runs.requested > self.runs.served
    }

    /// Starts an activity; none may be running.
    pub(super) fn start(&mut self, work: Work) -> Vec<Command> {
        let shown = self.word();
        self.giving_up = false;
        let mut accept_deletes = self.runs.accept > self.runs.served;
        self.stage = match work {
            Work::Load => {
                self.reload = false;
                self.reloads.begun = self.reloads.asked;
                Stage::Loading { shown }
            }
            Work::Reconcile => Stage::Reconciling,
            Work::Ingest => {
                self.runs.begin();
                Stage::Ingesting
            }
            Work::Merge { batch, epoch, rows } => {
                // a permission that was given after the source was read is for the next batch
                accept_deletes &= self.runs.accept <= self.runs.serving;
                Stage::Merging { batch, epoch, rows }
            }
            Work::Retire => Stage::Retiring,
        };
        vec![Command::Do { work, accept_deletes }]
    }

    /// Tries again what is put off, or starts a batch that is due.
    fn go_on(&mut self) -> Vec<Command> {
        match self.stage {
            Stage::Waiting => self.next(),
            _ => self.go_on_after_failure(),
        }
    }

    fn go_on_after_failure(&mut self) -> Vec<Command> {
        match self.stage {
            Stage::BackingOff { next, .. } | Stage::Failing { next, .. } => {
                self.start(if self.reload { Work::Load } else { next })
            }
            Stage::Waiting
            | Stage::Loading { .. }
            | Stage::Reconciling
            | Stage::Ingesting
            | Stage::Merging { .. }
            | Stage::Paused
            | Stage::Retiring
            | Stage::Retired => vec![],
        }
    }

    /// The ledger has given the open batch up: what still works on it stops, and the next try takes
    /// a new number, at once unless a pause or the end stands in the way.
    fn reset(&mut self) -> Vec<Command> {
        self.healthy();
        self.was_failing = false;
        self.owed = true;
        self.reload = true; // the ledger is not what it was
        if self.is_idle() {
            return self.next();
        }
        self.give_up()
    }

    /// Tells an ingest or merge to stop, once.
    fn give_up(&mut self) -> Vec<Command> {
        if self.giving_up || !matches!(self.stage, Stage::Ingesting | Stage::Merging { .. }) {
            return vec![];
        }
        self.giving_up = true;
        vec![Command::Cancel]
    }

    /// Makes room for a reload or the end: at once, by cancelling an ingest, or after a merge.
    fn interrupt(&mut self) -> Vec<Command> {
        if self.is_idle() {
            return self.next();
        }
        if matches!(self.stage, Stage::Ingesting) { self.give_up() } else { vec![] }
    }

    fn loaded(&mut self, report: LoadReport) -> Vec<Command> {
        if !self.reload {
            self.intent = match report.intent.as_str() {
                "gone" => return self.close(),
                // read before somebody said so: who ends does not come back
                _ if self.is_ending() => Intent::Retired,
                "retired" => Intent::Retired,
                "paused" => Intent::Paused,
                _ => Intent::Run,
            };
        }
        if self.loaded_at_ms == 0 {
            self.loaded_at_ms = report.read_at_ms;
        }
        self.last_batch = report.last_batch; // the catalog wins, also over a later memory
        self.next_due_at_ms = report.next_due_at_ms;
        self.owed |= report.open_batch != 0;
        // a wish that was spoken before this workflow began has no ticket here
        self.owed |= report.resync_wanted != 0 && !self.was_failing;
        self.resync = Resync {
            wanted: report.resync_wanted,
            served: report.resync_served,
            words: report.resync.clone(),
        };
        self.config = report;
        if self.reload || self.is_ending() {
            return self.next();
        }
        if !self.config.needs_reconcile {
            let hash = self.config.config_hash.clone();
            return self.configured(hash);
        }
        if self.config.open_status == INGESTED {
            self.reload = true; // finish what is staged under the old shape, then come back
            self.runs.read_unseen();
            let (batch, epoch) = (self.config.open_batch, self.config.open_epoch);
            return self.start(Work::Merge { batch, epoch, rows: 0 });
        }
        self.start(Work::Reconcile)
    }

    /// Tables and views stand as this configuration wants them.
    fn configured(&mut self, config_hash: String) -> Vec<Command> {
        self.running_hash = config_hash;
        self.reloads.done = self.reloads.begun;
        self.reloads.failure = None;
        let asked = self.owed || self.runs.requested > self.runs.served;
        if self.was_failing && !asked && !self.reload && self.intent == Intent::Run {
            self.was_failing = false;
            let bug = self.last_failure.as_ref().is_some_and(|f| f.error_kind() == Kind::Bug);
            let until_ms = (!bug && self.next_due_at_ms != 0).then_some(self.next_due_at_ms);
            self.stage = Stage::Failing { next: Work::Ingest, until_ms };
            return vec![];
        }
        self.next()
    }

    fn healthy(&mut self) {
        self.failures = 0;
        self.last_failure = None;
    }

    fn close(&mut self) -> Vec<Command> {
        self.stage = Stage::Retired;
        self.intent = Intent::Retired;
        self.reloads.done = self.reloads.asked;
        vec![Command::Close]
    }

    /// The activity of the main line that runs.
    const fn work(&self) -> Option<Work> {
        match self.stage {
            Stage::Loading { .. } => Some(Work::Load),
            Stage::Reconciling => Some(Work::Reconcile),
            Stage::Ingesting => Some(Work::Ingest),
            Stage::Merging { batch, epoch, rows } => Some(Work::Merge { batch, epoch, rows }),
            Stage::Retiring => Some(Work::Retire),
            Stage::Waiting
            | Stage::BackingOff { .. }
            | Stage::Failing { .. }
            | Stage::Paused
            | Stage::Retired => None,
        }
    }
}
