//! A catalog, a Temporal server with a worker, and the streams of one command.

use std::time::Duration;

use futures::{StreamExt as _, stream};
use teal_model::{Error, Result, StreamId};
use teal_proto::v1::{Ask, Reply};
use teal_temporal::{Temporal, names};

use super::{Done, Outcome};
use crate::{code, config, session::Session};

/// Longest wait for a stream's answer. It answers from any state; a worker that starts just now
/// needs a few seconds to replay.
const ANSWER: Duration = Duration::from_secs(20);
/// Longest wait for the answer to a verb that works before it answers: a reset ends backends, a
/// reload lets the stream finish a merge and alter its tables.
pub(crate) const WORK: Duration = Duration::from_secs(600);
/// Streams that are told at the same time.
const AT_ONCE: usize = 16;

/// Where verbs are told to streams.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) temporal: Temporal,
}

impl Desk {
    /// Connects, and refuses at once what nobody would answer.
    ///
    /// # Errors
    /// Those of [`Session::temporal`]; `CLI0008` without a worker.
    pub(crate) async fn open(session: &Session) -> Result<Self> {
        let temporal = session.temporal().await?;
        let services = &session.installed.release.services.name;
        if temporal.workflows_are_polled(services).await? {
            return Ok(Self { temporal });
        }
        Err(Error::new(code::CLI0008)
            .with("task_queue", names::workflows_queue(services))
            .hint("start one with `teal worker`; `--local` of some verbs works without"))
    }

    /// Sends one verb to all streams, some at a time; a refusal of one does not keep the others.
    pub(crate) async fn tell(
        &self,
        streams: &[StreamId],
        verb: &str,
        ask: &Ask,
        wait: Duration,
    ) -> Vec<(StreamId, Result<Reply>)> {
        stream::iter(streams)
            .map(|stream| async move {
                let id = names::stream_workflow(stream);
                (stream.clone(), self.temporal.update(&id, verb, ask, wait).await)
            })
            .buffered(AT_ONCE)
            .collect()
            .await
    }

    /// As [`Self::tell`], for verbs whose answer is all there is to say.
    pub(crate) async fn tell_all(
        &self,
        streams: &[StreamId],
        verb: &str,
        ask: &Ask,
    ) -> Vec<Outcome> {
        let wait = if [names::RESET, names::RELOAD].contains(&verb) { WORK } else { ANSWER };
        let told = self.tell(streams, verb, ask, wait).await;
        told.into_iter()
            .map(|(stream, reply)| {
                let ended = reply.map(|reply| Done::replied(&stream, &reply));
                Outcome { stream, ended }
            })
            .collect()
    }

    /// As [`Self::tell`], for verbs that hand out tickets.
    pub(crate) async fn ask_for_batches(
        &self,
        streams: &[StreamId],
        verb: &str,
        ask: &Ask,
    ) -> Vec<(StreamId, Result<Reply>)> {
        self.tell(streams, verb, ask, ANSWER).await
    }
}

/// What this person says, for the audit and for who looks at the stream.
pub(crate) fn ask(reason: &str) -> Ask {
    Ask { reason: reason.to_owned(), by: config::whoami(), ..Ask::default() }
}
