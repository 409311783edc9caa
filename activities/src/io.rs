//! What an activity may touch: the control catalog, merge stores, sources, credentials.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use sqlx::{PgPool, postgres::PgConnectOptions};
use teal_model::{
    Result,
    release::{CredentialStore, PostgresEndpoint},
};

use crate::{credentials, pg};

/// Connections and credentials of one process. Cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Io {
    control: PgPool,
    credentials: CredentialStore,
    ledgers: Mutex<HashMap<PostgresEndpoint, (credentials::Login, PgPool)>>,
    ledger_connections: u32,
    worker: String,
}

impl Io {
    /// `catalog`: where the control catalog lives (`TEAL_CATALOG`). `worker`: name of this process
    /// for `teal.batch.worker`. `ledger_connections`: most connections to each merge store that
    /// this process holds for short control statements.
    pub fn new(
        catalog: PgConnectOptions,
        credentials: CredentialStore,
        worker: impl Into<String>,
        ledger_connections: u32,
    ) -> Self {
        Self {
            control: pg::pool(catalog.application_name("teal/control"), ledger_connections),
            credentials,
            ledgers: Mutex::default(),
            ledger_connections,
            worker: worker.into(),
        }
    }

    /// Pool of the control catalog.
    pub fn control(&self) -> &PgPool {
        &self.control
    }

    /// Name of this process.
    pub fn worker(&self) -> &str {
        &self.worker
    }

    /// Pool for short ledger statements at a merge store. Renewed when the credential was rotated.
    ///
    /// # Errors
    /// `CRED0001`.
    pub fn ledger(&self, endpoint: &PostgresEndpoint) -> Result<PgPool> {
        let login = credentials::resolve(&self.credentials, &endpoint.credential)?;
        let mut pools = self.ledgers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, pool)) = pools.get(endpoint)
            && *known == login
        {
            return Ok(pool.clone());
        }
        let pool = pg::pool(pg::options(endpoint, &login, "teal/ledger"), self.ledger_connections);
        pools.insert(endpoint.clone(), (login, pool.clone()));
        Ok(pool)
    }

    /// Options for a connection of its own (a source's snapshot, a merge), named
    /// `teal/<stream>/<epoch>` so that a successor can end it.
    ///
    /// # Errors
    /// `CRED0001`.
    pub fn options(
        &self,
        endpoint: &PostgresEndpoint,
        application: &str,
    ) -> Result<PgConnectOptions> {
        let login = credentials::resolve(&self.credentials, &endpoint.credential)?;
        Ok(pg::options(endpoint, &login, application))
    }
}
