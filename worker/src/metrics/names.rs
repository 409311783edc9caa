//! Names, labels and words of labels: the only place where they are written.

/// Rows written into staging.
pub const STAGED_ROWS: &str = "teal_ingest_rows_total";
/// Bytes written into staging.
pub const STAGED_BYTES: &str = "teal_ingest_bytes_total";
/// Rows that commits changed; label [`CHANGE`].
pub const MERGED_ROWS: &str = "teal_merge_rows_total";
/// Ended tries of a batch; labels [`STAGE`], [`STATUS`].
pub const BATCHES: &str = "teal_batches_total";
/// Seconds of a try; labels [`STAGE`], [`STATUS`].
pub const BATCH_SECONDS: &str = "teal_batch_seconds";
/// Seconds since the source was read by the last committed batch; label [`STREAM`]. Read from the
/// catalog, by every worker that runs workflows: take the maximum.
pub const LAG_SECONDS: &str = "teal_stream_lag_seconds";
/// Streams by [`STATE`]; as above, take the maximum.
pub const STREAMS: &str = "teal_streams";
/// Slots of this worker; label [`CLASS`].
pub const SLOTS: &str = "teal_slots";
/// Slots that move rows now; label [`CLASS`].
pub const SLOTS_BUSY: &str = "teal_slots_busy";

/// Label: `inserted`, `updated`, `deleted`, `unchanged`.
pub const CHANGE: &str = "change";
/// Label: `ingest`, `merge`.
pub const STAGE: &str = "stage";
/// Label: `done`, or the kind of the failure (`transient`, `config`, `data`, `fenced`, `bug`).
pub const STATUS: &str = "status";
/// Label: `<platform>/<store>[/<dataset>]`.
pub const STREAM: &str = "stream";
/// Label: state of a stream.
pub const STATE: &str = "state";
/// Label: resource class.
pub const CLASS: &str = "class";

/// Bounds of [`BATCH_SECONDS`]: from a refresh that found nothing to a first load of hours.
pub(super) const BATCH_SECONDS_BUCKETS: [f64; 12] =
    [0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 180.0, 600.0, 1_800.0, 7_200.0, 28_800.0];
