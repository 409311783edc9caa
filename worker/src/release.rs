//! Which release this worker serves.
//!
//! The rule: the installed release; before the first apply has finished, the newest stored one, as
//! `teal apply` stores a release before it starts the workflow that needs this worker. Until there is
//! one the worker waits. When another release brings other services (classes, slots, namespace,
//! credentials store) the worker drains and starts again with them, by itself.

use std::time::Duration;

use sqlx::PgPool;
use teal_activities::{catalog, pg::ControlPool};
use teal_model::{
    Error, Result,
    release::{Release, Services},
};

use crate::{WorkerConfig, code};

/// How often an empty catalog is looked at: `teal apply` waits for a worker meanwhile.
const EMPTY_EVERY: Duration = Duration::from_millis(200);
/// How often a catalog is tried that does not answer.
const SILENT_EVERY: Duration = Duration::from_secs(1);
/// How often a worker looks for other services. They change a few times a year.
const CHANGED_EVERY: Duration = Duration::from_secs(10);

/// Waits until there is a release.
///
/// # Errors
/// `WORK0101` when it has other services than this worker is meant for; `LEDGER0010` when the
/// catalog is newer than this program.
pub(crate) async fn wait(control: &ControlPool, config: &WorkerConfig) -> Result<Services> {
    let mut said = false;
    loop {
        let pause = match newest(control.get()).await {
            Ok(Some(services)) => return checked(services, config),
            Ok(None) => {
                if !said {
                    tracing::info!("the catalog is empty: waiting for `teal apply`");
                    said = true;
                }
                EMPTY_EVERY
            }
            Err(error) if error.kind() == teal_model::Kind::Transient => {
                tracing::warn!(error = %error.one_line(), "catalog does not answer, trying again");
                SILENT_EVERY
            }
            Err(error) => return Err(error),
        };
        tokio::time::sleep(pause).await;
    }
}

/// Waits until the release has other services than `now`.
pub(crate) async fn changed(control: &ControlPool, now: &Services) -> Services {
    loop {
        tokio::time::sleep(CHANGED_EVERY).await;
        match newest(control.get()).await {
            Ok(Some(services)) if services != *now => return services,
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(error = %error.one_line(), "release could not be read");
            }
        }
    }
}

async fn newest(control: &PgPool) -> Result<Option<Services>> {
    match catalog::check(control).await {
        Ok(()) => {}
        Err(error) if error.code() == teal_activities::code::LEDGER0012 => return Ok(None),
        Err(error) => return Err(error),
    }
    let release: Option<Release> = match catalog::installed(control).await? {
        Some(installed) => Some(installed.release),
        None => catalog::newest_stored(control).await?,
    };
    Ok(release.map(|release| release.services))
}

fn checked(services: Services, config: &WorkerConfig) -> Result<Services> {
    are_meant(config.services.as_deref(), &services.name)?;
    Ok(services)
}

fn are_meant(meant: Option<&str>, found: &str) -> Result<()> {
    match meant {
        Some(meant) if meant != found => {
            Err(Error::new(code::WORK0101).with("services", meant).with("release_has", found))
        }
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_for_other_services_does_not_serve_these() {
        assert!(are_meant(None, "main").is_ok() && are_meant(Some("main"), "main").is_ok());
        assert_eq!(are_meant(Some("other"), "main").unwrap_err().code(), code::WORK0101);
    }
}
