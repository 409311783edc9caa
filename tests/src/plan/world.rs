//! A small ecosystem on databases of its own, whose model a test edits as a person would.

use std::sync::Arc;

use teal_activities::{
    Io,
    apply::{self, Local},
    catalog, plan,
    pulse::Still,
    stream,
};
use teal_model::{
    ModelFile, Result,
    plan::{Action, Plan},
    release::Release,
};
use teal_proto::v1::{
    ApplyBeginRequest, ApplyFinishRequest, ApplyStepReport, ApplyStepRequest, IngestRequest,
    LoadRequest, MergeRequest,
};

use crate::testkit::{Bench, model};

/// `WS` is a name of its own for each test, as roles belong to the whole server.
const MODEL: &str = r#"
kind: Platform
name: live
services: main
style: live
---
kind: Platform
name: past
services: main
style: milestoned
---
kind: Datastore
name: shop
team: retail/online
source: {postgres: SOURCE, credential: source}
ingest: {snapshot: {}}
streams: multi
schedule: {every: 1m}
datasets:
  customers:
    table: public.customers
    key: [id]
    columns:
      id: bigint
      name: varchar(80)
  orders:
    table: public.orders
    key: [id]
    columns:
      id: bigint
      total: {type: "decimal(15,2)", nullable: true}
  extras:
    table: public.extras
    key: [id]
    columns: {id: integer}
---
kind: Workspace
name: WS
team: retail/online
groups:
  core:
    needs: {history: none}
    sinks: [shop:customers, shop:orders]
---
kind: Workspace
name: WS_audit
team: retail/online
groups:
  all:
    needs: {history: full}
    sinks: [shop:customers]
"#;

const SOURCE: &str = "
    create table customers (id bigint primary key, name varchar(80) not null, vip boolean);
    create table orders (id bigint primary key, total numeric(15,2));
    create table extras (id integer primary key);
    insert into customers select n, 'customer ' || n, n % 2 = 0 from generate_series(1, 3) n;
    insert into orders select n, n * 1.5 from generate_series(1, 4) n;
    insert into extras values (1);
    analyze customers, orders, extras;";

pub(super) struct World {
    pub(super) bench: Bench,
    /// The model, with all names filled in.
    pub(super) model: String,
    /// Name of the first workspace.
    pub(super) workspace: String,
}

impl World {
    pub(super) async fn new(test: &str) -> Self {
        let bench = Bench::new(test).await;
        let hash = bench.merge.name.rsplit('_').next().unwrap_or_default().to_owned();
        let workspace = format!("w{hash}");
        let (source, merge) = (bench.source_endpoint(), bench.merge_endpoint());
        let preamble = model::preamble("acme", "main", &merge, &bench.credentials.dir());
        let text = MODEL.replace("WS", &workspace).replace("SOURCE", &model::place(&source));
        let model = format!("{preamble}{}", text.trim_start());
        bench.source.run(SOURCE).await;
        let world = Self { bench, model, workspace };
        world.forget_roles().await; // those of an earlier run that failed
        world
    }

    /// The same world, its control catalog away from the data.
    pub(super) fn with_catalog_at_the_source(mut self) -> Self {
        let (options, store) = (self.bench.source.options(), self.bench.credentials.store());
        self.bench.io = Arc::new(Io::new(options, store, "test-worker", 4));
        self
    }

    pub(super) fn io(&self) -> &Io {
        &self.bench.io
    }

    /// The model with texts exchanged: `world.edit(&[("every: 1m", "every: 5m")])`.
    pub(super) fn edit(&self, changes: &[(&str, &str)]) -> String {
        let mut model = self.model.clone();
        for (from, to) in changes {
            assert!(model.contains(from), "the model has no `{from}`");
            model = model.replace(from, to);
        }
        model
    }

    pub(super) async fn plan(&self, model: &str) -> Plan {
        self.try_plan(model).await.expect("a plan")
    }

    pub(super) async fn try_plan(&self, model: &str) -> Result<Plan> {
        plan::make(self.io(), &release(model), &plan::Options::default()).await
    }

    /// Plans and stores; returns the plan's hash.
    pub(super) async fn store(&self, model: &str) -> (Plan, String) {
        let release = release(model);
        let plan = self.plan(model).await;
        catalog::migrate(self.io().control()).await.expect("a catalog");
        let hash = plan::store(self.io().control(), &plan, &release, "anna").await.expect("stored");
        (plan, hash)
    }

    pub(super) async fn apply(&self, model: &str) -> Vec<ApplyStepReport> {
        self.try_apply(model).await.expect("applied")
    }

    pub(super) async fn try_apply(&self, model: &str) -> Result<Vec<ApplyStepReport>> {
        let (_, hash) = self.store(model).await;
        let mut reports = Vec::new();
        let note = |report: &ApplyStepReport| reports.push(report.clone());
        let local = self.local();
        apply::run(self.io(), &local, &hash, "anna", &Still::default(), note).await?;
        Ok(reports)
    }

    /// Applies step by step; after each of them these queries must still give these counts.
    pub(super) async fn apply_watching(&self, model: &str, queries: &[&str], counts: &[&str]) {
        let (_, hash) = self.store(model).await;
        let (io, local, by) = (self.io(), self.local(), "anna".to_owned());
        let request = ApplyBeginRequest { plan: hash.clone(), by: by.clone() };
        let outline = apply::begin(io, &request).await.expect("begun");
        for (step, label) in (0..).zip(&outline.labels) {
            let request = ApplyStepRequest { plan: hash.clone(), step, by: by.clone() };
            apply::step(io, &local, &request, &Still::default()).await.expect("a step");
            for (query, count) in queries.iter().zip(counts) {
                assert_eq!(self.rows(query).await, [*count], "after {label}: {query}");
            }
        }
        apply::finish(io, &ApplyFinishRequest { plan: hash, by }).await.expect("finished");
    }

    pub(super) fn local(&self) -> Local {
        Local::new(Arc::clone(&self.bench.io), None)
    }

    /// One batch of a stream.
    pub(super) async fn batch(&self, stream: &str) {
        let (io, pulse) = (self.io(), Still::default());
        let request = LoadRequest {
            stream: stream.to_owned(),
            remembered_batch: 0,
            ..LoadRequest::default()
        };
        let loaded = stream::load(io, &request).await.expect("loaded");
        let request = IngestRequest {
            stream: stream.to_owned(),
            config_hash: loaded.config_hash,
            accept_deletes: false,
            ..IngestRequest::default()
        };
        let ingested = stream::ingest(io, &request, &pulse).await.expect("ingested");
        let request = MergeRequest {
            stream: stream.to_owned(),
            batch: ingested.batch,
            epoch: ingested.epoch,
            accept_deletes: false,
            ..MergeRequest::default()
        };
        stream::merge(io, &request, &pulse).await.expect("merged");
    }

    pub(super) async fn rows(&self, query: &str) -> Vec<String> {
        self.bench.merge.rows(&query.replace("WS", &self.workspace)).await
    }

    pub(super) async fn run(&self, statements: &str) {
        self.bench.merge.run(&statements.replace("WS", &self.workspace)).await;
    }

    /// Everything that an apply leaves, in words that two runs share.
    pub(super) async fn end_state(&self) -> Vec<String> {
        self.rows(END_STATE).await
    }

    async fn forget_roles(&self) {
        self.run(
            "do $$ declare r name; begin
               for r in select rolname from pg_roles where rolname like 'teal_WS%' loop
                 execute format('drop owned by %I', r);
                 execute format('drop role %I', r);
               end loop; end $$",
        )
        .await;
    }

    /// Back to an empty merge store: cheaper than a new database.
    pub(super) async fn start_over(&self) {
        self.forget_roles().await;
        self.run(
            "do $$ declare s name; begin
               for s in select nspname from pg_namespace
                 where nspname !~ '^(pg_|information_schema|public)' loop
                 execute format('drop schema %I cascade', s);
               end loop; end $$",
        )
        .await;
    }

    /// Takes away what belongs to the whole server.
    pub(super) async fn end(self) {
        self.forget_roles().await;
    }
}

pub(super) fn release(model: &str) -> Release {
    let files = [ModelFile::new("model.yaml", model)];
    teal_model::load(&files).unwrap_or_else(|found| panic!("{found:#?}"))
}

/// The steps of a plan in few words, names of the test taken out.
pub(super) fn words(world: &World, plan: &Plan) -> Vec<String> {
    let step = |action: &Action| match action {
        Action::CreateSchema { schema } => format!("create schema {schema}"),
        Action::RenameSchema { from, to } => format!("rename schema {from} to {to}"),
        Action::CreateRole { role } => format!("create role {role}"),
        Action::RenameRole { from, to } => format!("rename role {from} to {to}"),
        Action::GrantMember { role, member } => format!("add {member} to {role}"),
        Action::RevokeMember { role, member } => format!("remove {member} from {role}"),
        Action::CreateStream { stream, needed_by, .. } => {
            format!("create stream {stream} for {}", needed_by.join(" "))
        }
        Action::ChangeStream { stream, changes, .. } => {
            let changes = changes.iter().map(|field| {
                let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
                format!("{} {} → {}", field.name, text(&field.old), text(&field.new))
            });
            format!("change stream {stream}: {}", changes.collect::<Vec<_>>().join("; "))
        }
        Action::RepairStream { stream, why, .. } => format!("repair stream {stream}: {why}"),
        Action::HandOver { from, tables, .. } => {
            let tables = tables.iter().map(|table| format!("{} to {}", table.table, table.to));
            format!("hand over {from}: {}", tables.collect::<Vec<_>>().join("; "))
        }
        Action::LoadStream { stream, views } => {
            let views = views.iter().map(ToString::to_string).collect::<Vec<_>>();
            format!("load {stream} for {}", views.join(" "))
        }
        Action::RetireStream { stream, tables, .. } => {
            let fates = tables
                .iter()
                .map(|fate| format!("{} rows {} kept {}", fate.table, fate.rows, fate.kept_days));
            format!("retire stream {stream}: {}", fates.collect::<Vec<_>>().join("; "))
        }
        Action::CreateView { view, .. } => format!("create view {}", view.view),
        Action::ReplaceView { view, found, .. } => format!("replace view {}: {found}", view.view),
        Action::MoveViews { workspace, views } => {
            let views = views.iter().map(|moved| {
                format!("{} {} → {}", moved.view.view.name, moved.from, moved.view.stream)
            });
            format!("move views of {workspace}: {}", views.collect::<Vec<_>>().join("; "))
        }
        Action::RegisterAttributes { names } => format!("register {}", names.join(" ")),
        Action::DropView { view, .. } => format!("drop view {view}"),
        Action::CreateStatusView { view, replaces, .. } => {
            format!("{} view {view}", if *replaces { "replace" } else { "create" })
        }
        Action::GrantReader { role, views } => {
            let views = views.iter().map(ToString::to_string).collect::<Vec<_>>();
            format!("grant {} to {role}", views.join(" "))
        }
        Action::DropSchema { schema } => format!("drop schema {schema}"),
        Action::DropRole { role } => format!("drop role {role}"),
        Action::InstallRelease { changes } => {
            let changes = changes.iter().map(|field| format!(" {};", field.name));
            format!("install{}", changes.collect::<String>())
        }
    };
    plan.steps.iter().map(|s| step(&s.action).replace(&world.workspace, "WS")).collect()
}

const END_STATE: &str = r"
select text from (
  select 'schema ' || nspname as text from pg_namespace
    where nspname !~ '^(pg_|information_schema)'
  union all
  select 'column ' || n.nspname || '.' || c.relname || '.' || a.attname || ' '
         || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    join pg_namespace n on n.oid = c.relnamespace
    where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'v')
      and n.nspname !~ '^(pg_|information_schema|teal$)'
  union all
  select 'index ' || schemaname || '.' || indexname || ' ' || indexdef from pg_indexes
    where schemaname !~ '^(pg_|information_schema|teal$)'
  union all
  select 'view ' || schemaname || '.' || viewname || ' '
         || regexp_replace(definition, 'stream_id = \d+', 'stream_id', 'g')
    from pg_views where schemaname !~ '^(pg_|information_schema)'
  union all
  select 'grant ' || c.oid::regclass || ' ' || r.rolname || ' ' || a.privilege_type
    from pg_class c cross join aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname !~ '^(pg_|information_schema)' and a.grantee <> c.relowner
  union all
  select 'stream ' || s.name || ' ' || s.config_hash || ' ' || s.ingest_class || ' '
         || s.merge_class || ' ' || (s.retired_at is not null) from teal.stream s
  union all
  select 'reconciled ' || s.name || ' ' || (s.config_hash = t.reconciled_hash)
    from teal.stream s join teal.stream_state t on t.stream_id = s.id where s.retired_at is null
  union all
  select 'table ' || m.dataset || ' ' || m.schema_name || '.' || m.table_name || ' ' || m.layout
         || m.retained || ' ' || m.loaded || ' ' || m.rows || ' ' || (m.retired_at is not null)
    from teal.merge_table m
  union all
  select 'teal.view ' || (to_jsonb(v) - 'stream_id' - 'query' - 'definition')::text from teal.view v
  union all
  select 'workspace ' || name || ' ' || leaving || ' ' || md5(config::text) from teal.workspace
  union all
  select 'installed ' || r.hash from teal.installed i join teal.release r on r.id = i.release_id
  union all
  select 'role ' || rolname || ' ' || rolcanlogin from pg_roles where rolname like 'teal_WS%'
) found order by text";
