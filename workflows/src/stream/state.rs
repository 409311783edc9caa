//! What the workflow of a stream knows.

use teal_proto::v1::{Failure, LoadReport, MergeReport, StreamCarry};

use super::{event::Work, runs::Runs, word::Word};

/// Where the stream stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// Reads configuration and ledger; people still see the word of before.
    Loading {
        /// That word.
        shown: Word,
    },
    /// Idle until due.
    Waiting,
    /// The reconcile activity runs.
    Reconciling,
    /// The ingest activity runs.
    Ingesting,
    /// The merge activity runs.
    Merging {
        /// Number of the staged batch.
        batch: u32,
        /// Epoch under which it was staged.
        epoch: i64,
        /// Rows in staging.
        rows: u64,
    },
    /// Tries the same again.
    BackingOff {
        /// What is tried again.
        next: Work,
        /// When.
        until_ms: i64,
    },
    /// Waits for a person, and probes.
    Failing {
        /// What is tried when it is probed.
        next: Work,
        /// When; `None`: only when somebody asks (a bug, or a stream without schedule).
        until_ms: Option<i64>,
    },
    /// Starts nothing.
    Paused,
    /// The retire activity runs.
    Retiring,
    /// The end.
    Retired,
}

/// What a person wants of the stream; the catalog has it too, and first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// Batches as scheduled.
    Run,
    /// No new batch.
    Paused,
    /// The end.
    Retired,
}

/// Everything. Times are Unix milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Its name, `<platform>/<store>[/<dataset>]`.
    pub stream: String,
    /// Where it stands.
    pub stage: Stage,
    /// Since when its word has been what it is.
    pub since_at_ms: i64,
    /// The last time that came with an event: what is due is judged by it.
    pub told_at_ms: i64,
    /// When this run of the workflow first read the ledger, by its clock; 0: not yet, or it did not say.
    pub loaded_at_ms: i64,
    /// A day of batches has passed since, without a rest.
    pub is_old: bool,
    /// What `load` said last.
    pub config: LoadReport,
    /// Configuration whose tables and views are in place; empty before the first.
    pub running_hash: String,
    /// What a person wants.
    pub intent: Intent,
    /// Configuration or ledger must be read again before anything else.
    pub reload: bool,
    /// Requests to reload that wait for an answer.
    pub reloads: Reloads,
    /// Requests for a batch.
    pub runs: Runs,
    /// What people want compared or loaded again.
    pub resync: Resync,
    /// The running ingest or merge was told to stop, because of a reload, a reset or the end: how it
    /// fails changes nothing.
    pub giving_up: bool,
    /// A batch was begun or failed and is not committed: go on without waiting for the schedule.
    pub owed: bool,
    /// Last committed batch.
    pub last_batch: u32,
    /// Next tick of the schedule; 0: none.
    pub next_due_at_ms: i64,
    /// Failures in a row.
    pub failures: u32,
    /// The last of them.
    pub last_failure: Option<Failure>,
    /// What the last commit did.
    pub last_report: Option<MergeReport>,
    /// An earlier run of the workflow was `failing`: stay so until the probe is due.
    pub was_failing: bool,
    /// Instead of the `RENEW_AFTER_TURNS` of `step.rs`, unless 0.
    pub renew_after_turns: u32,
}

/// What people want beyond the schedule; the catalog has it too, and first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resync {
    /// Number of the newest wish that is not done; 0: there is none.
    pub wanted: u64,
    /// Number of the newest that is done.
    pub served: u64,
    /// What is wanted, for people.
    pub words: String,
}

impl Resync {
    /// Everything up to this one is done.
    pub(super) fn serve(&mut self, number: u64) {
        self.served = self.served.max(number);
        if self.served >= self.wanted {
            (self.wanted, self.words) = (0, String::new());
        }
    }
}

/// Tickets of `reload`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reloads {
    /// Handed out.
    pub asked: u64,
    /// Covered by the load that is going on.
    pub begun: u64,
    /// Answered.
    pub done: u64,
    /// What kept the last answered one from taking effect.
    pub failure: Option<Failure>,
}

impl State {
    /// The state at the start of a run of the workflow.
    pub fn new(stream: &str, carry: &StreamCarry, at_ms: i64) -> Self {
        let word = Word::from_word(&carry.state);
        Self {
            stream: stream.to_owned(),
            stage: Stage::Loading { shown: word },
            since_at_ms: at_ms,
            told_at_ms: at_ms,
            loaded_at_ms: 0,
            is_old: false,
            config: LoadReport::default(),
            running_hash: String::new(),
            intent: Intent::Run,
            reload: false,
            reloads: Reloads::default(),
            runs: Runs::carried(carry.runs_requested, carry.runs_served, carry.accept_deletes),
            resync: Resync::default(),
            giving_up: false,
            owed: false,
            last_batch: carry.last_batch,
            next_due_at_ms: carry.next_due_at_ms,
            failures: carry.failures,
            last_failure: carry.last_failure.clone(),
            last_report: None,
            was_failing: word == Word::Failing,
            renew_after_turns: carry.renew_after_turns,
        }
    }

    /// What the next run of the workflow has to know.
    pub fn carry(&self) -> StreamCarry {
        StreamCarry {
            last_batch: self.last_batch,
            failures: self.failures,
            next_due_at_ms: self.next_due_at_ms,
            runs_requested: self.runs.requested,
            runs_served: self.runs.served,
            last_failure: self.last_failure.clone(),
            accept_deletes: self.runs.accept > self.runs.served,
            state: self.word().as_str().to_owned(),
            renew_after_turns: self.renew_after_turns,
        }
    }

    /// What people see.
    pub const fn word(&self) -> Word {
        match &self.stage {
            Stage::Loading { shown } => *shown,
            Stage::Waiting => Word::Waiting,
            Stage::Reconciling => Word::Reconciling,
            Stage::Ingesting => Word::Ingesting,
            Stage::Merging { .. } => Word::Merging,
            Stage::BackingOff { .. } => Word::BackingOff,
            Stage::Failing { .. } => Word::Failing,
            Stage::Paused => Word::Paused,
            Stage::Retiring | Stage::Retired => Word::Retired,
        }
    }

    /// When [`super::event::Event::Due`] is wanted.
    pub const fn deadline(&self) -> Option<i64> {
        match &self.stage {
            Stage::Waiting if self.next_due_at_ms != 0 => Some(self.next_due_at_ms),
            Stage::BackingOff { until_ms, .. } => Some(*until_ms),
            Stage::Failing { until_ms, .. } => *until_ms,
            Stage::Waiting
            | Stage::Loading { .. }
            | Stage::Reconciling
            | Stage::Ingesting
            | Stage::Merging { .. }
            | Stage::Paused
            | Stage::Retiring
            | Stage::Retired => None,
        }
    }

    /// Whether no activity of the main line runs.
    pub const fn is_idle(&self) -> bool {
        match &self.stage {
            Stage::Waiting
            | Stage::BackingOff { .. }
            | Stage::Failing { .. }
            | Stage::Paused
            | Stage::Retired => true,
            Stage::Loading { .. }
            | Stage::Reconciling
            | Stage::Ingesting
            | Stage::Merging { .. }
            | Stage::Retiring => false,
        }
    }

    /// Whether the end has begun.
    pub const fn is_ending(&self) -> bool {
        matches!(self.stage, Stage::Retiring | Stage::Retired)
            || matches!(self.intent, Intent::Retired)
    }
}
