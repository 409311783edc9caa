//! Codes of the engine. One per situation; a number is never reused.

use teal_model::error::{Code, Kind};

/// Cancelled.
pub const ENGINE0001: Code = Code::new(
    "ENGINE0001",
    Kind::Transient,
    "the work was cancelled",
    "nothing was committed; the stream takes the batch up again by itself",
);

/// A statement failed in a way that Teal does not know.
pub const PG0001: Code = Code::new(
    "PG0001",
    Kind::Bug,
    "PostgreSQL refused a statement",
    "this is not expected: report it with the SQLSTATE and the names above",
);
/// Connection trouble.
pub const PG0002: Code = Code::new(
    "PG0002",
    Kind::Transient,
    "the connection to PostgreSQL failed",
    "check that the server is up and reachable; the stream goes on by itself",
);
/// Login refused.
pub const PG0003: Code = Code::new(
    "PG0003",
    Kind::Config,
    "PostgreSQL refused the login",
    "check user and password of the credential and the server's pg_hba.conf",
);
/// Missing privilege.
pub const PG0004: Code = Code::new(
    "PG0004",
    Kind::Config,
    "the role lacks a privilege",
    "grant what the message names to the role of this credential",
);
/// Deadlock, serialization failure, lock timeout, terminated by an administrator.
pub const PG0005: Code = Code::new(
    "PG0005",
    Kind::Transient,
    "PostgreSQL interrupted the transaction",
    "nothing was committed; it is tried again",
);
/// Disk full, out of memory, too many connections.
pub const PG0006: Code = Code::new(
    "PG0006",
    Kind::Config,
    "the PostgreSQL server is out of a resource",
    "free the resource that the message names; the stream probes on schedule and heals by itself",
);
/// Unknown table, column, schema, function or database.
pub const PG0007: Code = Code::new(
    "PG0007",
    Kind::Config,
    "an object that the model names does not exist in PostgreSQL",
    "compare the model with the database (`teal plan` shows the difference)",
);
/// A value or constraint violation.
pub const PG0008: Code = Code::new(
    "PG0008",
    Kind::Data,
    "PostgreSQL refused a value",
    "look at the rows of the dataset named above at the source",
);

/// Too many connections: a resource that frees itself.
pub const PG0009: Code = Code::new(
    "PG0009",
    Kind::Transient,
    "the PostgreSQL server has no connection left",
    "raise max_connections or lower max_sessions of the source; it is tried again",
);

/// A credential that is nowhere to be found.
pub const CRED0001: Code = Code::new(
    "CRED0001",
    Kind::Config,
    "a credential is missing",
    "set the variables or files that the message names, where the work runs",
);

/// A stream that the control catalog does not hold.
pub const LEDGER0001: Code = Code::new(
    "LEDGER0001",
    Kind::Fenced,
    "the catalog holds no such stream",
    "compare the name with `teal status`; a stream appears by `teal apply`",
);
/// Another attempt owns the batch.
pub const LEDGER0002: Code = Code::new(
    "LEDGER0002",
    Kind::Fenced,
    "a newer attempt owns the batch",
    "nothing was changed; the stream reads the ledger and goes on by itself",
);
/// The request was made with a configuration that is no longer the newest.
pub const LEDGER0003: Code = Code::new(
    "LEDGER0003",
    Kind::Fenced,
    "the stream's configuration changed",
    "the stream reads the new one, alters its tables and goes on by itself",
);
/// Paused or retired by a person.
pub const LEDGER0004: Code = Code::new(
    "LEDGER0004",
    Kind::Fenced,
    "the stream is not meant to run",
    "`teal resume <stream>` lets a paused stream run again",
);
/// Staging is not what the mark says.
pub const LEDGER0005: Code = Code::new(
    "LEDGER0005",
    Kind::Fenced,
    "staged rows were lost before they were merged",
    "the batch returned to started and is read again by itself (UNLOGGED staging is emptied by a crash of the merge store)",
);
/// Counts that a merge reports do not belong to the batch.
pub const LEDGER0006: Code = Code::new(
    "LEDGER0006",
    Kind::Bug,
    "the merge reports other tables than were staged",
    "this is not expected: report it with the names above",
);
/// An ingested batch must be merged before its tables are altered.
pub const LEDGER0007: Code = Code::new(
    "LEDGER0007",
    Kind::Fenced,
    "a batch is staged and not merged yet",
    "the stream merges it first and goes on by itself",
);
/// A newer Teal migrated the catalog.
pub const LEDGER0010: Code = Code::new(
    "LEDGER0010",
    Kind::Config,
    "the catalog was made by a newer Teal",
    "use the newer program; an older one would not understand what stands there",
);
/// An applied migration has another text than ours.
pub const LEDGER0011: Code = Code::new(
    "LEDGER0011",
    Kind::Config,
    "the catalog was made by another build of Teal",
    "use the program that made it; a catalog of an unreleased build has to be made anew",
);
/// The catalog is not there or older.
pub const LEDGER0012: Code = Code::new(
    "LEDGER0012",
    Kind::Config,
    "the catalog is older than this program, or not there",
    "`teal apply` creates and migrates it",
);
/// Another ecosystem's database.
pub const LEDGER0013: Code = Code::new(
    "LEDGER0013",
    Kind::Config,
    "the catalog belongs to another ecosystem",
    "point TEAL_CATALOG to this ecosystem's database, or give the new ecosystem one of its own",
);
/// A signature whose body is not there yet.
pub const LEDGER0099: Code =
    Code::new("LEDGER0099", Kind::Bug, "not there yet", "wait for the next version");
