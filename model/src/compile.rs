//! Compile: documents are checked and become the release that `apply` installs.
//!
//! In: documents. Out: the release, or every mistake. The order of files and documents means
//! nothing: everything is sorted by name on the way.
//! Read first: [`compile`], then [`crate::graph::Graph`].

use std::collections::BTreeSet;

use crate::{
    diagnostic::Diagnostics,
    document::{
        Documents,
        dataset::Column,
        hints::Hints,
        platform::Platform,
        services::{Credentials, PlatformServices},
        source::PostgresAddress,
        tls,
        workspace::{Roles, Workspace},
    },
    graph::{Graph, Ingest},
    ids::StreamId,
    lint::{
        self,
        index::{Dataset, Index, Store},
        sharing,
    },
    name,
    release::{
        ColumnSpec, CredentialStore, DatasetSpec, Job, PlatformSpec, PostgresEndpoint, Release,
        Services, Shows, StreamSpec, TableName, Tls, TlsMode, ViewSpec, WorkspaceSpec,
    },
    sizing::resolve::{Activity, Sizes},
    yaml::{Report, Spanned},
};

/// Port of PostgreSQL.
const POSTGRES_PORT: u16 = 5432;
/// Sessions at a source that says nothing: few enough for a small production server.
const SOURCE_SESSIONS: u16 = 4;
/// Sessions at a merge store that says nothing: leaves half of PostgreSQL's default of 100.
const MERGE_SESSIONS: u16 = 50;
/// How long an activity may be silent where the model does not say it (DESIGN §3).
const HEARTBEAT_SECONDS: u32 = 30;

/// Checks the documents and compiles them.
///
/// # Errors
/// All mistakes of the model.
pub fn compile(documents: &Documents) -> Result<Release, Diagnostics> {
    let mut report = Report::default();
    let (index, graph) = check(documents, &mut report);
    match release(&index, &graph) {
        Some(release) if report.is_empty() => Ok(release),
        _ => Err(report.finish(&documents.files)),
    }
}

/// The intention graph of checked documents.
///
/// # Errors
/// All mistakes of the model.
pub fn graph(documents: &Documents) -> Result<Graph, Diagnostics> {
    let mut report = Report::default();
    let (_, graph) = check(documents, &mut report);
    if report.is_empty() { Ok(graph) } else { Err(report.finish(&documents.files)) }
}

/// Where a store's tables are, and where its credential is looked up; also of a store that no
/// workspace wants. `None`: the model has no such store.
pub fn source_of(
    documents: &Documents,
    store: &str,
) -> Option<(PostgresEndpoint, CredentialStore)> {
    let source = &documents.datastores.iter().find(|known| known.name.value == store)?.source;
    let sessions = source.max_sessions.as_ref().map_or(SOURCE_SESSIONS, |n| n.get());
    let services = documents.services.first();
    Some((
        endpoint(&source.postgres, &source.credential, sessions),
        credentials(services.and_then(|services| services.credentials.as_ref())),
    ))
}

/// Checks everything, also what was read with mistakes.
pub(crate) fn check<'a>(documents: &'a Documents, report: &mut Report) -> (Index<'a>, Graph) {
    let index = Index::of(documents, report);
    lint::check(&index, report);
    let graph = Graph::of(&index);
    sharing::check(&index, &graph, report);
    (index, graph)
}

/// `None` only where the checks have found something.
fn release(index: &Index<'_>, graph: &Graph) -> Option<Release> {
    let (ecosystem, services) = (index.ecosystem?, index.services?);
    let compiler = Compiler { index, services, sizes: Sizes::of(services) };
    let jobs = graph.streams.iter().map(|(stream, ingest)| compiler.job(stream, ingest));
    let platforms = index.platforms.iter().map(|(name, platform)| {
        let spec = PlatformSpec {
            style: platform.style.value,
            schema: (*name).to_owned(),
            formerly: sorted(&platform.formerly),
        };
        ((*name).to_owned(), spec)
    });
    Some(Release {
        ecosystem: ecosystem.name.value.clone(),
        services: compiler.services(),
        platforms: platforms.collect(),
        jobs: jobs.collect::<Option<_>>()?,
        workspaces: index.workspaces.values().map(|w| compiler.workspace(w, graph)).collect(),
    })
}

struct Compiler<'a> {
    index: &'a Index<'a>,
    services: &'a PlatformServices,
    sizes: Sizes<'a>,
}

impl Compiler<'_> {
    fn services(&self) -> Services {
        let namespace = self.services.temporal.as_ref().and_then(|t| t.namespace.as_ref());
        Services {
            name: self.services.name.value.clone(),
            merge: self.merge(),
            temporal_namespace: text_or(namespace, "default"),
            credentials: credentials(self.services.credentials.as_ref()),
            classes: self.sizes.classes.clone(),
        }
    }

    fn heartbeat_seconds(&self) -> u32 {
        let heartbeat = self.services.temporal.as_ref().and_then(|t| t.heartbeat.as_ref());
        heartbeat.map_or(HEARTBEAT_SECONDS, |heartbeat| heartbeat.seconds)
    }

    fn merge(&self) -> PostgresEndpoint {
        let merge = &self.services.merge;
        let sessions = merge.max_sessions.as_ref().map_or(MERGE_SESSIONS, |n| n.get());
        endpoint(&merge.postgres, &merge.credential, sessions)
    }

    fn job(&self, stream: &StreamId, ingest: &Ingest) -> Option<Job> {
        let platform = self.index.platforms.get(stream.platform())?;
        let store = self.index.stores.get(stream.store())?;
        Some(Job {
            stream: self.stream(stream, platform, store, &ingest.datasets)?,
            needed_by: ingest.needed_by.iter().cloned().collect(),
            priority: ingest.priority.unwrap_or_default(),
        })
    }

    fn stream(
        &self,
        id: &StreamId,
        platform: &Platform,
        store: &Store<'_>,
        datasets: &BTreeSet<String>,
    ) -> Option<StreamSpec> {
        let document = store.document;
        // A `single` stream may have a schedule and sizes of its own.
        let own = id.dataset().and_then(|name| store.datasets.get(name));
        let schedule = own.and_then(|own| own.body.schedule.as_ref()).unwrap_or(&document.schedule);
        let own_hints = own.and_then(|own| own.body.hints.as_ref());
        let hints: [Option<&Hints>; 3] =
            [platform.hints.as_ref(), document.hints.as_ref(), own_hints];
        let sessions = document.source.max_sessions.as_ref().map_or(SOURCE_SESSIONS, |n| n.get());
        let datasets = datasets
            .iter()
            .map(|name| Some(dataset(platform, &document.name, store.datasets.get(name)?)));
        Some(StreamSpec {
            id: id.clone(),
            formerly: formerly(id, platform, store, own),
            team: document.team.value.clone(),
            services: self.services.name.value.clone(),
            style: platform.style.value,
            source: endpoint(&document.source.postgres, &document.source.credential, sessions),
            merge: self.merge(),
            schedule: schedule.schedule.clone(),
            max_delete: document.max_delete.as_ref().map(|m| m.max_delete).unwrap_or_default(),
            datasets: datasets.collect::<Option<Option<Vec<_>>>>()??,
            ingest_size: self.sizes.resolve(Activity::Ingest, &hints).ok()?,
            merge_size: self.sizes.resolve(Activity::Merge, &hints).ok()?,
            heartbeat_seconds: self.heartbeat_seconds(),
        })
    }

    fn workspace(&self, workspace: &Workspace, graph: &Graph) -> WorkspaceSpec {
        let name = &workspace.name.value;
        let managed = workspace.roles() == Roles::Managed;
        let mut views = Vec::new();
        for export in graph.exports.iter().filter(|export| export.workspace == *name) {
            let parts = [export.group.as_str(), export.store.as_str(), export.dataset.as_str()];
            let platform = self.index.platforms.get(export.stream.platform());
            let history = platform
                .filter(|platform| platform.style.has_history())
                .map(|_| (Shows::History, sharing::history_view(parts)));
            for (shows, view) in [(Shows::Current, sharing::view(parts))].into_iter().chain(history)
            {
                views.push(ViewSpec {
                    view: TableName { schema: export.schema.clone(), name: view },
                    stream: export.stream.clone(),
                    dataset: export.dataset.clone(),
                    shows,
                    group: export.group.clone(),
                    latency_seconds: latency_seconds(workspace, &export.group),
                });
            }
        }
        views.sort_by(|a, b| a.view.cmp(&b.view));
        WorkspaceSpec {
            name: name.clone(),
            formerly: sorted(&workspace.formerly),
            team: workspace.team.value.clone(),
            reader_role: managed.then(|| name::reader_role(name)),
            members: sorted(&workspace.readers),
            views,
        }
    }
}

fn latency_seconds(workspace: &Workspace, group: &str) -> Option<u32> {
    let needs = workspace.groups.named(group)?.needs.as_ref()?;
    needs.latency.as_ref().map(|latency| latency.value.seconds)
}

fn endpoint(address: &PostgresAddress, credential: &str, max_sessions: u16) -> PostgresEndpoint {
    PostgresEndpoint {
        host: address.host.value.clone(),
        port: address.port.as_ref().map_or(POSTGRES_PORT, |port| port.get()),
        database: address.database.value.clone(),
        credential: credential.to_owned(),
        user: address.user.as_ref().map(|user| user.value.clone()),
        tls: address.tls.as_ref().map(tls),
        max_sessions,
    }
}

/// Who writes `tls` and no mode wants to be safe.
fn tls(document: &tls::Tls) -> Tls {
    Tls {
        mode: document.mode.as_ref().map_or(TlsMode::VerifyFull, |mode| mode.value),
        ca: document.ca.as_ref().map(|ca| ca.value.clone()),
    }
}

fn credentials(document: Option<&Credentials>) -> CredentialStore {
    match document {
        Some(Credentials::Files(files)) => CredentialStore::Files { dir: files.dir.value.clone() },
        Some(Credentials::Env(env)) => {
            CredentialStore::Env { prefix: text_or(env.prefix.as_ref(), DEFAULT_PREFIX) }
        }
        Some(Credentials::Pgpass(pgpass)) => {
            CredentialStore::Pgpass { file: pgpass.file.as_ref().map(|file| file.value.clone()) }
        }
        Some(Credentials::Unknown) | None => {
            CredentialStore::Env { prefix: DEFAULT_PREFIX.to_owned() }
        }
    }
}

/// Start of the names of environment variables that hold credentials.
const DEFAULT_PREFIX: &str = "TEAL_CREDENTIAL_";

fn dataset(platform: &Platform, store: &str, dataset: &Dataset) -> Option<DatasetSpec> {
    let (name, body) = (&dataset.name.value, &dataset.body);
    Some(DatasetSpec {
        name: name.clone(),
        formerly: sorted(&body.formerly),
        source: body.table.as_ref()?.table.clone(),
        table: sharing::table(&platform.name, store, name),
        key: body.key.iter().map(|column| column.value.clone()).collect(),
        columns: body.columns.iter().map(|c| column(&c.name, &c.value)).collect::<Option<_>>()?,
    })
}

fn column(name: &str, column: &Column) -> Option<ColumnSpec> {
    let body = &column.body;
    Some(ColumnSpec {
        name: name.to_owned(),
        source: body.source.as_ref().map(|s| s.value.clone()).filter(|source| source != name),
        formerly: sorted(&body.formerly),
        column_type: body.the_type()?.value,
        nullable: body.nullable.as_ref().is_some_and(|nullable| nullable.value),
    })
}

/// Every id that the stream may have had: all earlier names of platform, store and dataset in all
/// combinations with the present ones.
fn formerly(
    id: &StreamId,
    platform: &Platform,
    store: &Store<'_>,
    own: Option<&Dataset>,
) -> Vec<StreamId> {
    let with = |name: &str, earlier: &[Spanned<String>]| -> Vec<String> {
        std::iter::once(name.to_owned()).chain(sorted(earlier)).collect()
    };
    let datasets = own.map(|own| with(&own.name, &own.body.formerly));
    let mut ids = BTreeSet::new();
    for platform in with(&platform.name, &platform.formerly) {
        for store in with(&store.document.name, &store.document.formerly) {
            match &datasets {
                None => drop(ids.insert(StreamId::multi(&platform, &store))),
                Some(datasets) => ids.extend(
                    datasets.iter().map(|dataset| StreamId::single(&platform, &store, dataset)),
                ),
            }
        }
    }
    ids.remove(id);
    ids.into_iter().collect()
}

fn text_or(text: Option<&Spanned<String>>, default: &str) -> String {
    text.map_or_else(|| default.to_owned(), |text| text.value.clone())
}

/// Texts in order, each once.
fn sorted(texts: &[Spanned<String>]) -> Vec<String> {
    texts.iter().map(|text| text.value.clone()).collect::<BTreeSet<_>>().into_iter().collect()
}
