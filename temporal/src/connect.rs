//! A connection that is tried until a budget is spent.

use std::{sync::Arc, time::Duration};

use teal_model::{Error, Result};
use temporalio_client::{
    Client, ClientOptions, Connection, ConnectionOptions, errors::ClientConnectError,
};
use tokio::sync::OnceCell;

use crate::{Settings, code, rpc};

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

/// A connected client. Cheap to clone.
#[derive(Clone)]
pub struct Temporal {
    pub(crate) client: Client,
    pub(crate) settings: Settings,
    /// What workers poll through: [`Temporal::polling`].
    pub(crate) wire: Arc<OnceCell<Connection>>,
}

impl std::fmt::Debug for Temporal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Temporal").field("address", &self.address()).finish_non_exhaustive()
    }
}

impl Temporal {
    /// Connects; tries again with growing pauses until the budget is spent.
    ///
    /// # Errors
    /// `TEMPORAL0001` when the server does not answer; at once `TEMPORAL0002`, `TEMPORAL0010` and,
    /// of TLS, `TEMPORAL0020`, `TEMPORAL0021`, `TEMPORAL0022`.
    pub async fn connect(settings: &Settings, retry: Retry) -> Result<Self> {
        let connection = patiently(settings, retry, || settings.connection()).await?;
        let client = client(connection, settings)?;
        Ok(Self { client, settings: settings.clone(), wire: Arc::default() })
    }

    /// Sends another API key from now on, on the open connections.
    pub fn replace_api_key(&self, settings: &Settings) {
        for connection in std::iter::once(self.client.connection()).chain(self.wire.get()) {
            connection.set_api_key(settings.api_key());
        }
    }

    /// The SDK's client. To host workers: [`Temporal::polling`].
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The namespace of all calls.
    pub fn namespace(&self) -> &str {
        &self.client.options().namespace
    }

    /// The server, for messages.
    pub fn address(&self) -> &str {
        self.settings.address()
    }
}

/// A connection by these options; tries again with growing pauses until the budget is spent.
pub(crate) async fn patiently(
    settings: &Settings,
    retry: Retry,
    options: impl Fn() -> Result<ConnectionOptions>,
) -> Result<Connection> {
    let started = tokio::time::Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match attempt(options()?, retry.attempt).await {
            Ok(connection) => return Ok(connection),
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

async fn attempt(options: ConnectionOptions, timeout: Duration) -> Result<Connection> {
    match tokio::time::timeout(timeout, Connection::connect(options)).await {
        Err(_elapsed) => Err(Error::new(code::TEMPORAL0001)
            .caused_by(format!("no answer within {} s", timeout.as_secs()))),
        Ok(Err(error)) => Err(refused(error)),
        Ok(Ok(connection)) => Ok(connection),
    }
}

/// A client of the settings' namespace.
pub(crate) fn client(connection: Connection, settings: &Settings) -> Result<Client> {
    let options = ClientOptions::new(settings.namespace()).build();
    Client::new(connection, options)
        .map_err(|error| Error::new(code::TEMPORAL0002).caused_by(error.to_string()))
}

fn refused(error: ClientConnectError) -> Error {
    match error {
        ClientConnectError::SystemInfoCallError(status) => match of_tls(&rpc::chain(&status)) {
            Some(error) => error,
            None => rpc::failed("connecting", &status),
        },
        // The header's value may be a secret.
        ClientConnectError::InvalidHeaders(_) => Error::new(code::TEMPORAL0002)
            .with("problem", "a TEMPORAL_GRPC_META_ variable is no header"),
        ClientConnectError::InvalidUri(_) | ClientConnectError::InvalidConfig(_) => {
            Error::new(code::TEMPORAL0002).caused_by(error.to_string())
        }
        ClientConnectError::TonicTransportError(ref cause) => {
            let chain = rpc::chain(cause);
            of_tls(&chain).unwrap_or_else(|| Error::new(code::TEMPORAL0001).caused_by(chain))
        }
        other => Error::new(code::TEMPORAL0001).caused_by(rpc::chain(&other)),
    }
}

/// A failed handshake, by the words of rustls: the layers between hand on its text only.
fn of_tls(chain: &str) -> Option<Error> {
    let (at, code) = [
        ("invalid peer certificate", code::TEMPORAL0020),
        ("received fatal alert", code::TEMPORAL0021),
        ("received corrupt message", code::TEMPORAL0022),
    ]
    .into_iter()
    .find_map(|(words, code)| Some((chain.find(words)?, code)))?;
    Some(Error::new(code).caused_by(chain.get(at..)?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_handshakes_are_told_apart_by_the_words_of_rustls() {
        for (chain, code) in [
            ("transport error: invalid peer certificate: UnknownIssuer", code::TEMPORAL0020),
            ("broken pipe: received fatal alert: CertificateRequired", code::TEMPORAL0021),
            ("received corrupt message of type InvalidContentType", code::TEMPORAL0022),
        ] {
            assert_eq!(of_tls(chain).unwrap().code(), code, "{chain}");
        }
        assert!(of_tls("connection refused").is_none());
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

    #[test]
    fn an_address_that_is_none_is_refused() {
        let error = Settings::from_environment(Some("not an address"), None).unwrap_err();
        assert_eq!(error.code(), code::TEMPORAL0002, "{error}");
    }
}
