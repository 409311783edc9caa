//! On the workflow `apply/<ecosystem>`: start or join it, show its steps, report how it ended.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use teal_activities::{Io, plan};
use teal_model::{Error, Kind, Result, release::Release};
use teal_proto::v1::{ApplyInput, ApplyReport, ApplyStatus, ApplyStepReport, Failure};
use teal_temporal::{ApplyStart, Closed, Temporal, names};
use tokio_util::sync::CancellationToken;

use super::Job;
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
/// A workflow that nobody answers for is waited for this long; then no worker has it.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the end may take to be told once the steps are done, or while nothing happens.
const TELLING: Duration = Duration::from_secs(10);

/// How it ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// Everything is as the plan said.
    Applied(ApplyReport),
    /// A step failed.
    Failed(Failure),
    /// No worker took it; nothing was done, or not all.
    Unattended,
}

/// What is said at Ctrl-C.
const GOES_ON: &str =
    "nothing is lost: workers go on with what was started, and the same command joins it";

pub(super) async fn run(job: &Job<'_>, temporal: &Temporal) -> Result<Ended> {
    interrupt::leaving(GOES_ON, Box::pin(attend(job, temporal))).await
}

/// Watches an apply of this very release that somebody (perhaps this person, before Ctrl-C) has
/// started; `None`: there is none, or no worker answers for it.
pub(super) async fn join_running(
    io: &Io,
    temporal: &Temporal,
    release: &Release,
    printer: Printer,
) -> Result<Option<Ended>> {
    let ecosystem = &release.ecosystem;
    if !temporal.is_open(&names::apply_workflow(ecosystem)).await? {
        return Ok(None);
    }
    let Ok(running) = temporal.apply_status(ecosystem).await else { return Ok(None) };
    if plan::load(io.control(), &running.plan).await?.release != *release {
        return Err(other_is_running(ecosystem, &running));
    }
    printer.say("this model is being applied already: watching it");
    let watching = Box::pin(watch(temporal, ecosystem, &running.plan, printer));
    interrupt::leaving(GOES_ON, watching).await.map(Some)
}

async fn attend(job: &Job<'_>, temporal: &Temporal) -> Result<Ended> {
    if !is_attended(job, temporal).await? {
        return Ok(Ended::Unattended);
    }
    let input = ApplyInput {
        ecosystem: job.plan.ecosystem.clone(),
        services: job.plan.services.clone(),
        plan: job.hash.clone(),
        by: job.by.clone(),
        catalog_uid: job.catalog_uid.clone(),
    };
    let ecosystem = &job.plan.ecosystem;
    if temporal.start_apply(&input).await? == ApplyStart::AlreadyRunning {
        let running = temporal.apply_status(ecosystem).await?;
        if running.plan != job.hash {
            return Err(other_is_running(ecosystem, &running));
        }
    }
    watch(temporal, ecosystem, &job.hash, job.printer).await
}

/// Whether some worker would take the workflow. One that waited for this very plan, or that has
/// just been started, gets a moment to come.
async fn is_attended(job: &Job<'_>, temporal: &Temporal) -> Result<bool> {
    let services = &job.plan.services;
    if temporal.workflows_are_polled(services).await? {
        return Ok(true);
    }
    let line = Line::start(job.printer, CancellationToken::new());
    let queue = names::workflows_queue(services);
    line.above(&format!("no worker polls {queue}: waiting for one (`teal worker`)"));
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        line.show(&format!("waiting for a worker at {queue}"));
        tokio::time::sleep(ASK_EVERY).await;
        if temporal.workflows_are_polled(services).await? {
            return Ok(true);
        }
    }
    Ok(false)
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
    ecosystem: &str,
    plan: &str,
    printer: Printer,
) -> Result<Ended> {
    let line = Line::start(printer, CancellationToken::new());
    let (mut told, mut answered) = (BTreeSet::new(), Instant::now());
    loop {
        match temporal.apply_status(ecosystem).await {
            // The workflow of an earlier plan that has just ended may still answer.
            Ok(status) if status.plan != plan => {}
            Ok(status) => {
                answered = Instant::now();
                tell_steps(&status, &mut told, &line);
                if matches!(status.state.as_str(), "done" | "failed") {
                    break;
                }
            }
            Err(error) if error.kind() != Kind::Transient => return Err(error),
            Err(_silent) => line.show("waiting for a worker to answer"),
        }
        if answered.elapsed() >= PATIENCE {
            return Ok(Ended::Unattended);
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
    drop(line);
    ended(temporal, ecosystem).await
}

fn tell_steps(status: &ApplyStatus, told: &mut BTreeSet<u32>, line: &Line) {
    for step in &status.recent {
        if told.insert(step.step) {
            line.above(&step_line(step));
        }
    }
    let phase = match (status.phase.as_str(), status.steps_done) {
        ("", 0) => "beginning",
        ("", _) => "finishing",
        (phase, _) => phase,
    };
    line.show(&format!("{phase}: {} of {} steps", status.steps_done, status.steps));
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
