//! One connection, some task queues: hosts them until told to stop, then drains.

use std::{sync::Arc, thread, time::Duration};

use teal_model::{Error, Result, release::Services};
use teal_temporal::{Client, Temporal, names};
use temporalio_common::telemetry::TelemetryOptions;
use temporalio_sdk::{Runtime, Worker, WorkerOptions, runtime::RuntimeOptions};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::{Classes, Deployment, code, engine::Engine, metrics::Metrics, register};

/// A task queue to host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Queue {
    /// Workflows and control activities.
    Workflows,
    /// Ingest and merge of a class.
    Class {
        /// Its name.
        name: String,
        /// Activities at a time.
        slots: u32,
    },
}

/// The queues of a worker.
///
/// # Errors
/// `WORK0102` for a class that the release does not have, `WORK0103` when nothing is left.
pub(crate) fn queues(
    services: &Services,
    classes: &Classes,
    workflows: bool,
) -> Result<Vec<Queue>> {
    let known = || services.classes.keys().cloned().collect::<Vec<_>>().join(", ");
    let wanted: Vec<String> = match classes {
        Classes::All => services.classes.keys().cloned().collect(),
        Classes::Only(names) => names.clone(),
    };
    let mut queues = if workflows { vec![Queue::Workflows] } else { vec![] };
    for name in wanted {
        let Some(class) = services.classes.get(&name) else {
            return Err(Error::new(code::WORK0102).with("class", name).with("classes", known()));
        };
        queues.push(Queue::Class { name, slots: class.slots });
    }
    if queues.is_empty() {
        return Err(Error::new(code::WORK0103).with("classes", known()));
    }
    Ok(queues)
}

/// Everything that hosting needs; tests of workflows fill it with a scripted engine.
pub struct Hosting {
    /// The connection. One per hosting: the SDK refuses two workers of one queue on one client.
    pub temporal: Temporal,
    /// Name of the services stack, part of each queue's name.
    pub services: String,
    /// Which queues.
    pub queues: Vec<Queue>,
    /// What the activities do.
    pub engine: Arc<dyn Engine>,
    /// Where they count.
    pub metrics: Arc<Metrics>,
    /// Whether the namespace knows Teal's search attributes.
    pub search_attributes: bool,
    /// How long activities may go on after the stop.
    pub grace: Duration,
    /// Version that this worker polls for.
    pub deployment: Option<Deployment>,
}

impl std::fmt::Debug for Hosting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hosting").field("queues", &self.queues).finish_non_exhaustive()
    }
}

impl Hosting {
    /// Runs until `stop`, and until what runs then has ended or its grace is over.
    ///
    /// # Errors
    /// `WORK0105` when the SDK stops by itself; the other queues are drained first.
    pub async fn run(self, stop: CancellationToken) -> Result<()> {
        let runtime = Arc::new(self.runtime()?);
        let stop = stop.child_token();
        let client = tokio::select! {
            client = self.temporal.polling() => client?,
            () = stop.cancelled() => return Ok(()),
        };
        let mut ends = Vec::new();
        for queue in &self.queues {
            let options = self.options(queue)?;
            let name = options.task_queue.clone();
            tracing::info!(task_queue = %name, "polling");
            ends.push(spawn(options, client.clone(), Arc::clone(&runtime), stop.clone()));
        }
        let mut result = Ok(());
        for end in ends {
            let ended = end.await.unwrap_or_else(|_gone| Err(Error::new(code::WORK0105)));
            if ended.is_err() {
                stop.cancel();
            }
            result = result.and(ended);
        }
        result
    }

    fn options(&self, queue: &Queue) -> Result<WorkerOptions> {
        let deployment = self.deployment.as_ref();
        match queue {
            Queue::Workflows => register::workflows(
                &names::workflows_queue(&self.services),
                &self.engine,
                self.search_attributes,
                self.grace,
                deployment,
            ),
            Queue::Class { name, slots } => {
                let queue = teal_model::release::task_queue(&self.services, name);
                let (engine, metrics) = (&self.engine, &self.metrics);
                Ok(register::class(&queue, name, *slots, engine, metrics, self.grace, deployment))
            }
        }
    }

    fn runtime(&self) -> Result<Runtime> {
        let telemetry = TelemetryOptions::builder()
            .metrics(self.metrics.meter())
            .attach_service_name(false)
            .build();
        let refused = |why: String| Error::new(code::WORK0105).caused_by(why);
        let options =
            RuntimeOptions::builder().telemetry_options(telemetry).build().map_err(refused)?;
        Runtime::from_current_tokio(options).map_err(|error| refused(error.to_string()))
    }
}

/// A worker is not `Send`, so each has a thread of its own, which drives its workflows; its
/// activities are tasks of the process's runtime.
fn spawn(
    options: WorkerOptions,
    client: Client,
    runtime: Arc<Runtime>,
    stop: CancellationToken,
) -> oneshot::Receiver<Result<()>> {
    let (ended, end) = oneshot::channel();
    let handle = tokio::runtime::Handle::current();
    let queue = options.task_queue.clone();
    let name = queue.clone();
    let thread = thread::Builder::new().name(name).spawn(move || {
        let result = handle.block_on(async {
            let mut worker = Worker::new(&runtime, client, options).map_err(stopped(&queue))?;
            let halt = worker.shutdown_handle();
            let mut run = std::pin::pin!(worker.run());
            tokio::select! {
                ended = &mut run => ended.map_err(stopped(&queue)),
                () = stop.cancelled() => {
                    tracing::info!(task_queue = %queue, "draining");
                    halt();
                    run.await.map_err(stopped(&queue))
                }
            }
        });
        if result.is_err() {
            stop.cancel();
        }
        ended.send(result).ok(); // whoever waited for it is gone
    });
    if let Err(error) = thread {
        tracing::error!(%error, "no thread for a worker");
    }
    end
}

fn stopped<E: std::fmt::Display>(queue: &str) -> impl FnOnce(E) -> Error + '_ {
    move |error| Error::new(code::WORK0105).with("task_queue", queue).caused_by(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use teal_model::{
        release::{CredentialStore, PostgresEndpoint},
        sizing::{Class, Sizing},
    };

    fn services() -> Services {
        Services {
            name: "main".into(),
            merge: PostgresEndpoint {
                host: String::new(),
                port: 0,
                database: String::new(),
                credential: String::new(),
                user: None,
                tls: None,
                max_sessions: 1,
            },
            temporal_namespace: "default".into(),
            credentials: CredentialStore::Env { prefix: String::new() },
            classes: BTreeMap::from(
                [("large", 2), ("small", 20)]
                    .map(|(name, slots)| (name.into(), Class { sizing: Sizing::default(), slots })),
            ),
        }
    }

    #[test]
    fn queues_follow_flags_and_classes_of_the_release() {
        let large = Queue::Class { name: "large".into(), slots: 2 };
        let small = Queue::Class { name: "small".into(), slots: 20 };
        let only = |names: &[&str]| Classes::Only(names.iter().map(|&n| n.into()).collect());
        assert_eq!(
            queues(&services(), &Classes::All, true).unwrap(),
            [Queue::Workflows, large.clone(), small]
        );
        assert_eq!(queues(&services(), &only(&["large"]), false).unwrap(), [large]);
        assert_eq!(queues(&services(), &only(&[]), true).unwrap(), [Queue::Workflows]);
        let unknown = queues(&services(), &only(&["huge"]), true).unwrap_err();
        assert_eq!(unknown.code(), code::WORK0102);
        assert!(unknown.to_string().contains("large, small"), "{unknown}");
        assert_eq!(queues(&services(), &only(&[]), false).unwrap_err().code(), code::WORK0103);
    }

    #[test]
    fn a_worker_that_stopped_names_its_queue() {
        let error = stopped("teal/main/small")("the server is too old");
        assert_eq!(error.code(), code::WORK0105);
        assert!(error.one_line().contains("teal/main/small"), "{}", error.one_line());
    }
}
