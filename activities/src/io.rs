//! What an activity may touch: the control catalog, merge stores, sources, credentials.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::{PgConnection, PgPool};
use teal_model::{
    Error, Result,
    release::{CredentialStore, PostgresEndpoint},
};

use crate::{
    code,
    credentials::{self, Login},
    pg::{self, Address, ControlPool, PgResultExt},
    plan::{self, Stored},
    source::{Lens, Snapshot},
};

/// Connections that a worker holds at most to the catalog, and as many to each merge store, for short
/// statements. Twenty activities at a time need one now and then for a few milliseconds; rows travel
/// on connections of their own.
pub const WORKER_CONNECTIONS: u32 = 10;

/// Connections and credentials of one process. Cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Io {
    control: ControlPool,
    credentials: CredentialStore,
    ledgers: Mutex<HashMap<PostgresEndpoint, (Login, PgPool)>>,
    ledger_connections: u32,
    worker: String,
    lens: Option<Arc<dyn Lens>>,
    plans: plan::Recent,
    patience: Duration,
}

/// Longest silence of a session that does not work: above it the session counts as lost.
const PATIENCE: Duration = Duration::from_secs(60);

/// Name of a process's short statements in `pg_stat_activity`.
const LEDGER: &str = "teal/ledger";

impl Io {
    /// `catalog`: where the control catalog lives (`TEAL_CATALOG`). `worker`: name of this process
    /// for `teal.batch.worker`. `ledger_connections`: most connections to each merge store that
    /// this process holds for short control statements.
    pub fn new(
        catalog: impl Into<Address>,
        credentials: CredentialStore,
        worker: impl Into<String>,
        ledger_connections: u32,
    ) -> Self {
        Self {
            control: ControlPool::new(catalog.into(), "teal/control", ledger_connections),
            credentials,
            ledgers: Mutex::default(),
            ledger_connections,
            worker: worker.into(),
            lens: None,
            plans: plan::Recent::default(),
            patience: PATIENCE,
        }
    }

    /// Batches see their sources through this lens.
    #[doc(hidden)]
    #[must_use]
    pub fn through(self, lens: Arc<dyn Lens>) -> Self {
        Self { lens: Some(lens), ..self }
    }

    /// With another longest silence of sessions.
    #[doc(hidden)]
    #[must_use]
    pub fn patient_for(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Longest silence of a session that does not work.
    pub(crate) const fn patience(&self) -> Duration {
        self.patience
    }

    /// A snapshot as batches see it.
    pub(crate) fn seen(&self, snapshot: Box<dyn Snapshot>) -> Box<dyn Snapshot> {
        match &self.lens {
            Some(lens) => lens.over(snapshot),
            None => snapshot,
        }
    }

    /// Pool of the control catalog.
    pub fn control(&self) -> &PgPool {
        self.control.get()
    }

    /// A plan of the catalog; the last one is kept.
    ///
    /// # Errors
    /// `PLAN0002` when there is none, `PLAN0003` when this program cannot read it.
    pub(crate) async fn plan(&self, hash: &str) -> Result<Arc<Stored>> {
        self.plans.get(self.control(), hash).await
    }

    /// Lets go of the plan that is kept.
    pub(crate) fn forget_plan(&self) {
        self.plans.forget();
    }

    /// Name of this process.
    pub fn worker(&self) -> &str {
        &self.worker
    }

    /// Where credentials are looked up.
    pub fn credentials(&self) -> &CredentialStore {
        &self.credentials
    }

    /// Pool for short ledger statements at a merge store, with at least one connection that
    /// answered: what is wrong with its credential or its TLS is said here. A rotated password
    /// counts for every connection that the pool opens from now on, also in the hands of others.
    ///
    /// # Errors
    /// `CRED…` when the credential cannot be found; those of the connection, with the names of the
    /// server and of the credential.
    pub async fn ledger(&self, endpoint: &PostgresEndpoint) -> Result<PgPool> {
        let mut login = self.login(endpoint)?;
        loop {
            let pool = self.pool(endpoint, &login)?;
            if pool.num_idle() > 0 {
                return Ok(pool);
            }
            match Box::pin(pool.acquire()).await.during("connecting") {
                Ok(_first) => return Ok(pool),
                Err(error) => login = self.rotated(endpoint, &login, error)?,
            }
        }
    }

    /// A connection of its own (a source's snapshot, a merge), named `teal/<stream>/<epoch>` so that
    /// a successor can end it.
    ///
    /// # Errors
    /// As [`Io::ledger`].
    pub async fn connect(
        &self,
        endpoint: &PostgresEndpoint,
        application: &str,
    ) -> Result<PgConnection> {
        let mut login = self.login(endpoint)?;
        loop {
            let options = pg::options(endpoint, &login, &self.credentials, application)?;
            match Box::pin(pg::connect(&options)).await {
                Ok(connection) => return Ok(connection),
                Err(error) => login = self.rotated(endpoint, &login, error)?,
            }
        }
    }

    fn login(&self, endpoint: &PostgresEndpoint) -> Result<Login> {
        credentials::resolve(&self.credentials, endpoint)
            .map_err(|error| error.with("server", server(endpoint)))
    }

    /// The pool of an endpoint, opened with this login.
    fn pool(&self, endpoint: &PostgresEndpoint, login: &Login) -> Result<PgPool> {
        let mut pools = self.ledgers.lock().unwrap_or_else(PoisonError::into_inner);
        let known = pools.get_mut(endpoint);
        if let Some((_, pool)) = known.as_ref().filter(|(known, _)| known == login) {
            return Ok(pool.clone());
        }
        let options = pg::options(endpoint, login, &self.credentials, LEDGER)?;
        match known {
            Some((known, pool)) if known.user == login.user => {
                tracing::info!(credential = endpoint.credential, "the credential was rotated");
                pool.set_connect_options(options);
                *known = login.clone();
                Ok(pool.clone())
            }
            // Connections of another user must not be used again.
            _ => {
                let pool = pg::pool(options, self.ledger_connections);
                pools.insert(endpoint.clone(), (login.clone(), pool.clone()));
                Ok(pool)
            }
        }
    }

    /// A refused login is looked up again: the secret may have been rotated between the look and the
    /// connection. The same login, or another failure, is the error, with the names of its places.
    fn rotated(&self, endpoint: &PostgresEndpoint, used: &Login, error: Error) -> Result<Login> {
        if error.code() == code::PG0003
            && let Ok(login) = self.login(endpoint)
            && login != *used
        {
            return Ok(login);
        }
        Err(explained(endpoint, used, error))
    }
}

fn server(endpoint: &PostgresEndpoint) -> String {
    format!("{}:{}/{}", endpoint.host, endpoint.port, endpoint.database)
}

/// Names the server and, where the login matters, the credential and its place.
fn explained(endpoint: &PostgresEndpoint, login: &Login, error: Error) -> Error {
    let error = error.with("server", server(endpoint));
    let code = error.code();
    if ![code::PG0003, code::PG0022, code::PG0023].contains(&code) {
        return error;
    }
    let mut error = error
        .with("credential", &endpoint.credential)
        .with("user", &login.user)
        .with("found_in", &login.found_in);
    if login.password.is_none() && code == code::PG0003 {
        error = error.with("password", "none there");
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::Secret;

    fn endpoint() -> PostgresEndpoint {
        PostgresEndpoint {
            host: "db.example".into(),
            port: 5432,
            database: "shop".into(),
            credential: "shop_reader".into(),
            user: None,
            tls: None,
            max_sessions: 4,
        }
    }

    #[test]
    fn a_refused_login_names_credential_and_place_but_no_secret() {
        let login = Login {
            user: "reader".into(),
            password: Some(Secret::new("hunter2")),
            certificate: None,
            ca: None,
            found_in: "files /etc/teal/secrets/shop_reader/username".into(),
        };
        let text = explained(&endpoint(), &login, Error::new(code::PG0003)).one_line();
        assert_eq!(
            text,
            "[PG0003] PostgreSQL refused the login (server: db.example:5432/shop, credential: \
             shop_reader, user: reader, found_in: files /etc/teal/secrets/shop_reader/username)"
        );
    }
}
