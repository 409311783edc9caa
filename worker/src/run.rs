//! The life of a worker process.

use std::sync::Arc;

use teal_activities::{Io, catalog, io::WORKER_CONNECTIONS, pg::ControlPool};
use teal_model::{Result, release::Services};
use teal_temporal::{Retry, Settings, Temporal};
use temporalio_common::telemetry::{
    TaskQueueLabelStrategy,
    metrics::{NewAttributes, TemporalMeter},
};
use tokio_util::sync::CancellationToken;

use crate::{
    TemporalOrchestrator, WorkerConfig,
    engine::{Engine, Real},
    host::{self, Hosting, Queue},
    http::{self, Readiness},
    metrics::Metrics,
    release, renewal, sampler, versioning,
};

/// Runs a worker until `shutdown`, then drains: polls no more, lets activities end for
/// [`WorkerConfig::grace`], then tells them to stop.
///
/// # Errors
/// `WORK…` for settings that cannot be met, `TEMPORAL…` and `PG…` when a server stays out of reach.
pub async fn run(config: WorkerConfig, shutdown: CancellationToken) -> Result<()> {
    let metrics = Arc::new(Metrics::start()?);
    let readiness = Arc::new(Readiness::default());
    // health and metrics are offered to the end of the drain, and end with this function
    let offered = CancellationToken::new();
    let _ends_with_us = offered.clone().drop_guard();
    if let Some(listen) = config.listen {
        http::serve(listen, Arc::clone(&metrics), Arc::clone(&readiness), offered.clone()).await?;
    }
    let control = ControlPool::new(config.catalog.clone(), "teal/worker", 2);
    let mut services = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        found = release::wait(&control, &config) => {
            found.map_err(|error| error.with("TEAL_CATALOG", config.catalog.place()))?
        }
    };
    loop {
        let stop = shutdown.child_token();
        let mut hosting = Box::pin(serve(&config, &services, &metrics, &readiness, stop.clone()));
        let other = tokio::select! {
            ended = &mut hosting => {
                ended?;
                if shutdown.is_cancelled() {
                    return Ok(());
                }
                continue; // with other keys or certificates
            }
            other = release::changed(&control, &services) => other,
        };
        tracing::info!("the release has other platform services: starting again with them");
        stop.cancel();
        hosting.await?;
        services = other;
    }
}

/// Hosts the queues of one release.
async fn serve(
    config: &WorkerConfig,
    services: &Services,
    metrics: &Arc<Metrics>,
    readiness: &Readiness,
    stop: CancellationToken,
) -> Result<()> {
    let queues = host::queues(services, &config.classes, config.workflows)?;
    let io = Arc::new(Io::new(
        config.catalog.clone(),
        services.credentials.clone(),
        config.name.clone(),
        WORKER_CONNECTIONS,
    ));
    let catalog_uid = catalog::identity(io.control()).await?.uid.to_string();
    readiness.set(true);
    let settings = renewal::settings(config, services)?;
    let temporal = tokio::select! {
        () = stop.cancelled() => return Ok(()),
        connected = connect(config, settings.clone(), metrics) => connected?,
    };
    let search_attributes = temporal.ensure_search_attributes().await;
    let orchestrator =
        TemporalOrchestrator::new(temporal.clone(), catalog_uid, services.name.clone());
    let engine: Arc<dyn Engine> =
        Arc::new(Real { io: Arc::clone(&io), orchestrator: Arc::new(orchestrator) });
    let children = stop.child_token();
    let _end_with_us = children.clone().drop_guard();
    if queues.contains(&Queue::Workflows) {
        tokio::spawn(sampler::sample(io, Arc::clone(metrics), children.clone()));
    }
    tokio::spawn(renewal::watch(
        config.clone(),
        services.clone(),
        temporal.clone(),
        settings,
        stop.clone(),
    ));
    if let Some(deployment) = config.deployment.clone() {
        tokio::spawn(versioning::watch(temporal.clone(), deployment, children.clone()));
    }
    let hosting = Hosting {
        temporal,
        services: services.name.clone(),
        queues,
        engine,
        metrics: Arc::clone(metrics),
        search_attributes,
        grace: config.grace,
        deployment: config.deployment.clone(),
    };
    hosting.run(stop).await
}

async fn connect(
    config: &WorkerConfig,
    settings: Settings,
    metrics: &Arc<Metrics>,
) -> Result<Temporal> {
    let meter = TemporalMeter::new(
        metrics.meter(),
        NewAttributes::from([]),
        TaskQueueLabelStrategy::UseNormal,
    );
    let settings = settings.identity(config.name.clone()).meter(Some(meter));
    let temporal = Temporal::connect(&settings, Retry::WORKER).await?;
    temporal.check_namespace().await?;
    // before anybody looks for another key, which goes to what is open
    temporal.open_wire(Retry::WORKER).await?;
    tracing::info!(address = temporal.address(), namespace = temporal.namespace(), "connected");
    Ok(temporal)
}

/// Cancels the token at SIGTERM or SIGINT; a second one ends the process as the system would.
///
/// # Errors
/// When the signals cannot be listened to.
pub fn until_signalled() -> std::io::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let token = CancellationToken::new();
    let shutdown = token.clone();
    tokio::spawn(async move {
        tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
        tracing::info!("stopping: open work may end first, a second signal ends at once");
        shutdown.cancel();
        let number = tokio::select! { _ = term.recv() => 15, _ = int.recv() => 2 };
        // who asks twice does not want to wait; nothing is lost, another worker takes over
        #[expect(clippy::exit, clippy::disallowed_methods, reason = "the second signal is final")]
        std::process::exit(128 + number);
    });
    Ok(token)
}
