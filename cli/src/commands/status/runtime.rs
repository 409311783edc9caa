//! What Temporal says of the streams, where it answers soon: whether their workflows are open and
//! whether somebody polls their queues. Without it `status` shows what the catalog knows.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use teal_activities::catalog::{self, status::StreamStatusRow};
use teal_model::{Result, StreamId};
use teal_temporal::{Presence, Retry, Seen, Settings, Temporal, look, names};

use crate::{session::Session, ui::units};

/// A person waits for the table: longer than this nobody is asked.
const PATIENCE: Duration = Duration::from_secs(3);
/// One try to connect, no second one.
const CONNECT: Retry =
    Retry { budget: Duration::from_millis(1_500), attempt: Duration::from_millis(1_500) };
/// Questions on their way at one time.
const QUESTIONS: usize = 32;

/// What is known.
#[derive(Debug, Default)]
pub(super) enum Runtime {
    /// Nobody asked.
    #[default]
    NotAsked,
    /// It did not answer.
    Silent {
        /// Its address.
        address: String,
        /// One line.
        why: String,
    },
    /// It answered.
    Told(Told),
}

/// What it said.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Its address.
    pub(super) address: String,
    /// Its namespace.
    pub(super) namespace: String,
    /// Workflows, by stream.
    pub(super) seen: BTreeMap<String, Seen>,
    /// Who polls, by task queue.
    pub(super) queues: BTreeMap<String, Presence>,
}

impl Runtime {
    /// Asks for all of these streams.
    pub(super) async fn ask(session: &Session, streams: &[StreamStatusRow]) -> Result<Self> {
        let services = &session.installed.release.services;
        // what is wrong with the address keeps nobody from seeing what the catalog knows
        let settings = match Settings::from_environment(None, Some(&services.temporal_namespace)) {
            Ok(settings) => settings,
            Err(error) => {
                let address = "the address of the environment".to_owned();
                return Ok(Self::Silent { address, why: error.one_line() });
            }
        };
        let address = settings.address().to_owned();
        let uid = catalog::identity(session.io.control()).await?.uid.to_string();
        let asking = async {
            let temporal = Temporal::connect(&settings, CONNECT).await?;
            told(&temporal, &uid, &services.name, streams).await
        };
        Ok(match tokio::time::timeout(PATIENCE, asking).await {
            Ok(Ok(told)) => Self::Told(Told { address, ..told }),
            Ok(Err(error)) => Self::Silent { address, why: error.one_line() },
            Err(_elapsed) => {
                let why = format!("no answer within {}", units::duration(PATIENCE));
                Self::Silent { address, why }
            }
        })
    }

    /// The workflow of a stream, as far as it is known.
    pub(super) fn seen(&self, stream: &StreamStatusRow) -> Option<&Seen> {
        self.told()?.seen.get(&stream.stream)
    }

    /// Who polls a queue, as far as it is known.
    pub(super) fn presence(&self, queue: &str) -> Option<&Presence> {
        self.told()?.queues.get(queue)
    }

    /// All that was said.
    pub(super) fn told(&self) -> Option<&Told> {
        if let Self::Told(told) = self { Some(told) } else { None }
    }

    /// For programs: whether it was asked, who polls.
    pub(super) fn as_json(&self) -> Value {
        match self {
            Self::NotAsked => json!({ "asked": false }),
            Self::Silent { address, why } => {
                json!({ "asked": true, "reachable": false, "address": address, "error": why })
            }
            Self::Told(told) => {
                let queue = |(name, presence): (&String, &Presence)| {
                    let seconds = presence.newest_poll.map(|age| age.as_secs());
                    let value = json!({
                        "polled": presence.is_polled(),
                        "workers": presence.identities,
                        "newest_poll_seconds": seconds,
                    });
                    (name.clone(), value)
                };
                let queues: serde_json::Map<String, Value> =
                    told.queues.iter().map(queue).collect();
                json!({
                    "asked": true,
                    "reachable": true,
                    "address": told.address,
                    "namespace": told.namespace,
                    "queues": queues,
                })
            }
        }
    }

    /// For programs: the workflow of a stream; null: unknown.
    pub(super) fn workflow_json(&self, stream: &StreamStatusRow) -> Value {
        match self.seen(stream) {
            None => Value::Null,
            Some(Seen::Missing) => json!({ "state": "missing" }),
            Some(Seen::Foreign) => json!({ "state": "of_another_catalog" }),
            Some(Seen::Closed(end)) => json!({
                "state": "closed",
                "how": end.how,
                "at": end.at_ms.and_then(units::rfc3339),
                "reason": end.reason,
                "by": end.by,
            }),
            Some(Seen::Stuck(stuck)) => json!({
                "state": "stuck",
                "attempt": stuck.attempt,
                "since": stuck.since_ms.and_then(units::rfc3339),
                "reason": stuck.reason,
                "by": stuck.by,
            }),
            Some(Seen::Open(activity)) => json!({
                "state": "open",
                "activity": activity.as_ref().map(activity_json),
            }),
        }
    }
}

fn activity_json(activity: &look::PendingActivity) -> Value {
    json!({
        "name": activity.name,
        "started": activity.started,
        "attempt": activity.attempt,
        "worker": activity.worker,
        "scheduled_at": activity.scheduled_at_ms.and_then(units::rfc3339),
        "last_beat_at": activity.beat_at_ms.and_then(units::rfc3339),
        "failure": activity.failure,
    })
}

async fn told(
    temporal: &Temporal,
    uid: &str,
    services: &str,
    streams: &[StreamStatusRow],
) -> Result<Told> {
    let mut queues: Vec<String> = streams
        .iter()
        .flat_map(|stream| [stream.ingest_queue.clone(), stream.merge_queue.clone()])
        .chain([names::workflows_queue(services)])
        .collect();
    queues.sort();
    queues.dedup();
    let presences = stream::iter(queues)
        .map(|queue| async move { Ok((temporal.presence(&queue).await?, queue)) })
        .buffer_unordered(QUESTIONS)
        .map_ok(|(presence, queue)| (queue, presence))
        .try_collect();
    let named = streams
        .iter()
        .filter_map(|row| row.stream.parse::<StreamId>().ok().map(|id| (row.stream.clone(), id)));
    let seen = stream::iter(named)
        .map(|(name, id)| async move { Ok((name, temporal.look(&id, uid).await?)) })
        .buffer_unordered(QUESTIONS)
        .try_collect();
    let (queues, seen) = futures::try_join!(presences, seen)?;
    Ok(Told { address: String::new(), namespace: temporal.namespace().to_owned(), seen, queues })
}
