//! `teal apply --cancel`, and cancelling what this command watches.

use std::time::Duration;

use teal_activities::catalog;
use teal_model::{Error, Result, plan::Phase, release::Release};
use teal_temporal::{Closed, Retry, Temporal, names};

use crate::{
    code, config,
    exit::Exit,
    session,
    ui::{Format, Printer},
};

/// A step stops at its next heartbeat.
const STOPPING: Duration = Duration::from_secs(60);

pub(super) async fn run(format: Format, printer: Printer) -> Result<Exit> {
    let io = session::open(config::default_credentials()).await?;
    catalog::check(io.control()).await?;
    let Some(release) = catalog::newest_stored(io.control()).await? else {
        return Err(Error::new(code::CLI0082));
    };
    let temporal = session::temporal(&release.services, Retry::COMMAND).await?;
    let workflow = names::apply_workflow(&release.ecosystem);
    if !temporal.is_open(&workflow).await? {
        return Err(Error::new(code::CLI0082).with("ecosystem", &release.ecosystem));
    }
    let uid = catalog::identity(io.control()).await?.uid.to_string();
    temporal.check_owner(&workflow, &uid).await?;
    let steps = stop(&temporal, &release, printer).await?;
    if format == Format::Json {
        printer.json(&serde_json::json!({ "cancelled": true, "steps_done": steps }))?;
    }
    Ok(Exit::Done)
}

/// Cancels the open apply and waits for its end; one that no worker has begun is taken back. Returns
/// how many of its steps are done, where somebody knows.
pub(super) async fn stop(
    temporal: &Temporal,
    release: &Release,
    printer: Printer,
) -> Result<Option<u32>> {
    let (ecosystem, by) = (&release.ecosystem, config::whoami());
    let workflow = names::apply_workflow(ecosystem);
    let Ok(status) = temporal.apply_status(ecosystem).await else {
        temporal.terminate(&workflow, &format!("taken back by {by}")).await?;
        printer.say("taken back: no worker was at it");
        return Ok(None);
    };
    temporal.cancel(&workflow, &format!("cancelled by {by}")).await?;
    match temporal.wait_closed(&workflow, STOPPING).await? {
        Closed::Completed(_) => {
            printer.say("it was through before it could be cancelled");
            Ok(Some(status.steps))
        }
        Closed::Cancelled | Closed::Terminated | Closed::Failed(_) => {
            let after =
                temporal.apply_status(ecosystem).await.unwrap_or_else(|_silent| status.clone());
            printer.say(&format!(
                "cancelled after {} of {} steps; `teal apply` goes on with what is left",
                after.steps_done, after.steps
            ));
            for step in &status.running {
                printer.say(&format!("it was at: {step}"));
            }
            if streams_know(&status.phase) {
                printer.hint(
                    "streams know their new configuration and take it over when they can; an apply of \
                     the former model takes it back",
                );
            }
            Ok(Some(after.steps_done))
        }
    }
}

/// Whether an apply in this phase has written the desired state of streams into the catalog.
fn streams_know(phase: &str) -> bool {
    let before = [Phase::Prepare, Phase::Install].map(Phase::as_str);
    !phase.is_empty() && !before.contains(&phase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_know_their_configuration_once_it_is_installed() {
        assert!(!streams_know("") && !streams_know("prepare") && !streams_know("install"));
        assert!(streams_know("jobs") && streams_know("drop"));
    }
}
