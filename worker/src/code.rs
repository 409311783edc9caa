//! Codes of the worker (those below 100 belong to workflows). A number is never reused.

use teal_model::error::{Code, Kind};

/// `--services` names another stack than the release.
pub const WORK0101: Code = Code::new(
    "WORK0101",
    Kind::Config,
    "the release of this catalog has other platform services",
    "check TEAL_CATALOG and --services: a worker serves the services of the release in its catalog",
);
/// `--class` names what the release does not have.
pub const WORK0102: Code = Code::new(
    "WORK0102",
    Kind::Config,
    "the release has no such resource class",
    "take one of the classes listed above, or none to serve all of them",
);
/// Neither class nor workflows.
pub const WORK0103: Code = Code::new(
    "WORK0103",
    Kind::Config,
    "the worker is told to do nothing",
    "give --class, --workflows or both",
);
/// Telemetry or listening failed.
pub const WORK0104: Code = Code::new(
    "WORK0104",
    Kind::Config,
    "the worker cannot offer its metrics and health endpoints",
    "another process listens on that address: choose another one with --metrics-addr",
);
/// The SDK refused to start or stopped by itself.
pub const WORK0105: Code = Code::new(
    "WORK0105",
    Kind::Transient,
    "the worker stopped by itself",
    "the cause stands below; a supervisor starts the worker again, streams go on from the catalog",
);
/// Two inits of the log.
pub const WORK0106: Code = Code::new(
    "WORK0106",
    Kind::Config,
    "the log filter cannot be read",
    "write for example `info` or `info,teal_activities=debug`",
);
/// The workflow of a stream did not end.
pub const WORK0107: Code = Code::new(
    "WORK0107",
    Kind::Transient,
    "the stream's workflow did not end as it was told",
    "look at it in Temporal's UI; applying again goes on from here",
);
