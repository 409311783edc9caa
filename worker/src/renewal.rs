//! Keys and certificates for Temporal that are renewed under a running worker.
//!
//! The SDK keeps what it was given. So the worker looks at the settings again now and then: a new API
//! key goes to the open connection, new certificates end the hosting, which starts again with them.

use std::time::Duration;

use teal_model::{Result, release::Services};
use teal_temporal::{Renewal, Settings, Temporal};
use tokio_util::sync::CancellationToken;

use crate::WorkerConfig;

/// How often to look. Kubernetes brings a changed secret into a mounted folder within a minute.
const EVERY: Duration = Duration::from_secs(10);

/// The settings of this moment.
///
/// # Errors
/// `TEMPORAL0002`.
pub(crate) fn settings(config: &WorkerConfig, services: &Services) -> Result<Settings> {
    let namespace = Some(services.temporal_namespace.as_str());
    Settings::from_environment(config.temporal_address.as_deref(), namespace)
}

/// Looks until `stop`; cancels it when a new connection is needed.
pub(crate) async fn watch(
    config: WorkerConfig,
    services: Services,
    temporal: Temporal,
    mut known: Settings,
    stop: CancellationToken,
) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        let now = match settings(&config, &services) {
            Ok(now) => now,
            Err(error) => {
                tracing::warn!(error = %error.one_line(), "settings of Temporal cannot be read, going on with the old ones");
                continue;
            }
        };
        match now.renewal(&known) {
            Renewal::Same => continue,
            Renewal::Key => {
                tracing::info!("another API key: using it from now on");
                temporal.replace_api_key(&now);
            }
            Renewal::Connection => {
                tracing::info!("other settings of Temporal: starting again with them");
                stop.cancel();
                return;
            }
        }
        known = now;
    }
}
