//! Prometheus metrics, in one registry with the SDK's own.

pub mod names;

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use teal_model::{Error, Result};
use teal_proto::v1::{IngestReport, MergeReport};
use temporalio_common::telemetry::{
    HistogramBucketOverrides, PrometheusExporterOptions,
    metrics::{
        CoreMeter, Counter, Gauge, GaugeF64, HistogramF64, MetricAttributes, MetricKeyValue,
        MetricParameters, UpDownCounter,
    },
    start_prometheus_metric_exporter,
};
use tokio::task::AbortHandle;

use crate::code;

/// Which half of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// From the source into staging.
    Ingest,
    /// From staging into the merge table.
    Merge,
}

impl Stage {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Merge => "merge",
        }
    }
}

/// All metrics of Teal.
pub struct Metrics {
    meter: Arc<dyn CoreMeter>,
    exporter: SocketAddr,
    server: AbortHandle,
    staged_rows: Counter,
    staged_bytes: Counter,
    merged_rows: Counter,
    batches: Counter,
    batch_seconds: HistogramF64,
    lag_seconds: GaugeF64,
    streams: Gauge,
    slots: Gauge,
    slots_busy: UpDownCounter,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").field("exporter", &self.exporter).finish_non_exhaustive()
    }
}

impl Drop for Metrics {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Metrics {
    /// Opens the registry. The SDK renders it only through a server of its own, which listens on the
    /// loopback interface; `http` passes its text on.
    ///
    /// # Errors
    /// `WORK0104`.
    pub fn start() -> Result<Self> {
        let buckets = [(names::BATCH_SECONDS.to_owned(), names::BATCH_SECONDS_BUCKETS.to_vec())];
        let options = PrometheusExporterOptions::builder()
            .socket_addr(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
            .use_seconds_for_durations(true)
            .histogram_bucket_overrides(HistogramBucketOverrides {
                overrides: HashMap::from(buckets),
            })
            .build();
        let started = start_prometheus_metric_exporter(options)
            .map_err(|error| Error::new(code::WORK0104).caused_by(error.to_string()))?;
        let meter: Arc<dyn CoreMeter> = started.meter;
        let named = |name: &'static str| MetricParameters::from(name);
        Ok(Self {
            exporter: started.bound_addr,
            server: started.abort_handle,
            staged_rows: meter.counter(named(names::STAGED_ROWS)),
            staged_bytes: meter.counter(named(names::STAGED_BYTES)),
            merged_rows: meter.counter(named(names::MERGED_ROWS)),
            batches: meter.counter(named(names::BATCHES)),
            batch_seconds: meter.histogram_f64(named(names::BATCH_SECONDS)),
            lag_seconds: meter.gauge_f64(named(names::LAG_SECONDS)),
            streams: meter.gauge(named(names::STREAMS)),
            slots: meter.gauge(named(names::SLOTS)),
            slots_busy: meter.up_down_counter(named(names::SLOTS_BUSY)),
            meter,
        })
    }

    /// For the SDK, which counts on the same registry.
    pub(crate) fn meter(&self) -> Arc<dyn CoreMeter> {
        Arc::clone(&self.meter)
    }

    /// Where the SDK's exporter answers.
    pub(crate) const fn exporter(&self) -> SocketAddr {
        self.exporter
    }

    /// A batch is staged.
    pub fn staged(&self, report: &IngestReport) {
        let none = self.labels([]);
        self.staged_rows.add(report.rows, &none);
        self.staged_bytes.add(report.bytes, &none);
    }

    /// A batch is committed; the answer to a repeated request is no second commit.
    pub fn merged(&self, report: &MergeReport) {
        if report.already_committed {
            return;
        }
        let changes = [
            ("inserted", report.inserted),
            ("updated", report.updated),
            ("deleted", report.deleted),
            ("unchanged", report.unchanged),
        ];
        for (change, rows) in changes {
            self.merged_rows.add(rows, &self.labels([(names::CHANGE, change)]));
        }
    }

    /// A try ended.
    pub fn ended(&self, stage: Stage, took: Duration, error: Option<&Error>) {
        let status = error.map_or("done", |error| error.kind().as_str());
        let labels = self.labels([(names::STAGE, stage.as_str()), (names::STATUS, status)]);
        self.batches.add(1, &labels);
        self.batch_seconds.record(took.as_secs_f64(), &labels);
    }

    /// Slots that this worker offers.
    pub fn slots(&self, class: &str, slots: u32) {
        self.slots.record(slots.into(), &self.labels([(names::CLASS, class)]));
    }

    /// A slot is taken until the answer is dropped.
    pub(crate) fn busy(&self, class: &str) -> Busy {
        let labels = self.labels([(names::CLASS, class)]);
        self.slots_busy.add(1, &labels);
        Busy { gauge: self.slots_busy.clone(), labels }
    }

    /// How far a stream is behind its source.
    pub fn lag(&self, stream: &str, seconds: f64) {
        self.lag_seconds.record(seconds, &self.labels([(names::STREAM, stream)]));
    }

    /// How many streams are in a state.
    pub fn streams(&self, state: &str, count: u64) {
        self.streams.record(count, &self.labels([(names::STATE, state)]));
    }

    fn labels<const N: usize>(&self, labels: [(&'static str, &str); N]) -> MetricAttributes {
        let labels = labels.map(|(key, value)| MetricKeyValue::new(key, value.to_owned()));
        self.meter.new_attributes(labels.into())
    }
}

/// A slot that moves rows.
pub(crate) struct Busy {
    gauge: UpDownCounter,
    labels: MetricAttributes,
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.gauge.add(-1, &self.labels);
    }
}
