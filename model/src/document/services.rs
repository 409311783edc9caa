//! `kind: PlatformServices`: the stack that platforms share.

use std::num::{NonZeroU16, NonZeroU32};

use super::{
    hints::{Hints, QuantityPair},
    period::Period,
    quantity::Memory,
    source::PostgresAddress,
};
use crate::yaml::{
    Decode, Entries, Fields, Finding, Node, Report, Span, Spanned, mapping::mapping,
};

mapping! {
    /// The stack that platforms share.
    pub struct PlatformServices {
        /// Its name; part of every task queue.
        name: Spanned<String>,
        /// For people.
        description: Option<Spanned<String>>,
        /// Where merge tables, staging and ledger live.
        merge: MergeStore,
        /// Its Temporal server.
        temporal: Option<TemporalServices>,
        /// Where credentials are looked up; the environment where it is not said.
        credentials: Option<Credentials>,
        /// Sizes of workers, by name.
        classes: Entries<ClassBody>,
        /// Sizes of jobs that say nothing else.
        defaults: Option<Hints>,
    }
}

mapping! {
    /// Where merge tables, staging and ledger live.
    pub struct MergeStore {
        /// A PostgreSQL database.
        postgres: PostgresAddress,
        /// Name of the credential that opens it.
        credential: Spanned<String>,
        /// Most sessions that all workers together hold there.
        max_sessions: Option<Spanned<NonZeroU16>>,
        /// What to reserve where Teal deploys the database.
        storage: Option<Storage>,
    }
    later {
        "iceberg": "merge stores are PostgreSQL for now",
    }
}

mapping! {
    /// Disk of a merge store that Teal deploys.
    pub struct Storage {
        /// Size of the volume.
        size: Spanned<Memory>,
        /// Storage class of the volume.
        class: Option<Spanned<String>>,
    }
}

mapping! {
    /// A Temporal server. Its address comes from the environment.
    pub struct TemporalServices {
        /// Namespace; `default` where it is not said.
        namespace: Option<Spanned<String>>,
        /// How long an activity may be silent before it counts as dead; `30s` where it is not said.
        /// A shorter one notices a killed worker sooner, below 10 s it has no effect.
        heartbeat: Option<Spanned<Period>>,
    }
}

mapping! {
    /// A size of worker: one task queue and one Deployment.
    pub struct ClassBody {
        /// What the scheduler reserves.
        requests: QuantityPair,
        /// What the container may use.
        limits: QuantityPair,
        /// Activities that one worker runs at a time.
        slots: Spanned<NonZeroU32>,
    }
}

/// Where credentials are looked up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Credentials {
    /// In the environment of the worker.
    Env(EnvCredentials),
    /// In files.
    Files(FileCredentials),
    /// In a password file of PostgreSQL.
    Pgpass(PgpassCredentials),
    /// Unreadable.
    #[default]
    Unknown,
}

mapping! {
    /// `<PREFIX><NAME>_USER` and `<PREFIX><NAME>_PASSWORD`, the name in upper case; for a client
    /// certificate `…_TLS_CERT` and `…_TLS_KEY` (PEM).
    pub struct EnvCredentials {
        /// `TEAL_CREDENTIAL_` where it is not said.
        prefix: Option<Spanned<String>>,
    }
}

mapping! {
    /// `<dir>/<name>/username` and `<dir>/<name>/password`, as Kubernetes mounts a secret; for a
    /// client certificate `tls.crt` and `tls.key`, and `ca.crt` is trusted where the model names no
    /// `ca`.
    pub struct FileCredentials {
        /// Folder of the folders, one for each credential.
        dir: Spanned<String>,
    }
}

mapping! {
    /// A password file of PostgreSQL: lines `host:port:database:user:password`, as `psql` reads it.
    /// The host, port and database of the endpoint choose the line.
    pub struct PgpassCredentials {
        /// The file; `PGPASSFILE` and then `~/.pgpass` where it is not said.
        file: Option<Spanned<String>>,
    }
}

impl Decode for Credentials {
    fn decode(node: &Node, report: &mut Report) -> Self {
        let Some(mut fields) = Fields::of(node, report) else { return Self::default() };
        let places =
            [fields.take_node("env"), fields.take_node("files"), fields.take_node("pgpass")];
        let at = if fields.at.is_somewhere() { fields.at } else { node.at };
        fields.finish(report);
        match places {
            [Some((_, env)), None, None] => {
                Self::Env(Option::decode(env, report).unwrap_or_default())
            }
            [None, Some((_, files)), None] => Self::Files(FileCredentials::decode(files, report)),
            [None, None, Some((_, pgpass))] => {
                Self::Pgpass(Option::decode(pgpass, report).unwrap_or_default())
            }
            [None, None, None] => unclear(at, "no place is named", report),
            [_, Some((key, _)), None] | [_, _, Some((key, _))] => {
                unclear(key.at, "two places are named", report)
            }
        }
    }
}

fn unclear(at: Span, message: &str, report: &mut Report) -> Credentials {
    let finding = Finding::new(crate::code::MODEL0009, at, format!("credentials: {message}"));
    report.add(
        finding.help("write `{env: {}}`, `{files: {dir: /etc/teal/secrets}}` or `{pgpass: {}}`"),
    );
    Credentials::Unknown
}
