//! Settings from the environment, and a connection that is tried until a budget is spent.
//!
//! The same variables and the same `temporal.toml` as the Temporal CLI: `TEMPORAL_ADDRESS`,
//! `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS*`, `TEMPORAL_PROFILE`, `TEMPORAL_CONFIG_FILE`.

use std::time::Duration;

use teal_model::{Error, Result};
use temporalio_client::{
    Client, ClientOptions, Connection, ConnectionOptions,
    envconfig::LoadClientConfigProfileOptions, errors::ClientConnectError,
};
use temporalio_common::telemetry::metrics::TemporalMeter;

use crate::{code, rpc};

/// Where a server is looked for when nothing says otherwise.
const DEFAULT_ADDRESS: &str = "127.0.0.1:7233";

/// How long to try. A worker outlives a restart of the server; a person at a prompt does not wait
/// for minutes.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// Give up after this long.
    pub budget: Duration,
    /// Longest single try.
    pub attempt: Duration,
}

impl Retry {
    /// For a command: fail while the person still looks.
    pub const COMMAND: Self =
        Self { budget: Duration::from_secs(5), attempt: Duration::from_secs(5) };
    /// For a worker: three minutes hold a restart of the server or of its database.
    pub const WORKER: Self =
        Self { budget: Duration::from_secs(180), attempt: Duration::from_secs(30) };
}

/// First pause between two tries; doubles up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// Where the server is and how to log in.
#[derive(Clone)]
pub struct Settings {
    connection: ConnectionOptions,
    namespace: String,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("address", &self.address())
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Reads environment and `temporal.toml`. `address` and `namespace` override both where given:
    /// the address from a flag, the namespace from the installed release.
    ///
    /// # Errors
    /// `TEMPORAL0002`.
    pub fn from_environment(address: Option<&str>, namespace: Option<&str>) -> Result<Self> {
        let bad = |error: String| Error::new(code::TEMPORAL0002).caused_by(error);
        let mut profile = temporalio_common::envconfig::load_client_config_profile(
            LoadClientConfigProfileOptions::default(),
            None,
        )
        .map_err(|error| bad(error.to_string()))?;
        if let Some(address) = address {
            profile.address = Some(address.to_owned());
        }
        profile.address.get_or_insert_with(|| DEFAULT_ADDRESS.to_owned());
        let namespace = namespace.map(str::to_owned).or_else(|| profile.namespace.clone());
        let connection =
            ConnectionOptions::try_from(profile).map_err(|error| bad(error.to_string()))?;
        Ok(Self { connection, namespace: namespace.unwrap_or_else(|| "default".to_owned()) })
    }

    /// Name of this process in Temporal's UI (`teal worker 1234@host`).
    #[must_use]
    pub fn identity(mut self, identity: impl Into<String>) -> Self {
        self.connection.identity = identity.into();
        self
    }

    /// Lets the client count its requests.
    #[must_use]
    pub fn meter(mut self, meter: Option<TemporalMeter>) -> Self {
        self.connection.metrics_meter = meter;
        self
    }

    /// The server, for messages.
    pub fn address(&self) -> &str {
        self.connection.target.as_str()
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }
}

/// A connected client. Cheap to clone.
#[derive(Clone)]
pub struct Temporal {
    pub(crate) client: Client,
    address: String,
}

impl std::fmt::Debug for Temporal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Temporal").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Temporal {
    /// Connects; tries again with growing pauses until the budget is spent.
    ///
    /// # Errors
    /// `TEMPORAL0001` when the server does not answer, `TEMPORAL0002` and `TEMPORAL0010` at once.
    pub async fn connect(settings: &Settings, retry: Retry) -> Result<Self> {
        let started = tokio::time::Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match Self::attempt(settings, retry.attempt).await {
                Ok(connected) => return Ok(connected),
                Err(error) => error.with("address", settings.address()),
            };
            let left = retry.budget.saturating_sub(started.elapsed());
            if error.kind() != teal_model::Kind::Transient || left <= pause {
                return Err(error);
            }
            tracing::warn!(address = settings.address(), error = %error.one_line(), "temporal does not answer, trying again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }

    async fn attempt(settings: &Settings, timeout: Duration) -> Result<Self> {
        let connecting = Connection::connect(settings.connection.clone());
        let connection = match tokio::time::timeout(timeout, connecting).await {
            Err(_elapsed) => {
                return Err(Error::new(code::TEMPORAL0001)
                    .caused_by(format!("no answer within {} s", timeout.as_secs())));
            }
            Ok(Err(error)) => return Err(refused(error)),
            Ok(Ok(connection)) => connection,
        };
        let options = ClientOptions::new(settings.namespace.clone()).build();
        let client = Client::new(connection, options)
            .map_err(|error| Error::new(code::TEMPORAL0002).caused_by(error.to_string()))?;
        Ok(Self { client, address: settings.address().to_owned() })
    }

    /// The SDK's client, for `worker/`.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The namespace of all calls.
    pub fn namespace(&self) -> &str {
        &self.client.options().namespace
    }

    /// The server, for messages.
    pub fn address(&self) -> &str {
        &self.address
    }
}

fn refused(error: ClientConnectError) -> Error {
    match error {
        ClientConnectError::SystemInfoCallError(status) => rpc::failed("connecting", &status),
        ClientConnectError::InvalidUri(_)
        | ClientConnectError::InvalidHeaders(_)
        | ClientConnectError::InvalidConfig(_) => {
            Error::new(code::TEMPORAL0002).caused_by(error.to_string())
        }
        other => Error::new(code::TEMPORAL0001).caused_by(rpc::chain(&other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flag_and_release_win_over_the_environment() {
        let settings = Settings::from_environment(Some("10.0.0.1:7233"), Some("acme")).unwrap();
        assert_eq!(settings.address(), "http://10.0.0.1:7233/");
        assert_eq!(settings.namespace(), "acme");
    }

    #[tokio::test]
    async fn unreachable_server_is_a_coded_error_within_the_budget() {
        let settings = Settings::from_environment(Some("127.0.0.1:1"), None).unwrap();
        let retry =
            Retry { budget: Duration::from_millis(600), attempt: Duration::from_millis(500) };
        let started = std::time::Instant::now();
        let error = Temporal::connect(&settings, retry).await.unwrap_err();
        assert_eq!(error.code().id, "TEMPORAL0001", "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(3));
    }
}
