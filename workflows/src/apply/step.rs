//! Decides what an apply does next. Pure: the same events always give the same commands.
//!
//! | event | commands |
//! |---|---|
//! | started | begin |
//! | begun, step done | steps of the current phase, at most 16 at a time; the next phase once all are done; finish after the last |
//! | transient failure | the same again after a pause, five times |
//! | other failure | nothing new; the end once what runs has ended |
//! | finished | the end |

use std::collections::BTreeMap;

use teal_model::Kind;
use teal_proto::v1::{ApplyOutline, ApplyReport, ApplyStatus, ApplyStepReport, Failure};

/// Steps of a phase that run at the same time: most of them wait for a stream, so more than a
/// worker has processors; few enough that the catalog's pool of connections is shared in peace.
pub const MOST_SIDE_BY_SIDE: usize = 16;
/// Tries of each activity when its failures are transient; with pauses of 1, 2, 4, 8 s a restart of
/// the merge store is outlived.
const MOST_TRIES: u32 = 5;
/// Reports that the query `status` shows.
const RECENT: usize = 20;

/// One activity of an apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// `apply.begin`
    Begin,
    /// `apply.step` with this index into the plan's steps.
    Step(u32),
    /// `apply.finish`
    Finish,
}

/// What may happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The workflow began.
    Started,
    /// The plan is there and still true.
    Begun(ApplyOutline),
    /// A step is done.
    Done(ApplyStepReport),
    /// The release is installed.
    Finished(ApplyReport),
    /// An activity failed.
    Failed(Work, Failure),
    /// An activity was cancelled, as somebody cancelled the apply.
    Cancelled(Work),
}

/// What the driver has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Start this activity, after a pause.
    Do {
        /// Which.
        work: Work,
        /// Milliseconds to wait before, 0: at once.
        after_ms: u64,
    },
    /// End the workflow; [`State::outcome`] says how.
    End,
}

/// How an apply ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Everything is done.
    Done(ApplyReport),
    /// A step failed for good.
    Failed(Failure),
    /// Somebody cancelled it.
    Cancelled,
}

/// How far an apply is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    outline: ApplyOutline,
    phase: usize,
    next_step: u32,
    /// What runs or waits for its next try, and the tries so far.
    running: BTreeMap<Work, u32>,
    done: u32,
    recent: Vec<ApplyStepReport>,
    failure: Option<Failure>,
    cancelled: bool,
    report: Option<ApplyReport>,
}

/// Decides what follows `event`.
pub fn step(mut state: State, event: Event) -> (State, Vec<Command>) {
    let commands = match event {
        Event::Started => state.start(Work::Begin),
        Event::Begun(outline) => {
            state.running.remove(&Work::Begin);
            state.outline = outline;
            state.enter(0);
            state.next()
        }
        Event::Done(report) => {
            state.running.remove(&Work::Step(report.step));
            state.done += 1;
            if state.recent.len() == RECENT {
                state.recent.remove(0);
            }
            state.recent.push(report);
            state.next()
        }
        Event::Finished(report) => {
            state.running.remove(&Work::Finish);
            state.report = Some(report);
            vec![Command::End]
        }
        Event::Failed(work, failure) => state.failed(work, failure),
        Event::Cancelled(work) => {
            state.running.remove(&work);
            state.cancelled = true;
            state.next()
        }
    };
    (state, commands)
}

impl State {
    fn next(&mut self) -> Vec<Command> {
        if self.failure.is_some() || self.cancelled {
            return if self.running.is_empty() { vec![Command::End] } else { vec![] };
        }
        let mut commands = vec![];
        while let Some(phase) = self.outline.phases.get(self.phase) {
            let end = phase.first_step + phase.step_count;
            while self.next_step < end && self.running.len() < MOST_SIDE_BY_SIDE {
                let work = Work::Step(self.next_step);
                self.next_step += 1;
                commands.extend(self.start(work));
            }
            if !self.running.is_empty() {
                return commands;
            }
            self.enter(self.phase + 1);
        }
        self.start(Work::Finish)
    }

    fn enter(&mut self, phase: usize) {
        self.phase = phase;
        self.next_step = self.outline.phases.get(phase).map_or(0, |phase| phase.first_step);
    }

    fn start(&mut self, work: Work) -> Vec<Command> {
        self.running.insert(work, 1);
        vec![Command::Do { work, after_ms: 0 }]
    }

    fn failed(&mut self, work: Work, failure: Failure) -> Vec<Command> {
        let tries = self.running.get(&work).copied().unwrap_or(MOST_TRIES);
        let may_pass = matches!(failure.error_kind(), Kind::Transient | Kind::Fenced);
        let stops = self.failure.is_some() || self.cancelled;
        if may_pass && tries < MOST_TRIES && !stops {
            self.running.insert(work, tries + 1);
            return vec![Command::Do { work, after_ms: 1_000 << (tries - 1) }];
        }
        self.running.remove(&work);
        self.failure.get_or_insert(failure); // the first one is the one to mend
        self.next()
    }

    /// How it ended, for [`Command::End`].
    pub fn outcome(&self) -> Outcome {
        match (&self.report, &self.failure) {
            (Some(report), _) => Outcome::Done(report.clone()),
            (None, Some(failure)) => Outcome::Failed(failure.clone()),
            (None, None) => Outcome::Cancelled,
        }
    }

    /// One line for an activity in the UI's timeline.
    pub fn summary(&self, work: Work) -> String {
        match work {
            Work::Begin => "check that the plan is still true".to_owned(),
            Work::Step(step) => {
                let phase = self.outline.phases.get(self.phase).map_or("", |p| p.name.as_str());
                let place = format!("step {} of {}", step + 1, self.outline.steps);
                let index = usize::try_from(step).unwrap_or(usize::MAX);
                match self.outline.labels.get(index) {
                    Some(label) => format!("{phase}: {label} ({place})"),
                    None => format!("{phase}: {place}"),
                }
            }
            Work::Finish => "put the release in force".to_owned(),
        }
    }

    /// Answer of the query `status`.
    pub fn status(&self, plan: &str) -> ApplyStatus {
        let (state, message) = match self.outcome() {
            Outcome::Done(_) => ("done", String::new()),
            Outcome::Failed(failure) => ("failed", failure.message),
            Outcome::Cancelled if self.cancelled => ("failed", "cancelled".to_owned()),
            Outcome::Cancelled => ("running", String::new()),
        };
        ApplyStatus {
            plan: plan.to_owned(),
            phase: self.outline.phases.get(self.phase).map_or_else(String::new, |p| p.name.clone()),
            steps_done: self.done,
            steps: self.outline.steps,
            recent: self.recent.clone(),
            state: state.to_owned(),
            message,
            running: self.running.keys().map(|work| self.summary(*work)).collect(),
        }
    }
}
