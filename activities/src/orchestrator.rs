//! What `apply` needs from whoever runs the jobs. `worker/` implements it with Temporal, the command
//! line (`apply --local`) in its own process.

use async_trait::async_trait;
use teal_model::{Result, StreamId};

/// What [`Orchestrator::ensure`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ensured {
    /// There was no open workflow; one was started.
    Started,
    /// It was open already.
    AlreadyOpen,
}

/// Starts, reloads and retires the durable job of a stream. All calls are idempotent.
#[async_trait]
pub trait Orchestrator: Send + Sync {
    /// Makes sure that exactly one open workflow runs for this stream.
    ///
    /// # Errors
    /// When the job runner is unreachable, or an open workflow belongs to another catalog.
    async fn ensure(&self, stream: &StreamId, services: &str, summary: &str) -> Result<Ensured>;

    /// Lets the stream take over its configuration from the catalog and waits until the
    /// configuration with this hash is in place (tables and views included).
    ///
    /// # Errors
    /// The failure that kept the configuration from taking effect.
    async fn reload(&self, stream: &StreamId, config_hash: &str, by: &str) -> Result<()>;

    /// Asks the stream for a batch now; returns when it was asked, or when the batch is done.
    ///
    /// # Errors
    /// When the job runner is unreachable or the stream refuses.
    async fn run(&self, stream: &StreamId, by: &str) -> Result<()>;

    /// Registers search attributes where they are missing; false: the server does not let us.
    ///
    /// # Errors
    /// When the job runner is unreachable.
    async fn register_attributes(&self) -> Result<bool>;

    /// Ends the stream's workflow for good; returns when it is closed (also when there was none).
    ///
    /// # Errors
    /// When the job runner is unreachable or the workflow does not end.
    async fn retire(&self, stream: &StreamId, by: &str) -> Result<()>;

    /// Ends the open workflow of an earlier name, and nothing else: catalog, tables and data of the
    /// stream go on under its new name. Returns when it is closed (also when there was none).
    ///
    /// # Errors
    /// When the job runner is unreachable or the workflow does not end.
    async fn end(&self, stream: &StreamId, by: &str) -> Result<()>;
}
