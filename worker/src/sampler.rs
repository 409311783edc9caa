//! Lag and states of all streams, read from the catalog for `/metrics`.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use teal_activities::{Io, catalog};
use tokio_util::sync::CancellationToken;

use crate::metrics::Metrics;

/// Two statements each time; a scraper asks every 15 to 60 s.
const EVERY: Duration = Duration::from_secs(15);

/// Samples until `stop`.
pub(crate) async fn sample(io: Arc<Io>, metrics: Arc<Metrics>, stop: CancellationToken) {
    let mut known: BTreeMap<String, u64> = BTreeMap::new();
    loop {
        match catalog::lag::lags(&io).await {
            Ok(lags) => {
                known.values_mut().for_each(|count| *count = 0); // a state that is gone shows 0
                for stream in lags {
                    if let Some(seconds) = stream.lag_seconds {
                        metrics.lag(&stream.stream, seconds);
                    }
                    *known.entry(stream.state).or_default() += 1;
                }
                known.iter().for_each(|(state, count)| metrics.streams(state, *count));
            }
            Err(error) => tracing::debug!(error = %error.one_line(), "lag could not be read"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
