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

/// A native type that Teal does not carry.
pub const PG0010: Code = Code::new(
    "PG0010",
    Kind::Config,
    "Teal does not carry this type",
    "use a built-in type, or leave the column out of the model",
);

/// The source table differs from the model.
pub const SOURCE0010: Code = Code::new(
    "SOURCE0010",
    Kind::Config,
    "the source differs from the model",
    "mend the source or the model as the message says; the stream heals by itself",
);
/// There is no such table at the source, or it cannot be read.
pub const SOURCE0011: Code = Code::new(
    "SOURCE0011",
    Kind::Config,
    "the source has no such table or view",
    "compare the dataset's `table` with the source, and grant USAGE on its schema and SELECT on it",
);
/// Row-level security would hide rows.
pub const SOURCE0012: Code = Code::new(
    "SOURCE0012",
    Kind::Config,
    "row-level security hides rows of the source from the credential",
    "give the role BYPASSRLS, or read a view that says which rows are meant",
);
/// A snapshot that holds the source's vacuum back for too long.
pub const SOURCE0013: Code = Code::new(
    "SOURCE0013",
    Kind::Data,
    "the source's snapshot got too old",
    "the load takes longer than a snapshot may live: give the stream more resources or fewer rows",
);
/// One row that would take too much memory.
pub const SOURCE0014: Code = Code::new(
    "SOURCE0014",
    Kind::Data,
    "a row is larger than Teal carries",
    "leave the large column out of the model, or shorten the value at the source",
);
/// A copy whose end does not add up.
pub const SOURCE0015: Code = Code::new(
    "SOURCE0015",
    Kind::Transient,
    "the copy from the source ended early",
    "nothing was merged; the stream reads again by itself",
);
/// A server that is too old.
pub const SOURCE0016: Code = Code::new(
    "SOURCE0016",
    Kind::Config,
    "the source's PostgreSQL is too old",
    "Teal reads PostgreSQL 14 and later",
);

/// NULL where the model says that there is none.
pub const STAGE0001: Code = Code::new(
    "STAGE0001",
    Kind::Data,
    "a column that the model says is never NULL holds NULL",
    "mend the rows at the source, or say `nullable: true` (a key column must hold a value)",
);

/// Two rows of one key.
pub const MERGE0001: Code = Code::new(
    "MERGE0001",
    Kind::Data,
    "the source holds one key twice",
    "mend the rows at the source, or choose a key in the model that is unique there",
);
/// The guard against a source that was emptied by mistake.
pub const MERGE0002: Code = Code::new(
    "MERGE0002",
    Kind::Data,
    "the batch would delete more rows than max_delete allows",
    "look at the source; if the rows are meant to go, `teal run <stream> --accept`",
);
/// The statement changed other rows than the delta said.
pub const MERGE0003: Code = Code::new(
    "MERGE0003",
    Kind::Transient,
    "the merge met other rows than its delta",
    "nothing was committed; the next try compares the whole dataset",
);

/// Objects of others stand on one of ours.
pub const DDL0001: Code = Code::new(
    "DDL0001",
    Kind::Config,
    "objects that are not Teal's depend on a table or view that has to change",
    "drop or move them yourself (Teal never drops what it did not make), then apply again",
);
/// A name that somebody else has taken.
pub const DDL0002: Code = Code::new(
    "DDL0002",
    Kind::Config,
    "a name that Teal needs is taken by something else",
    "rename or drop what has this name, or choose another one in the model",
);
/// Roles that we may not manage.
pub const DDL0003: Code = Code::new(
    "DDL0003",
    Kind::Config,
    "the merge credential may not manage reader roles",
    "give its role CREATEROLE, or say `roles: external` in the model",
);
/// Schemas that we may not create.
pub const DDL0004: Code = Code::new(
    "DDL0004",
    Kind::Config,
    "the merge credential may not create schemas",
    "as the owner of the database: grant create on database <database> to <its role>",
);
/// A member that does not exist.
pub const DDL0005: Code = Code::new(
    "DDL0005",
    Kind::Config,
    "a member of a reader role does not exist",
    "create the role, or take it out of the workspace's members",
);

/// A platform that would keep its data in another way.
pub const PLAN0001: Code = Code::new(
    "PLAN0001",
    Kind::Config,
    "the style of a platform never changes in place",
    "add a second platform of the wanted style and assign the workspaces to it",
);
/// No such plan.
pub const PLAN0002: Code = Code::new(
    "PLAN0002",
    Kind::Config,
    "there is no such plan",
    "make one with `teal plan`; its hash is printed at the end",
);
/// A stored plan or release that cannot be read.
pub const PLAN0003: Code = Code::new(
    "PLAN0003",
    Kind::Config,
    "a stored plan or release cannot be read by this version",
    "apply with the version that made the plan, or make the plan again",
);

/// Something else was installed since the plan was made.
pub const APPLY0001: Code = Code::new(
    "APPLY0001",
    Kind::Config,
    "the plan is no longer true: another release was installed since it was made",
    "run `teal plan` again and look at what it says now",
);
/// Two at once.
pub const APPLY0002: Code = Code::new(
    "APPLY0002",
    Kind::Config,
    "another apply is running",
    "wait until it is through; `teal apply` again then",
);
/// An apply that lost its right.
pub const APPLY0003: Code = Code::new(
    "APPLY0003",
    Kind::Config,
    "this plan is not being applied (any more)",
    "another apply took over after this one was silent; run `teal plan` again",
);
/// A stream that answered and yet is not in place.
pub const APPLY0004: Code = Code::new(
    "APPLY0004",
    Kind::Transient,
    "the stream did not take its configuration over",
    "look at `teal status` for the reason; applying again goes on from here",
);
/// A step that the plan does not have.
pub const APPLY0005: Code =
    Code::new("APPLY0005", Kind::Bug, "the plan has no such step", "report it");
/// A catalog that belongs to somebody else.
pub const APPLY0006: Code = Code::new(
    "APPLY0006",
    Kind::Config,
    "the catalog belongs to another ecosystem",
    "point TEAL_CATALOG at the right database, or use a new one",
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
/// An intent in other words than run, paused, retired.
pub const LEDGER0008: Code =
    Code::new("LEDGER0008", Kind::Config, "no such intent", "say `run`, `paused` or `retired`");
/// The 32-bit batch number is used up.
pub const LEDGER0009: Code = Code::new(
    "LEDGER0009",
    Kind::Config,
    "the stream has no batch number left",
    "retire the stream and let the model name it anew",
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

/// All sessions of a source are taken for very long.
pub const SOURCE0050: Code = Code::new(
    "SOURCE0050",
    Kind::Transient,
    "no session at the source became free",
    "raise `max_sessions` of the source, or spread the schedules of its streams",
);
