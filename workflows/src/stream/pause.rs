//! Pause and resume: what each means at every stage.

use super::{
    event::{Command, Work},
    state::{Intent, Stage, State},
};

impl State {
    /// At once when idle, else after the open batch.
    pub(super) fn pause(&mut self, stage: &Stage) -> Vec<Command> {
        if self.intent == Intent::Retired {
            return vec![];
        }
        self.intent = Intent::Paused;
        match stage {
            Stage::Waiting | Stage::BackingOff { .. } | Stage::Failing { .. } => {
                self.stage = Stage::Paused;
                vec![Command::Note { abandon: false }]
            }
            Stage::Loading { .. } => {
                self.reload = true; // the running load may have read the intent of before
                vec![]
            }
            Stage::Reconciling
            | Stage::Ingesting
            | Stage::Merging { .. }
            | Stage::Paused
            | Stage::Retiring
            | Stage::Retired => vec![],
        }
    }

    /// Goes on, or tries at once what failed.
    pub(super) fn resume(&mut self, stage: &Stage) -> Vec<Command> {
        if self.intent == Intent::Retired {
            return vec![];
        }
        self.intent = Intent::Run;
        self.was_failing = false;
        match stage {
            Stage::Paused => self.start(Work::Load),
            Stage::Failing { next, .. } => {
                self.owed |= matches!(next, Work::Ingest | Work::Merge { .. });
                self.start(Work::Load)
            }
            Stage::Loading { .. } => {
                self.reload = true; // the running load may have read the intent of before
                vec![]
            }
            Stage::Waiting
            | Stage::Reconciling
            | Stage::Ingesting
            | Stage::Merging { .. }
            | Stage::BackingOff { .. }
            | Stage::Retiring
            | Stage::Retired => vec![],
        }
    }
}
