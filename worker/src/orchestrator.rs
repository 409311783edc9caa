//! What `apply` needs of whoever runs the jobs, done by Temporal.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use teal_activities::{Orchestrator, orchestrator::Ensured};
use teal_model::{Error, Result, StreamId};
use teal_proto::v1::{Ask, Failure};
use teal_temporal::{Closed, Temporal, code as temporal, names};

use crate::code;

/// A stream finishes a merge and rebuilds a table before it answers; the step of the apply around it
/// beats meanwhile and can be cancelled.
const RELOAD_WAIT: Duration = Duration::from_secs(11 * 3_600);
/// Writing the intent takes a few statements.
const ANSWER_WAIT: Duration = Duration::from_secs(60);
/// How often a stream that should end is asked what keeps it.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The state of a stream that needs somebody.
const FAILING: &str = "failing";
/// The end of a workflow that waits for nothing.
const END_WAIT: Duration = Duration::from_secs(120);

/// Starts, reloads and ends the workflows of streams.
#[derive(Debug, Clone)]
pub struct TemporalOrchestrator {
    temporal: Temporal,
    catalog_uid: String,
    services: String,
}

impl TemporalOrchestrator {
    /// For the streams of one catalog. `services`: whose workers answer.
    pub fn new(
        temporal: Temporal,
        catalog_uid: impl Into<String>,
        services: impl Into<String>,
    ) -> Self {
        Self { temporal, catalog_uid: catalog_uid.into(), services: services.into() }
    }

    /// The open workflow of a stream, if there is one and it is ours.
    async fn open(&self, stream: &StreamId) -> Result<Option<String>> {
        let id = stream.workflow_id();
        if !self.temporal.is_open(&id).await? {
            return Ok(None);
        }
        self.temporal.check_owner(&id, &self.catalog_uid).await?;
        Ok(Some(id))
    }

    /// Waits for the end of a stream that was told to retire; says what keeps it, if something does.
    async fn ended(&self, stream: &StreamId, id: &str) -> Result<()> {
        let began = Instant::now();
        loop {
            match self.closed(id, LOOK_EVERY).await {
                Err(error) if error.code() == temporal::TEMPORAL0006 => {}
                ended => return ended,
            }
            // nobody may answer for a while: that alone is no reason to give up
            let failure =
                self.temporal.status(id).await.ok().filter(|status| status.state == FAILING);
            if let Some(failure) = failure.and_then(|status| status.last_failure) {
                return Err(not_taken_over(stream, &failure));
            }
            if began.elapsed() > RELOAD_WAIT {
                return Err(Error::new(temporal::TEMPORAL0006).with("workflow", id));
            }
        }
    }

    async fn closed(&self, id: &str, wait: Duration) -> Result<()> {
        as_told(id, self.temporal.wait_closed(id, wait).await?)
    }
}

fn as_told(id: &str, closed: Closed) -> Result<()> {
    match closed {
        Closed::Completed(_) | Closed::Cancelled | Closed::Terminated => Ok(()),
        Closed::Failed(failure) => {
            Err(Error::new(code::WORK0107).with("workflow", id).with("failure", failure.message))
        }
    }
}

#[async_trait]
impl Orchestrator for TemporalOrchestrator {
    async fn ensure(&self, stream: &StreamId, services: &str, summary: &str) -> Result<Ensured> {
        let ensured = self.temporal.ensure_stream(stream, services, &self.catalog_uid, summary);
        Ok(match ensured.await? {
            teal_temporal::Ensured::Started => Ensured::Started,
            teal_temporal::Ensured::AlreadyOpen => Ensured::AlreadyOpen,
        })
    }

    async fn reload(&self, stream: &StreamId, config_hash: &str, by: &str) -> Result<()> {
        let ask = Ask {
            reason: "apply".to_owned(),
            by: by.to_owned(),
            config_hash: config_hash.to_owned(),
            ..Ask::default()
        };
        let id = stream.workflow_id();
        let reply = self.temporal.update(&id, names::RELOAD, &ask, RELOAD_WAIT).await?;
        if let Some(failure) = reply.failure {
            return Err(not_taken_over(stream, &failure));
        }
        is_in_place(stream, config_hash, &reply.config_hash)
    }

    async fn run(&self, stream: &StreamId, by: &str) -> Result<()> {
        let ask = Ask { reason: "apply".to_owned(), by: by.to_owned(), ..Ask::default() };
        let id = stream.workflow_id();
        self.temporal.update(&id, names::RUN_NOW, &ask, ANSWER_WAIT).await.map(|_reply| ())
    }

    async fn register_attributes(&self) -> Result<bool> {
        Ok(self.temporal.ensure_search_attributes().await)
    }

    async fn retire(&self, stream: &StreamId, by: &str) -> Result<()> {
        let Some(id) = self.open(stream).await? else { return Ok(()) };
        let ask = Ask { reason: "apply".to_owned(), by: by.to_owned(), ..Ask::default() };
        match self.temporal.update(&id, names::RETIRE, &ask, ANSWER_WAIT).await {
            Ok(_reply) => {}
            // it ends already, or has ended meanwhile
            Err(error)
                if [temporal::TEMPORAL0005, temporal::TEMPORAL0004].contains(&error.code()) => {}
            Err(error) => return Err(error),
        }
        self.ended(stream, &id).await
    }

    /// The catalog no longer knows the old name, so a reload lets the workflow finish its merge and
    /// close. Where nobody runs workflows it is terminated: the ledger fences what is left of it.
    async fn end(&self, stream: &StreamId, by: &str) -> Result<()> {
        let Some(id) = self.open(stream).await? else { return Ok(()) };
        if self.temporal.workflows_are_polled(&self.services).await? {
            let ask = Ask { reason: "renamed".to_owned(), by: by.to_owned(), ..Ask::default() };
            let asked = self.temporal.update(&id, names::RELOAD, &ask, END_WAIT).await;
            if asked.is_ok() && self.closed(&id, END_WAIT).await.is_ok() {
                return Ok(());
            }
        }
        match self.temporal.terminate(&id, "the stream was renamed").await {
            Err(error) if error.code() != temporal::TEMPORAL0004 => Err(error),
            Ok(()) | Err(_) => self.closed(&id, END_WAIT).await,
        }
    }
}

fn is_in_place(stream: &StreamId, asked_for: &str, runs: &str) -> Result<()> {
    if runs == asked_for {
        return Ok(());
    }
    Err(Error::new(temporal::TEMPORAL0011)
        .with("stream", stream)
        .with("asked_for", short(asked_for))
        .with("runs", short(runs)))
}

/// The failure of the stream as one of the apply: it says what to mend, and that nothing else will.
fn not_taken_over(stream: &StreamId, failure: &Failure) -> Error {
    Error::new(temporal::TEMPORAL0012)
        .with("stream", stream)
        .caused_by(failure.message.clone())
        .hint(failure.help.clone())
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop() -> StreamId {
        StreamId::multi("live", "shop")
    }

    #[test]
    fn another_configuration_than_the_wanted_one_is_an_error() {
        assert!(is_in_place(&shop(), "a", "a").is_ok());
        assert_eq!(is_in_place(&shop(), "a", "b").unwrap_err().code(), temporal::TEMPORAL0011);
    }

    #[test]
    fn the_failure_of_a_stream_is_that_of_the_apply() {
        let failure = Failure {
            message: "[DDL0002] taken".into(),
            help: "rename it".into(),
            ..Failure::default()
        };
        let error = not_taken_over(&shop(), &failure);
        assert_eq!((error.code(), error.help()), (temporal::TEMPORAL0012, "rename it"));
        assert!(error.one_line().ends_with("[DDL0002] taken"), "{}", error.one_line());
    }

    #[test]
    fn a_workflow_that_failed_did_not_end_as_told() {
        assert!(as_told("stream/live/shop", Closed::Terminated).is_ok());
        let failed = as_told("stream/live/shop", Closed::Failed(Failure::default()));
        assert_eq!(failed.unwrap_err().code(), code::WORK0107);
    }
}
