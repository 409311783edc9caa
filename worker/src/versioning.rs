//! A versioned worker whose deployment has another current version, or none, gets nothing to do:
//! it says so until that changes.

use std::time::Duration;

use teal_temporal::Temporal;
use tokio_util::sync::CancellationToken;

use crate::Deployment;

/// How often it looks, and says so again.
const EVERY: Duration = Duration::from_secs(30);

/// Looks until this version is the current one, or `stop`.
pub(crate) async fn watch(temporal: Temporal, deployment: Deployment, stop: CancellationToken) {
    let (name, build) = (&deployment.name, &deployment.build_id);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        let current = match temporal.current_build(name).await {
            Ok(current) => current,
            Err(error) => {
                tracing::warn!(error = %error.one_line(), "current version could not be read");
                continue;
            }
        };
        if current.as_deref() == Some(build.as_str()) {
            tracing::info!(deployment = name, build, "this version is the current one");
            return;
        }
        tracing::warn!(
            deployment = name,
            build,
            current = current.as_deref().unwrap_or("none"),
            "this worker gets nothing to do: `temporal worker deployment set-current-version \
             --deployment-name {name} --build-id {build}` makes it the current one"
        );
    }
}
