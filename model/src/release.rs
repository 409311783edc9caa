//! The release: a model compiled to exactly what has to run. Immutable, content-addressed.
//!
//! In: linted documents. Out: the jobs, views and readers that some workspace needs.
//! Invariant: all lists are sorted by name, so equal models give equal hashes.
//! Read first: [`Release`], [`StreamSpec`].

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{ids::StreamId, schedule::Schedule, sizing::JobSize, types::ColumnType};

/// A compiled model: what `apply` installs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Name of the ecosystem.
    pub ecosystem: String,
    /// The stack that all platforms of this release share.
    pub services: Services,
    /// Styles of keeping data, by name.
    pub platforms: BTreeMap<String, PlatformSpec>,
    /// One per ingestion stream that some workspace needs, sorted by stream.
    pub jobs: Vec<Job>,
    /// Consumers, sorted by name.
    pub workspaces: Vec<WorkspaceSpec>,
}

/// One durable workflow and the reason why it exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// What it does.
    pub stream: StreamSpec,
    /// Workspaces that need it, sorted.
    pub needed_by: Vec<String>,
    /// The highest of these workspaces.
    #[serde(default)]
    pub priority: Priority,
}

/// How much a consumer matters; a job has the highest of all its consumers.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// May wait.
    Low,
    /// What is not said.
    #[default]
    Medium,
    /// Before most.
    High,
    /// Before all.
    Critical,
}

impl Priority {
    /// The word of the model.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Platform services: where data is kept and on what it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Services {
    /// Name of the stack; part of every task queue.
    pub name: String,
    /// Where merge tables, staging and ledger live.
    pub merge: PostgresEndpoint,
    /// Namespace of its Temporal server. The address comes from the environment.
    pub temporal_namespace: String,
    /// How credential names become user and password.
    pub credentials: CredentialStore,
    /// Resource classes by name.
    pub classes: BTreeMap<String, crate::sizing::Class>,
}

impl Services {
    /// Task queue of a resource class: `teal/<services>/<class>`.
    pub fn task_queue(&self, class: &str) -> String {
        task_queue(&self.name, class)
    }
}

/// Task queue of a resource class: `teal/<services>/<class>`.
pub fn task_queue(services: &str, class: &str) -> String {
    format!("teal/{services}/{class}")
}

/// Pseudo class whose queue carries all workflows and the short control activities.
pub const WORKFLOWS_QUEUE: &str = "workflows";

/// A PostgreSQL database, the name of the credential that opens it, and whom the connection trusts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PostgresEndpoint {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Database.
    pub database: String,
    /// Name of a credential, resolved where the work runs; never the secret itself.
    pub credential: String,
    /// Role that logs in where the credential names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Encryption; `None`: what the process's environment says, else [`TlsMode::Prefer`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// Most sessions that all workers together hold at this source at one time.
    pub max_sessions: u16,
}

/// Encryption of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tls {
    /// What must be true of the server.
    pub mode: TlsMode,
    /// File of certificates that are trusted besides the system's, where the work runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
}

/// What must be true of a server, in the words of libpq's `sslmode`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// Never encrypted.
    Disable,
    /// Encrypted when the server offers it; nothing is verified.
    Prefer,
    /// Encrypted; whoever answers.
    Require,
    /// By a server with a trusted certificate.
    VerifyCa,
    /// By a server with a trusted certificate for this host.
    #[default]
    VerifyFull,
}

impl TlsMode {
    /// All, weakest first.
    pub const ALL: [Self; 5] =
        [Self::Disable, Self::Prefer, Self::Require, Self::VerifyCa, Self::VerifyFull];

    /// The word of the model.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }

    /// Whether the server's certificate is looked at.
    pub const fn verifies(self) -> bool {
        matches!(self, Self::VerifyCa | Self::VerifyFull)
    }
}

/// Where secrets are looked up. Holds names of places only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialStore {
    /// `<PREFIX><NAME>_USER` and `<PREFIX><NAME>_PASSWORD`, name in upper case.
    Env {
        /// Such as `TEAL_CREDENTIAL_`.
        prefix: String,
    },
    /// Files `<dir>/<name>/username` and `<dir>/<name>/password`, as Kubernetes mounts a secret of
    /// type basic-auth.
    Files {
        /// Folder of the folders.
        dir: String,
    },
    /// The first line of a password file of libpq that fits the endpoint.
    Pgpass {
        /// The file; `None`: `PGPASSFILE`, else `~/.pgpass`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
    },
}

/// How a platform keeps data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// The latest state only (SCD1).
    Live,
    /// Every version with the batches in which it came and went (SCD2).
    Milestoned,
}

impl Style {
    /// The word of the model.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Milestoned => "milestoned",
        }
    }

    /// Whether old versions are kept.
    pub const fn has_history(self) -> bool {
        matches!(self, Self::Milestoned)
    }
}

/// A platform of the release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformSpec {
    /// How it keeps data; never changes in place.
    pub style: Style,
    /// Schema of its merge tables (the platform's name).
    pub schema: String,
    /// Earlier names of the platform.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formerly: Vec<String>,
}

/// Everything that one ingestion stream needs to know; stored in `teal.stream.config`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamSpec {
    /// Its human key.
    pub id: StreamId,
    /// Earlier keys of the same stream (renamed store, dataset or platform).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formerly: Vec<StreamId>,
    /// Owner, `zone/team`, for search attributes.
    pub team: String,
    /// Name of the services stack.
    pub services: String,
    /// How it keeps data.
    pub style: Style,
    /// The producer's database.
    pub source: PostgresEndpoint,
    /// Where it merges.
    pub merge: PostgresEndpoint,
    /// When a batch is due.
    pub schedule: Schedule,
    /// The guard against a source that was emptied by mistake.
    pub max_delete: MaxDelete,
    /// What it reads, sorted by name.
    pub datasets: Vec<DatasetSpec>,
    /// Class and values of its ingest activities.
    pub ingest_size: JobSize,
    /// Class and values of its merge activities.
    pub merge_size: JobSize,
    /// How long an activity may be silent before it counts as dead, in seconds.
    pub heartbeat_seconds: u32,
}

/// A batch that would delete more than both of these parks its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaxDelete {
    /// Share of the current rows, 0–100.
    pub percent: u8,
    /// Rows that may always go.
    pub rows: u64,
}

impl Default for MaxDelete {
    /// DESIGN §4.1 rule 6.
    fn default() -> Self {
        Self { percent: 20, rows: 1_000 }
    }
}

/// One table of the source and the merge table that follows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetSpec {
    /// Name in the model.
    pub name: String,
    /// Earlier names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formerly: Vec<String>,
    /// The table at the source; both parts may be any legal identifier.
    pub source: TableName,
    /// The merge table: schema of the platform, `<store>__<dataset>` (shortened with a hash).
    pub table: TableName,
    /// Model names of the key columns, in key order.
    pub key: Vec<String>,
    /// Columns in the order of the model.
    pub columns: Vec<ColumnSpec>,
}

/// A schema-qualified table or view. Not quoted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableName {
    /// Schema.
    pub schema: String,
    /// Name within the schema.
    pub name: String,
}

impl std::fmt::Display for TableName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnSpec {
    /// Name in the model and in the merge table.
    pub name: String,
    /// Name at the source, where it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Earlier names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formerly: Vec<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Whether NULL may occur.
    pub nullable: bool,
}

impl ColumnSpec {
    /// The column's name at the source.
    pub fn source_name(&self) -> &str {
        self.source.as_deref().unwrap_or(&self.name)
    }
}

/// A consumer and the views it sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceSpec {
    /// Name; also the schema of its views.
    pub name: String,
    /// Earlier names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formerly: Vec<String>,
    /// Owner, `zone/team`.
    pub team: String,
    /// Role that reads the views; `None` where roles are managed outside of Teal.
    pub reader_role: Option<String>,
    /// Roles that are members of the reader role, sorted.
    pub members: Vec<String>,
    /// Its views, sorted by schema and name.
    pub views: Vec<ViewSpec>,
}

/// One view of a consumer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewSpec {
    /// Schema and name of the view.
    pub view: TableName,
    /// The stream whose table it shows.
    pub stream: StreamId,
    /// The dataset within the stream.
    pub dataset: String,
    /// What it shows.
    pub shows: Shows,
    /// The group of the workspace that wants it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// How old its data may be, in seconds; `None`: the group says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_seconds: Option<u32>,
}

/// What a view shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shows {
    /// Current rows, the dataset's columns only.
    Current,
    /// All versions, with batch and time columns.
    History,
}

impl Release {
    /// Content address: BLAKE3 (hex) of the canonical JSON.
    pub fn hash(&self) -> String {
        content_hash(self)
    }

    /// The job of a stream.
    pub fn job(&self, stream: &StreamId) -> Option<&Job> {
        self.jobs.iter().find(|job| &job.stream.id == stream)
    }

    /// Who needs a stream: `<workspace>/<group>`, or the workspace alone where no group of it has a
    /// view on the stream. Sorted.
    pub fn needed_by(&self, job: &Job) -> Vec<String> {
        let mut names = BTreeSet::new();
        for name in &job.needed_by {
            let own = self.workspaces.iter().filter(|workspace| workspace.name == *name);
            let views = own.flat_map(|workspace| &workspace.views);
            let groups: BTreeSet<&str> = views
                .filter(|view| view.stream == job.stream.id && !view.group.is_empty())
                .map(|view| view.group.as_str())
                .collect();
            if groups.is_empty() {
                names.insert(name.clone());
            }
            names.extend(groups.into_iter().map(|group| format!("{name}/{group}")));
        }
        names.into_iter().collect()
    }

    /// All views on one stream's tables.
    pub fn views_of<'a>(&'a self, stream: &'a StreamId) -> impl Iterator<Item = &'a ViewSpec> {
        self.workspaces.iter().flat_map(|w| &w.views).filter(move |view| &view.stream == stream)
    }
}

impl StreamSpec {
    /// Hash of what the stream's workflow must react to; stored beside its configuration.
    pub fn hash(&self) -> String {
        content_hash(self)
    }

    /// A dataset of it by name.
    pub fn dataset(&self, name: &str) -> Option<&DatasetSpec> {
        self.datasets.iter().find(|dataset| dataset.name == name)
    }

    /// Task queue of its ingest activities.
    pub fn ingest_queue(&self) -> String {
        task_queue(&self.services, &self.ingest_size.class)
    }

    /// Task queue of its merge activities.
    pub fn merge_queue(&self) -> String {
        task_queue(&self.services, &self.merge_size.class)
    }
}

/// BLAKE3 (hex) of the JSON of a value. Structs write fields in declaration order and maps are
/// sorted, so the text is canonical.
pub fn content_hash<T: Serialize>(value: &T) -> String {
    // Release types hold no map with non-text keys and no float, the two ways in which this fails.
    let json = serde_json::to_vec(value).unwrap_or_default();
    blake3::hash(&json).to_hex().to_string()
}
