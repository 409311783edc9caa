//! What a worker is told, by flags and environment (the command line reads both).

use std::{net::SocketAddr, time::Duration};

use teal_activities::pg::Address;

/// Settings of one worker process. Everything else comes from the release in the catalog.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// The control catalog (`TEAL_CATALOG`).
    pub catalog: Address,
    /// Address of Temporal, where it differs from the environment's (`TEMPORAL_ADDRESS`).
    pub temporal_address: Option<String>,
    /// Platform services that this worker is meant for; a release with others is refused. `None`:
    /// those of the release, whichever they are.
    pub services: Option<String>,
    /// Resource classes whose ingest and merge activities it runs.
    pub classes: Classes,
    /// Whether it runs workflows and control activities.
    pub workflows: bool,
    /// Where `/metrics` and `/health/*` are offered; `None`: nowhere. Port 0: any.
    pub listen: Option<SocketAddr>,
    /// After SIGTERM, how long running activities may go on before they are told to stop.
    pub grace: Duration,
    /// Name of the process in Temporal's UI and in `teal.batch.worker`.
    pub name: String,
    /// Version that this worker polls for; `None`: unversioned.
    pub deployment: Option<Deployment>,
}

impl WorkerConfig {
    /// Time for open batches to end before they are cancelled and taken up by another worker:
    /// what Kubernetes grants a pod by default (30 s), less a margin.
    pub const DEFAULT_GRACE: Duration = Duration::from_secs(25);
    /// Where metrics and health are offered when nothing else is said: to this machine only, as
    /// nobody is asked who he is. A pod, whose probes come from outside, says another address.
    pub const DEFAULT_LISTEN: SocketAddr =
        SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9464);

    /// A worker for everything: all classes and the workflows.
    pub fn new(catalog: impl Into<Address>, name: impl Into<String>) -> Self {
        Self {
            catalog: catalog.into(),
            temporal_address: None,
            services: None,
            classes: Classes::All,
            workflows: true,
            listen: Some(Self::DEFAULT_LISTEN),
            grace: Self::DEFAULT_GRACE,
            name: name.into(),
            deployment: None,
        }
    }
}

/// Resource classes of a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Classes {
    /// Every class of the release.
    All,
    /// These; an empty list is a worker for workflows only.
    Only(Vec<String>),
}

/// Deployment version of a worker, as the worker controller of Kubernetes hands it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// `TEMPORAL_DEPLOYMENT_NAME`.
    pub name: String,
    /// `TEMPORAL_WORKER_BUILD_ID`.
    pub build_id: String,
}

impl Deployment {
    /// Both variables, or none: one alone means nothing.
    pub fn from_environment() -> Option<Self> {
        let get = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
        Some(Self {
            name: get("TEMPORAL_DEPLOYMENT_NAME")?,
            build_id: get("TEMPORAL_WORKER_BUILD_ID")?,
        })
    }
}
