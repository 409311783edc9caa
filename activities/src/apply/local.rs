//! The orchestrator of `teal apply --local`: what a worker would do for an apply, in this process.

use std::sync::Arc;

use async_trait::async_trait;
use teal_model::{Kind, Result, StreamId};
use teal_proto::v1::{IngestRequest, LoadRequest, MergeRequest, ReconcileRequest, RetireRequest};

use crate::{
    Io, Orchestrator,
    catalog::control,
    orchestrator::Ensured,
    pulse::{Pulse, Still},
    stream,
};

/// Reconciles and retires streams in this process. Workflows are started and ended through `beyond`
/// where there is one: a server without workers can do both, and the workflows go on from the catalog
/// once a worker polls.
pub struct Local {
    io: Arc<Io>,
    beyond: Option<Arc<dyn Orchestrator>>,
    pulse: Arc<dyn Pulse>,
}

impl std::fmt::Debug for Local {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Local").field("beyond", &self.beyond.is_some()).finish_non_exhaustive()
    }
}

impl Local {
    /// `beyond`: who can start and end workflows; `None`: there are none.
    pub fn new(io: Arc<Io>, beyond: Option<Arc<dyn Orchestrator>>) -> Self {
        Self { io, beyond, pulse: Arc::new(Still::default()) }
    }

    /// Beats and stops with this pulse.
    #[must_use]
    pub fn with_pulse(self, pulse: Arc<dyn Pulse>) -> Self {
        Self { pulse, ..self }
    }
}

#[async_trait]
impl Orchestrator for Local {
    async fn ensure(&self, stream: &StreamId, services: &str, summary: &str) -> Result<Ensured> {
        match &self.beyond {
            Some(beyond) => beyond.ensure(stream, services, summary).await,
            None => Ok(Ensured::AlreadyOpen),
        }
    }

    /// As the stream's workflow does it: an ingested batch is merged first.
    async fn reload(&self, stream: &StreamId, config_hash: &str, _by: &str) -> Result<()> {
        let stream = stream.to_string();
        let request =
            LoadRequest { stream: stream.clone(), remembered_batch: 0, ..LoadRequest::default() };
        let now = stream::load(&self.io, &request).await?;
        if now.needs_reconcile && now.open_status == "ingested" {
            let request = MergeRequest {
                stream: stream.clone(),
                batch: now.open_batch,
                epoch: now.open_epoch,
                accept_deletes: false,
                ..MergeRequest::default()
            };
            stream::merge(&self.io, &request, &*self.pulse).await?;
        }
        let request = ReconcileRequest { stream, config_hash: config_hash.to_owned() };
        stream::reconcile(&self.io, &request, &*self.pulse).await?;
        Ok(())
    }

    /// One batch here. When a worker is at the same stream, one of the two attempts loses: who waits
    /// for the rows sees them come either way.
    async fn run(&self, stream: &StreamId, _by: &str) -> Result<()> {
        let stream = stream.to_string();
        let request =
            LoadRequest { stream: stream.clone(), remembered_batch: 0, ..LoadRequest::default() };
        let now = stream::load(&self.io, &request).await?;
        let request = IngestRequest {
            stream: stream.clone(),
            config_hash: now.config_hash,
            accept_deletes: false,
            ..IngestRequest::default()
        };
        let work = async {
            let staged = stream::ingest(&self.io, &request, &*self.pulse).await?;
            let request = MergeRequest {
                stream,
                batch: staged.batch,
                epoch: staged.epoch,
                accept_deletes: false,
                ..MergeRequest::default()
            };
            stream::merge(&self.io, &request, &*self.pulse).await
        };
        match Box::pin(work).await {
            Err(error) if error.kind() != Kind::Fenced => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    async fn register_attributes(&self) -> Result<bool> {
        match &self.beyond {
            Some(beyond) => beyond.register_attributes().await,
            None => Ok(false),
        }
    }

    async fn retire(&self, stream: &StreamId, by: &str) -> Result<()> {
        if control::find(self.io.control(), stream).await?.is_some() {
            let request = RetireRequest { stream: stream.to_string(), by: by.to_owned() };
            stream::retire(&self.io, &request, &*self.pulse).await?;
        }
        self.end(stream, by).await
    }

    async fn end(&self, stream: &StreamId, by: &str) -> Result<()> {
        match &self.beyond {
            Some(beyond) => beyond.end(stream, by).await,
            None => Ok(()),
        }
    }
}
