//! Codes of the command line. One per situation; a number is never reused.

use teal_model::error::{Code, Kind};

/// `TEAL_CATALOG` is not set.
pub const CLI0001: Code = Code::new(
    "CLI0001",
    Kind::Config,
    "TEAL_CATALOG is not set",
    "set it to the database of the control catalog: \
     export TEAL_CATALOG=postgres://user:password@host:5432/database",
);
/// `TEAL_CATALOG` cannot be read.
pub const CLI0002: Code = Code::new(
    "CLI0002",
    Kind::Config,
    "TEAL_CATALOG is not the address of a PostgreSQL database",
    "write postgres://user:password@host:5432/database; in user and password write @ as %40, \
     / as %2F, : as %3A, # as %23, ? as %3F and % as %25",
);
/// Output cannot be written.
pub const CLI0003: Code = Code::new(
    "CLI0003",
    Kind::Transient,
    "the output could not be written",
    "look at where stdout goes: a full disk, a closed file",
);
/// A model path that cannot be read.
pub const CLI0004: Code = Code::new(
    "CLI0004",
    Kind::Config,
    "the model cannot be read",
    "give files, or folders with *.yaml files; without any, `model/` or else the current folder is read",
);
/// Nothing to compile.
pub const CLI0005: Code = Code::new(
    "CLI0005",
    Kind::Config,
    "no model was found",
    "give the model's folder or files, such as `teal validate examples/tpch`",
);
/// A destructive plan that nobody confirmed.
pub const CLI0006: Code = Code::new(
    "CLI0006",
    Kind::Config,
    "the plan removes something and nobody said yes",
    "read the plan; `teal apply --yes` carries it out",
);
/// The person said no.
pub const CLI0007: Code = Code::new("CLI0007", Kind::Config, "not applied", "nothing was changed");
/// No worker to do the work.
pub const CLI0008: Code = Code::new(
    "CLI0008",
    Kind::Config,
    "no worker takes the work",
    "start one with `teal worker`, or let this process do it with `--local`",
);
/// Waiting was interrupted.
pub const CLI0009: Code = Code::new(
    "CLI0009",
    Kind::Transient,
    "interrupted",
    "nothing is lost; the same command goes on where it stopped",
);
/// A stream that the catalog does not know.
pub const CLI0010: Code = Code::new(
    "CLI0010",
    Kind::Config,
    "there is no such stream",
    "`teal status` lists the streams; write <platform>/<store> or <platform>/<store>/<dataset>",
);
/// The catalog is empty.
pub const CLI0011: Code = Code::new(
    "CLI0011",
    Kind::Config,
    "nothing is installed in this catalog",
    "`teal apply` installs a model; check TEAL_CATALOG when something should be there",
);
/// The apply workflow ended without success.
pub const CLI0012: Code = Code::new(
    "CLI0012",
    Kind::Config,
    "the apply failed",
    "mend what the failed step names and run `teal apply` again: done steps are not repeated",
);
/// A query that PostgreSQL refused.
pub const CLI0013: Code = Code::new(
    "CLI0013",
    Kind::Config,
    "the query failed",
    "mend the query; it runs in a read-only transaction of TEAL_CATALOG's database",
);
/// The batch of a run failed.
pub const CLI0014: Code = Code::new(
    "CLI0014",
    Kind::Config,
    "the run did not commit a batch",
    "`teal status <stream>` shows what the stream is doing",
);
/// A local run of a stream that is not meant to run.
pub const CLI0015: Code = Code::new(
    "CLI0015",
    Kind::Config,
    "the stream is not meant to run",
    "`teal resume <stream>` ends a pause; a retired stream comes back by `teal apply` only",
);
/// No development stack.
pub const CLI0016: Code = Code::new(
    "CLI0016",
    Kind::Config,
    "there is no development stack here",
    "`teal dev up` makes one for the project of the current folder",
);
/// Two applies at once.
pub const CLI0017: Code = Code::new(
    "CLI0017",
    Kind::Config,
    "another plan is being applied",
    "wait until it is done, then run `teal apply` again: the plan is made anew",
);
/// The system refuses something that a process needs.
pub const CLI0018: Code = Code::new(
    "CLI0018",
    Kind::Config,
    "the system refused what this process needs",
    "the cause stands above: a limit of processes, threads or open files",
);
