//! `kind: PlatformServices`: the stack that platforms share.

use std::num::{NonZeroU16, NonZeroU32};

use super::{
    hints::{Hints, QuantityPair},
    period::Period,
    quantity::Memory,
    source::PostgresAddress,
};
use crate::yaml::{
    Decode, Entries, Fields, Finding, Node, Report, Shape, Span, Spanned, mapping::mapping,
};

mapping! {
    /// The stack that platforms share: merge store, Temporal, credentials, sizes of workers.
    ///
    /// ```yaml
    /// kind: PlatformServices
    /// name: main
    /// merge: {postgres: {host: db.example, database: merge}, credential: merge_rw}
    /// temporal: {namespace: default}
    /// credentials: {env: {}}
    /// classes:
    ///   small: {requests: {cpu: 100m, memory: 128Mi}, limits: {cpu: 500m, memory: 256Mi}, slots: 20}
    ///   large: {requests: {cpu: 1, memory: 2Gi}, limits: {cpu: 4, memory: 4Gi}, slots: 2}
    /// defaults: {ingest: small, merge: small}
    /// ```
    pub struct PlatformServices {
        /// Its name, a part of the name of every task queue.
        name: Spanned<String>,
        /// What it is, for people who read the model.
        description: Option<Spanned<String>>,
        /// Where merge tables, staging and ledger live.
        merge: MergeStore,
        /// Its place at the Temporal server.
        temporal: Option<TemporalServices>,
        /// Where credentials are looked up; in the environment (`{env: {}}`) where it is not said.
        credentials: Option<Credentials>,
        /// Sizes of workers, by name: each is a task queue and a Deployment.
        classes: Entries<ClassBody>,
        /// Sizes of jobs of which nothing else is said.
        defaults: Option<Hints>,
    }
}

mapping! {
    /// Where merge tables, staging and ledger live.
    pub struct MergeStore {
        /// A PostgreSQL database.
        postgres: PostgresAddress,
        /// Name of the credential that opens it; its role owns schemas, tables and views.
        credential: Spanned<String>,
        /// Most sessions that all workers together hold there.
        max_sessions: Option<Spanned<NonZeroU16>> = 50,
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
        /// Its namespace.
        namespace: Option<Spanned<String>> = "default",
        /// How long an activity may be silent before it counts as dead. A shorter one notices a killed
        /// worker sooner; below 10 s it has no effect.
        heartbeat: Option<Spanned<Period>> = "30s",
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
    /// Variables `<PREFIX><NAME>_USER` and `<PREFIX><NAME>_PASSWORD`, the name in capitals; for a
    /// client certificate `…_TLS_CERT` and `…_TLS_KEY` (PEM).
    pub struct EnvCredentials {
        /// What the names of the variables begin with.
        prefix: Option<Spanned<String>> = "TEAL_CREDENTIAL_",
    }
}

mapping! {
    /// Files `<dir>/<name>/username` and `<dir>/<name>/password`, as Kubernetes mounts a secret, read
    /// anew at each use; for a client certificate `tls.crt` and `tls.key`, and `ca.crt` is trusted
    /// where the model names no `ca`.
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

mapping! {
    /// Where credentials are looked up: one of these.
    pub struct CredentialPlaces {
        /// In the environment of the process that needs them.
        env: Option<EnvCredentials>,
        /// In a folder of files.
        files: Option<FileCredentials>,
        /// In a password file of PostgreSQL.
        pgpass: Option<PgpassCredentials>,
    }
}

impl Decode for Credentials {
    fn shape() -> Shape {
        Shape::Mapping(CredentialPlaces::mapping().one_of(&["env", "files", "pgpass"]))
    }

    fn decode(node: &Node, report: &mut Report) -> Self {
        let places = ["env", "files", "pgpass"];
        let Some(mut fields) = Fields::of_these(node, &places, report) else {
            return Self::default();
        };
        CredentialPlaces::announce(&mut fields, report);
        let said = places.map(|place| fields.place_of(place));
        let CredentialPlaces { at, env, files, pgpass } =
            CredentialPlaces::from_fields(&mut fields, report);
        let at = if at.is_somewhere() { at } else { node.at };
        let known = fields.finish(report);
        match said {
            [Some(_), None, None] => Self::Env(env.unwrap_or_default()),
            [None, Some(at), None] => match files {
                Some(files) => Self::Files(files),
                None => unclear(at, "`files` names no folder", report),
            },
            [None, None, Some(_)] => Self::Pgpass(pgpass.unwrap_or_default()),
            [None, None, None] if !known => Self::Unknown, // reported
            [None, None, None] => unclear(at, "no place is named", report),
            [_, Some(at), None] | [_, _, Some(at)] => unclear(at, "two places are named", report),
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
