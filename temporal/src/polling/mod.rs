//! The connection that a worker polls on: a question shows it a workflow up to where a workflow task
//! ended, and no further (decision 0016).
//!
//! The SDK has one place only where its requests can be looked at, a service that answers them all.
//! Ours hands each on to a connection that the SDK made itself, the wire, which keeps TLS, keys,
//! compression and the balancing between servers as they are everywhere.
//!
//! Read first: [`Temporal::polling`], then `question.rs`.

mod forward;
mod question;

use teal_model::Result;
use temporalio_client::{Client, Connection, ConnectionOptions};

use crate::{Retry, Temporal, connect};

impl Temporal {
    /// Opens the wire, unless it is open.
    ///
    /// # Errors
    /// As [`Temporal::connect`].
    pub async fn open_wire(&self, retry: Retry) -> Result<()> {
        self.wire(retry).await.map(|_wire| ())
    }

    /// The client to host workers on. One per hosting: the SDK refuses two workers of one queue on
    /// one client.
    ///
    /// # Errors
    /// As [`Temporal::connect`].
    pub async fn polling(&self) -> Result<Client> {
        let wire = self.wire(Retry::WORKER).await?.clone();
        let known = self.settings.connection()?;
        let options = || {
            let mut options = ConnectionOptions::new(known.target.clone())
                .identity(&known.identity)
                .dns_load_balancing(None)
                .service_override(forward::over(wire.clone()))
                .build();
            options.metrics_meter.clone_from(&known.metrics_meter);
            Ok(options)
        };
        let connection = connect::patiently(&self.settings, Retry::WORKER, options).await?;
        connect::client(connection, &self.settings)
    }

    /// Its requests are counted before they come to it.
    async fn wire(&self, retry: Retry) -> Result<&Connection> {
        let settings = &self.settings;
        let dial = || connect::patiently(settings, retry, || settings.unmetered());
        self.wire.get_or_try_init(dial).await
    }
}
