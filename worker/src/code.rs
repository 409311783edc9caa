//! Codes of the worker (those below 100 belong to workflows). A number is never reused.

teal_model::codes! {
    /// `--services` names another stack than the release.
    WORK0101: Config, "the release of this catalog has other platform services",
        "check TEAL_CATALOG and --services: a worker serves the services of the release in its \
         catalog";
    /// `--class` names what the release does not have.
    WORK0102: Config, "the release has no such resource class",
        "take one of the classes listed above, or none to serve all of them";
    /// Neither class nor workflows.
    WORK0103: Config, "the worker is told to do nothing", "give --class, --workflows or both";
    /// Telemetry or listening failed.
    WORK0104: Config, "the worker cannot offer its metrics and health endpoints",
        "another process listens on that address: choose another one with --metrics-addr";
    /// The SDK refused to start or stopped by itself.
    WORK0105: Transient, "the worker stopped by itself",
        "the cause stands below; a supervisor starts the worker again, streams go on from the \
         catalog";
    /// Two inits of the log.
    WORK0106: Config, "the log filter cannot be read",
        "write for example `info` or `info,teal_activities=debug`";
    /// The workflow of a stream did not end.
    WORK0107: Transient, "the stream's workflow did not end as it was told",
        "look at it in Temporal's UI; applying again goes on from here";
}
