//! Codes of failpoints. A number is never reused.

teal_model::codes! {
    /// A test wants it.
    FAIL0001: Transient, "an armed failpoint failed on purpose",
        "TEAL_FAILPOINTS is set in the environment of this process: unset it and start again";
    /// A name or an action that does not exist.
    FAIL0002: Config, "TEAL_FAILPOINTS cannot be read",
        "write <boundary>:<before|after>=<kill|stop|error>, `@n` for the n-th time, separated by \
         commas; docs/contributing/failpoints.md lists the boundaries";
    /// A release build.
    FAIL0003: Config, "this build has no failpoints",
        "unset TEAL_FAILPOINTS: a release build neither fails nor ends on purpose";
}
