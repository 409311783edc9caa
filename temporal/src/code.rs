//! Codes of the Temporal client. One per situation; a number is never reused.

use teal_model::error::{Code, Kind};

/// The server does not answer.
pub const TEMPORAL0001: Code = Code::new(
    "TEMPORAL0001",
    Kind::Transient,
    "the Temporal server cannot be reached",
    "check that it runs and that TEMPORAL_ADDRESS (default 127.0.0.1:7233) names it",
);
/// Nonsense in the environment or in `temporal.toml`.
pub const TEMPORAL0002: Code = Code::new(
    "TEMPORAL0002",
    Kind::Config,
    "the Temporal settings of the environment cannot be used",
    "check the TEMPORAL_* variables and temporal.toml (`temporal config list`)",
);
/// No such namespace.
pub const TEMPORAL0003: Code = Code::new(
    "TEMPORAL0003",
    Kind::Config,
    "the Temporal namespace does not exist",
    "create it with `temporal operator namespace create -n <name>` or correct `temporal.namespace` of the platform services",
);
/// No open workflow of that id.
pub const TEMPORAL0004: Code = Code::new(
    "TEMPORAL0004",
    Kind::Config,
    "there is no running workflow with this id",
    "`teal apply` starts the workflow of every stream of the installed release; `teal status` lists them",
);
/// A validator said no.
pub const TEMPORAL0005: Code = Code::new(
    "TEMPORAL0005",
    Kind::Config,
    "the request was refused",
    "the reason stands above; `teal status` shows the state of the stream",
);
/// The workflow is there but nothing runs it.
pub const TEMPORAL0006: Code = Code::new(
    "TEMPORAL0006",
    Kind::Transient,
    "nobody answered in time",
    "check that a worker runs with --workflows for these platform services (`teal worker --workflows`); a request that was accepted is still carried out",
);
/// The workflow of this id belongs to somebody else.
pub const TEMPORAL0007: Code = Code::new(
    "TEMPORAL0007",
    Kind::Config,
    "the open workflow of this id belongs to another catalog",
    "two installations share this Temporal namespace; give one a namespace of its own, or terminate the foreign workflow if its catalog is gone",
);
/// Anything else that the server says.
pub const TEMPORAL0008: Code = Code::new(
    "TEMPORAL0008",
    Kind::Transient,
    "the Temporal server refused a request",
    "the cause stands below; it is tried again where that can help",
);
/// An answer that this version cannot read.
pub const TEMPORAL0009: Code = Code::new(
    "TEMPORAL0009",
    Kind::Bug,
    "an answer of a workflow cannot be read",
    "the workflow was started by something else than Teal, or by a version that this one cannot talk to",
);
/// Login refused.
pub const TEMPORAL0010: Code = Code::new(
    "TEMPORAL0010",
    Kind::Config,
    "the Temporal server refused the login",
    "check TEMPORAL_API_KEY or the TLS certificates (TEMPORAL_TLS_*) and the rights of their owner",
);
/// A newer configuration took the place of the one that was asked for.
pub const TEMPORAL0011: Code = Code::new(
    "TEMPORAL0011",
    Kind::Config,
    "the stream runs another configuration than the one that was asked for",
    "somebody applied another release at the same time; run `teal plan` again",
);
/// The stream answered with a failure of its own.
pub const TEMPORAL0012: Code = Code::new(
    "TEMPORAL0012",
    Kind::Config,
    "the stream could not take over its configuration",
    "the failure of the stream stands above; mend its cause and apply again",
);
