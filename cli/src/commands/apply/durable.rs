//! On the workflow `apply/<ecosystem>`: start or join it, show its steps, report how it ended.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use teal_activities::{Io, plan};
use teal_model::{Error, Kind, Result, release::Release};
use teal_proto::v1::{ApplyReport, ApplyStatus, ApplyStepReport, Failure};
use teal_temporal::{ApplyStart, Closed, Temporal, names};
use tokio_util::sync::CancellationToken;

use super::{Job, Wanted, attend::is_attended, confirm, jobs::Jobs};
use crate::{
    code, interrupt,
    ui::{
        Printer,
        progress::Line,
        style::{DONE, paint},
    },
};

/// How often the workflow is asked.
const ASK_EVERY: Duration = Duration::from_millis(300);
/// A workflow that nobody answers for is waited for this long where no worker polls.
const PATIENCE: Duration = Duration::from_secs(10);
/// And this long where one does: it may be busy. (A dead one counts as polling for 70 s.)
const BUSY: Duration = Duration::from_secs(90);
/// How long the end may take to be told once the steps are done, or while nothing happens.
const TELLING: Duration = Duration::from_secs(10);

/// How it ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// Everything is as the plan said.
    Applied(ApplyReport),
    /// A step failed.
    Failed(Failure),
    /// No worker answers for it.
    Unattended {
        /// Whether one did before, so that some steps may be done.
        begun: bool,
    },
}

/// What is said at Ctrl-C.
const GOES_ON: &str = "nothing is lost: workers go on with what was started, and the same command joins it; \
     `teal apply --cancel` ends it";

pub(super) async fn run(job: &Job<'_>, temporal: &Temporal) -> Result<Ended> {
    let release = plan::load(job.io.control(), &job.hash).await?.release;
    let work = Box::pin(attend(job, temporal, &release));
    leave_or_cancel(temporal, &release, job.printer, work).await
}

/// Watches an apply of this very release (or plan) that somebody (perhaps this person, before
/// Ctrl-C) has started; `None`: there is none, or no worker answers for it.
pub(super) async fn join_running(
    io: &Io,
    temporal: &Temporal,
    wanted: &Wanted,
    printer: Printer,
) -> Result<Option<Ended>> {
    let ecosystem = &wanted.release.ecosystem;
    if !temporal.is_open(&names::apply_workflow(ecosystem)).await? {
        return Ok(None);
    }
    let Ok(running) = temporal.apply_status(ecosystem).await else { return Ok(None) };
    let stored = plan::load(io.control(), &running.plan).await?;
    let is_ours = match &wanted.planned {
        Some(planned) => planned.hash() == running.plan,
        None => stored.release == wanted.release,
    };
    if !is_ours {
        return Err(other_is_running(ecosystem, &running));
    }
    printer.say("this model is being applied already: watching it");
    let jobs = Jobs::of(io, &stored.plan, &stored.release).await;
    let place = (ecosystem.as_str(), wanted.release.services.name.as_str());
    let watching = Box::pin(watch(temporal, place, &running.plan, jobs, printer));
    leave_or_cancel(temporal, &stored.release, printer, watching).await.map(Some)
}

/// Runs work that goes on elsewhere. Ctrl-C asks whether to leave it running or to cancel it; where
/// nobody can answer it is left.
async fn leave_or_cancel<T>(
    temporal: &Temporal,
    release: &Release,
    printer: Printer,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let ended = interrupt::leaving(GOES_ON, work).await;
    let is_interrupted = matches!(&ended, Err(error) if error.code() == code::CLI0009);
    if !is_interrupted || !printer.can_ask() || !confirm::cancelling(printer).await {
        return ended;
    }
    super::cancel::stop(temporal, release, printer).await?;
    Err(Error::new(code::CLI0009).hint(
        "done steps stay done; the same command goes on with what is left, `teal plan` shows it",
    ))
}

async fn attend(job: &Job<'_>, temporal: &Temporal, release: &Release) -> Result<Ended> {
    if !is_attended(job, temporal).await? {
        return Ok(Ended::Unattended { begun: false });
    }
    let ecosystem = &job.plan.ecosystem;
    if temporal.start_apply(&job.input()).await? == ApplyStart::AlreadyRunning {
        let running = asked(temporal, ecosystem).await?;
        if running.plan != job.hash {
            return Err(other_is_running(ecosystem, &running));
        }
    }
    let jobs = Jobs::of(job.io, job.plan, release).await;
    watch(temporal, (ecosystem, &job.plan.services), &job.hash, jobs, job.printer).await
}

/// The status of a workflow that was started just before, perhaps by somebody else at the same
/// moment: its worker gets a moment to answer.
async fn asked(temporal: &Temporal, ecosystem: &str) -> Result<ApplyStatus> {
    let began = Instant::now();
    loop {
        match temporal.apply_status(ecosystem).await {
            Err(error) if error.kind() == Kind::Transient && began.elapsed() < PATIENCE => {
                tokio::time::sleep(ASK_EVERY).await;
            }
            status => return status,
        }
    }
}

fn other_is_running(ecosystem: &str, running: &ApplyStatus) -> Error {
    Error::new(code::CLI0017)
        .with("ecosystem", ecosystem)
        .with("its_plan", short(&running.plan))
        .with("its_steps", format!("{} of {}", running.steps_done, running.steps))
}

/// Shows steps as they end, until the workflow is closed or nobody answers for it.
async fn watch(
    temporal: &Temporal,
    (ecosystem, services): (&str, &str),
    plan: &str,
    mut jobs: Option<Jobs>,
    printer: Printer,
) -> Result<Ended> {
    let line = Line::start(printer, CancellationToken::new());
    let (mut told, mut answered, mut begun) = (BTreeSet::new(), Instant::now(), false);
    loop {
        match temporal.apply_status(ecosystem).await {
            // The workflow of an earlier plan that has just ended may still answer.
            Ok(status) if status.plan != plan => {}
            Ok(status) => {
                (answered, begun) = (Instant::now(), true);
                let streams = match &mut jobs {
                    Some(jobs) => jobs.look(&line).await,
                    None => String::new(),
                };
                tell_steps(&status, &streams, &mut told, &line);
                if matches!(status.state.as_str(), "done" | "failed") {
                    break;
                }
            }
            Err(error) if error.kind() != Kind::Transient => return Err(error),
            Err(_silent) => line.show("waiting for a worker to answer"),
        }
        if is_given_up(temporal, services, answered.elapsed()).await? {
            return Ok(Ended::Unattended { begun });
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
    drop(line);
    ended(temporal, ecosystem).await
}

/// Whether nobody is waited for any more after such a silence. A server that is away is no worker
/// that is gone; one that does not say who polls counts as one that has none.
async fn is_given_up(temporal: &Temporal, services: &str, silence: Duration) -> Result<bool> {
    if silence < PATIENCE {
        return Ok(false);
    }
    match temporal.workflows_are_polled(services).await {
        Ok(is_polled) => Ok(!is_polled || silence >= BUSY),
        Err(error) if error.code() == teal_temporal::code::TEMPORAL0001 => Err(error.hint(GOES_ON)),
        Err(_unsaid) => Ok(true),
    }
}

fn tell_steps(status: &ApplyStatus, streams: &str, told: &mut BTreeSet<u32>, line: &Line) {
    for step in &status.recent {
        if told.insert(step.step) {
            line.above(&step_line(step));
        }
    }
    let phase = match (status.phase.as_str(), status.steps_done) {
        ("", 0) => "beginning".to_owned(),
        ("", _) => "finishing".to_owned(),
        (phase, _) => phase.replace('_', " "),
    };
    line.show(&format!("{phase}: {} of {} steps{streams}", status.steps_done, status.steps));
}

/// `  done  stream live/shop: started`.
pub(super) fn step_line(step: &ApplyStepReport) -> String {
    format!("  {}  {}: {}", paint(DONE, "done"), step.label, step.outcome)
}

async fn ended(temporal: &Temporal, ecosystem: &str) -> Result<Ended> {
    match temporal.wait_closed(&names::apply_workflow(ecosystem), TELLING).await? {
        Closed::Completed(report) => {
            let report = serde_json::from_value(report).map_err(|error| {
                Error::new(teal_temporal::code::TEMPORAL0009).caused_by(error.to_string())
            })?;
            Ok(Ended::Applied(report))
        }
        Closed::Failed(failure) => Ok(Ended::Failed(failure)),
        Closed::Cancelled | Closed::Terminated => Err(Error::new(code::CLI0012)
            .with("ecosystem", ecosystem)
            .hint("somebody ended its workflow; `teal apply` goes on where it stopped")),
    }
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_apply_is_told_with_how_far_it_is() {
        let running = ApplyStatus {
            plan: "0123456789abcdef".into(),
            steps_done: 2,
            steps: 7,
            ..ApplyStatus::default()
        };
        let error = other_is_running("acme", &running);
        assert_eq!(error.code(), code::CLI0017);
        let said = error.to_string();
        assert!(said.contains("0123456789ab,") && said.contains("2 of 7"), "{said}");
    }
}
