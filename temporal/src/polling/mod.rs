//! The connection that a worker polls on: what it is told of a workflow ends where a workflow task
//! ended (decision 0016).
//!
//! The SDK has one place only where its requests can be looked at, a service that answers them all.
//! Ours hands each on to a connection that the SDK made itself, which keeps TLS, keys, compression
//! and the balancing between servers as they are everywhere.
//!
//! Read first: [`Temporal::polling`], then `taken.rs`.

mod forward;
mod taken;

use teal_model::{Error, Result};
use temporalio_client::{Client, ClientOptions, Connection, ConnectionOptions};

use crate::{Temporal, code, connect};

impl Temporal {
    /// The client to host workers on. One per hosting: the SDK refuses two workers of one queue on
    /// one client.
    ///
    /// # Errors
    /// As [`Temporal::connect`], without its patience: this server has just answered.
    pub async fn polling(&self) -> Result<Client> {
        let dialling = self.wire.get_or_try_init(|| connect::dial(self.settings.unmetered()));
        let wire = dialling.await?.clone();
        let known = self.settings.connection()?;
        let mut options = ConnectionOptions::new(known.target)
            .identity(known.identity)
            .dns_load_balancing(None)
            .service_override(forward::over(wire))
            .build();
        options.metrics_meter = known.metrics_meter;
        let connection = Connection::connect(options).await.map_err(connect::refused)?;
        let options = ClientOptions::new(self.namespace()).build();
        Client::new(connection, options)
            .map_err(|error| Error::new(code::TEMPORAL0002).caused_by(error.to_string()))
    }
}
