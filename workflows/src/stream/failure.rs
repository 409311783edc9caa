//! What a failure leads to: the one place where a kind of error becomes a policy.

use teal_model::Kind;
use teal_proto::v1::Failure;

use super::{
    event::{Command, Work},
    policy,
    state::{Intent, Stage, State},
};

/// Times that a failure may be followed by an immediate new try (after `fenced`, or when the batch
/// was given up that stood in the way of a reload, or of somebody who asked since) before it backs
/// off as everything else.
const HASTE: u32 = 2;
/// Transient failures in a row after which a `reload` is answered with the failure, so that an
/// apply does not wait for ever; the stream goes on trying.
const RELOAD_PATIENCE: u32 = 5;

impl State {
    pub(super) fn failed(&mut self, at_ms: i64, work: Work, failure: Failure) -> Vec<Command> {
        let kind = failure.error_kind();
        let is_batch = matches!(work, Work::Ingest | Work::Merge { .. });
        self.failures = self.failures.saturating_add(1);
        self.owed |= is_batch;
        self.last_failure = Some(failure);
        let gives_up = is_batch && !matches!(kind, Kind::Transient | Kind::Fenced);
        if gives_up {
            self.runs.end();
        }
        self.answer_reload(work, kind);
        if self.is_ending() && work != Work::Retire {
            return self.next();
        }
        if is_batch && self.intent == Intent::Paused {
            self.stage = Stage::Paused;
            return vec![Command::Note { abandon: gives_up }];
        }
        match kind {
            Kind::Fenced if self.failures <= HASTE => self.start(Work::Load),
            Kind::Transient | Kind::Fenced => {
                let next = if kind == Kind::Fenced { Work::Load } else { work };
                self.stage = Stage::BackingOff { next, until_ms: at_ms + policy::backoff_ms(self) };
                vec![Command::Note { abandon: false }]
            }
            Kind::Config | Kind::Data if gives_up && self.reload && self.failures <= HASTE => {
                let mut commands = vec![Command::Note { abandon: true }];
                commands.extend(self.start(Work::Load));
                commands
            }
            // somebody asked after its image was read, and may well have mended what it met
            Kind::Config | Kind::Data | Kind::Bug if gives_up && self.runs.are_open() => {
                let next = if self.reload { Work::Load } else { Work::Ingest };
                let mut commands = vec![Command::Note { abandon: true }];
                if self.failures <= HASTE {
                    commands.extend(self.start(next));
                } else {
                    let until_ms = at_ms + policy::backoff_ms(self);
                    self.stage = Stage::BackingOff { next, until_ms };
                }
                commands
            }
            Kind::Config | Kind::Data | Kind::Bug => {
                let next = if is_batch { Work::Ingest } else { work };
                self.stage = Stage::Failing { next, until_ms: None };
                vec![Command::Note { abandon: gives_up }]
            }
        }
    }

    /// Answers those who wait for a reload, when its load or reconcile failed for good.
    fn answer_reload(&mut self, work: Work, kind: Kind) {
        let of_reload = matches!(work, Work::Load | Work::Reconcile);
        let for_good = !matches!(kind, Kind::Transient | Kind::Fenced);
        if self.failures >= RELOAD_PATIENCE {
            self.reloads.done = self.reloads.asked;
        } else if of_reload && for_good {
            self.reloads.done = self.reloads.begun;
        } else {
            return;
        }
        self.reloads.failure = self.last_failure.clone();
    }

    /// Sets the time of the next probe, once the schedule is known.
    pub(super) fn noted(&mut self, at_ms: i64, next: Work, answer: Option<i64>) {
        if self.last_failure.as_ref().is_some_and(|f| f.error_kind() == Kind::Bug) {
            return;
        }
        let soonest = at_ms + policy::backoff_ms(self);
        let until_ms = match answer {
            // without schedule nobody waits for rows: no probe but of what a reload needs
            Some(0) if next == Work::Ingest => None,
            Some(due) => {
                self.next_due_at_ms = due;
                Some(due.max(soonest))
            }
            None if next == Work::Ingest && self.next_due_at_ms == 0 => None,
            None => Some(soonest),
        };
        self.stage = Stage::Failing { next, until_ms };
    }
}
