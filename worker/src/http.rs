//! `/metrics`, `/health/live` and `/health/ready`.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use teal_model::{Error, Result};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

use crate::{code, metrics::Metrics};

/// Whether the process does what it is there for. Not whether Temporal answers: a cluster that
/// restarts every worker because a server is down helps nobody.
#[derive(Debug, Default)]
pub(crate) struct Readiness(AtomicBool);

impl Readiness {
    pub(crate) fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::Relaxed);
    }
}

#[derive(Clone)]
struct Served {
    metrics: Arc<Metrics>,
    readiness: Arc<Readiness>,
}

/// Serves until `stop`. Returns the address that it listens on.
///
/// # Errors
/// `WORK0104` when the address is taken.
pub(crate) async fn serve(
    listen: SocketAddr,
    metrics: Arc<Metrics>,
    readiness: Arc<Readiness>,
    stop: CancellationToken,
) -> Result<SocketAddr> {
    let (listener, address) = bind(listen).await?;
    let router = Router::new()
        .route("/metrics", get(metrics_text))
        .route("/health/live", get(|| async { "alive\n" }))
        .route("/health/ready", get(ready))
        .with_state(Served { metrics, readiness });
    tokio::spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned());
        if let Err(error) = served.await {
            tracing::warn!(%error, "metrics and health are no longer offered");
        }
    });
    tracing::info!(%address, "metrics and health are offered");
    Ok(address)
}

async fn bind(listen: SocketAddr) -> Result<(TcpListener, SocketAddr)> {
    let refused =
        |error: std::io::Error| Error::new(code::WORK0104).with("listen", listen).caused_by(error);
    let listener = TcpListener::bind(listen).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}

async fn ready(State(served): State<Served>) -> (StatusCode, &'static str) {
    if served.readiness.0.load(Ordering::Relaxed) {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "waiting for catalog, release or workers\n")
    }
}

async fn metrics_text(State(served): State<Served>) -> Response {
    match read_exporter(served.metrics.exporter()).await {
        Ok(text) => {
            ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
        }
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error}\n")).into_response(),
    }
}

/// One request to the SDK's exporter on the loopback interface. HTTP/1.0: the answer ends with the
/// connection and has no chunks.
async fn read_exporter(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    let body = answer.split_once("\r\n\r\n").map(|(_head, body)| body.to_owned());
    body.ok_or_else(|| std::io::Error::other("the exporter gave no answer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_that_is_taken_is_told() {
        let (_listener, address) = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let error = bind(address).await.unwrap_err();
        assert_eq!(error.code(), code::WORK0104);
        assert!(error.to_string().contains(&address.to_string()), "{error}");
    }
}
