//! What a command works with: the control catalog, the installed release, Temporal.

use sqlx::{Connection, PgConnection};
use teal_activities::{
    Io,
    catalog::{self, Installed},
    pg::{self, Address, PgResultExt},
};
use teal_model::{
    Error, Result,
    release::{CredentialStore, Services},
};
use teal_temporal::{Retry, Settings, Temporal};

use crate::{code, config};

/// Connections to the catalog, and to a merge store, that one command holds at most.
const CONNECTIONS: u32 = 4;

/// A catalog with something installed in it.
#[derive(Debug)]
pub(crate) struct Session {
    /// Connections; credentials as the installed release says.
    pub(crate) io: Io,
    /// What is installed.
    pub(crate) installed: Installed,
}

impl Session {
    /// Opens the catalog that `TEAL_CATALOG` names.
    ///
    /// # Errors
    /// `CLI0001`, `CLI0002`, `CLI0011` when nothing is installed, `LEDGER0010` when the catalog is
    /// newer than this program; those of the connection.
    pub(crate) async fn open() -> Result<Self> {
        let io = open(config::default_credentials()).await?;
        match catalog::check(io.control()).await {
            Err(error) if is_empty(&error) => return Err(nothing_installed()),
            checked => checked?,
        }
        let Some(installed) = in_force(&io).await? else {
            return Err(nothing_installed());
        };
        let io = new_io(config::catalog()?, installed.release.services.credentials.clone());
        Ok(Self { io, installed })
    }

    /// The Temporal server that runs this catalog's streams.
    ///
    /// # Errors
    /// `TEMPORAL0001`, `TEMPORAL0002`, `TEMPORAL0010`.
    pub(crate) async fn temporal(&self) -> Result<Temporal> {
        temporal(&self.installed.release.services, Retry::COMMAND).await
    }
}

/// The installed release; where the first apply did not end but streams run already, theirs.
async fn in_force(io: &Io) -> Result<Option<Installed>> {
    if let Some(installed) = catalog::installed(io.control()).await? {
        return Ok(Some(installed));
    }
    let running: bool = sqlx::query_scalar("select exists (select from teal.stream)")
        .fetch_one(io.control())
        .await
        .during("looking for streams")?;
    let stored = if running { catalog::newest_stored(io.control()).await? } else { None };
    Ok(stored.map(|release| Installed {
        hash: release.hash(),
        release,
        applied_at: jiff::Timestamp::default(),
        applied_by: String::new(),
    }))
}

/// The Temporal server of a services stack: address from the environment, namespace from the model.
///
/// # Errors
/// `TEMPORAL0001`, `TEMPORAL0002`, `TEMPORAL0010`.
pub(crate) async fn temporal(services: &Services, retry: Retry) -> Result<Temporal> {
    let settings = Settings::from_environment(None, Some(&services.temporal_namespace))?
        .identity(format!("teal {}", config::whoami()));
    Temporal::connect(&settings, retry).await
}

/// Opens the catalog that `TEAL_CATALOG` names, whatever is in it, and checks that it answers.
///
/// # Errors
/// `CLI0001`, `CLI0002`, and those of the connection.
pub(crate) async fn open(credentials: CredentialStore) -> Result<Io> {
    let catalog = config::catalog()?;
    // A pool would try for many seconds; one plain connection tells at once what is wrong.
    let connection = dial(&catalog, "teal").await?;
    connection.close().await.ok(); // it answered; how it ends does not matter
    Ok(new_io(catalog, credentials))
}

/// A connection of its own, such as for a person's query.
///
/// # Errors
/// As [`open`].
pub(crate) async fn connect(application: &str) -> Result<PgConnection> {
    dial(&config::catalog()?, application).await
}

fn new_io(catalog: Address, credentials: CredentialStore) -> Io {
    Io::new(catalog, credentials, format!("teal {}", config::whoami()), CONNECTIONS)
}

async fn dial(catalog: &Address, application: &str) -> Result<PgConnection> {
    let connected = match catalog.options() {
        Ok(options) => pg::connect(&options.application_name(application)).await,
        Err(error) => Err(error),
    };
    connected.map_err(|error| catalog.explained(error.with("TEAL_CATALOG", catalog.place())))
}

/// Whether the catalog is not there (or older than this program, which only `apply` may mend).
pub(crate) fn is_empty(error: &Error) -> bool {
    error.code() == teal_activities::code::LEDGER0012
}

fn nothing_installed() -> Error {
    match config::catalog() {
        Ok(catalog) => Error::new(code::CLI0011).with("TEAL_CATALOG", catalog.place()),
        Err(_was_readable_before) => Error::new(code::CLI0011),
    }
}
