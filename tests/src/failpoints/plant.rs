//! A source, a merge store, a model, and the processes of Teal that work on them.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use teal_failpoint::Point;
use teal_model::{Result, StreamId};
use teal_proto::v1::{Ask, Reply, StreamStatus};
use teal_temporal::{Retry, Settings, Temporal, names};
use tokio::task::JoinSet;

use super::process::Process;
use crate::{
    cli::desk::Desk,
    testkit::{Credentials, Db, eventually, merge_db, sound, source_db, temporal_address},
};

/// Longest wait for a state: a death is noticed after ten seconds, and a dozen plants share the
/// machine.
pub(super) const LIMIT: Duration = Duration::from_secs(120);
/// Longest wait for one answer of a workflow; without a worker nobody gives one.
const ANSWER: Duration = Duration::from_secs(10);

/// How often a stream is asked how it is.
const LOOK_EVERY: Duration = Duration::from_millis(400);

/// Where processes were killed so far.
pub(super) type Deaths = Arc<Mutex<BTreeSet<Point>>>;

/// One scenario's world. Its names are its own, as Temporal remembers task queues.
pub(super) struct Plant {
    pub(super) desk: Desk,
    pub(super) source: Db,
    pub(super) merge: Db,
    pub(super) temporal: Temporal,
    /// Of ecosystem, services and the live platform; `<name>_h` is the milestoned one.
    pub(super) name: String,
    /// Those that batches are asked of and whose state counts.
    pub(super) streams: Vec<StreamId>,
    /// What begins so is no fault: staging that is merged lies there until the next batch begins.
    pub(super) excused: Vec<&'static str>,
    credentials: Credentials,
    deaths: Deaths,
    started: AtomicU32,
}

impl Plant {
    /// Two tables at the source, two streams in the model, nothing installed.
    pub(super) async fn new(test: &str, deaths: Deaths) -> Self {
        let (source, merge) = (source_db(test).await, merge_db(test).await);
        source
            .run(
                "create table people (id bigint primary key, name text not null);
                 create table orders (id bigint not null, amount numeric(12,2));
                 insert into people select g, 'p' || g from generate_series(1, 1200) g;
                 insert into orders select g, g * 1.5 from generate_series(1, 300) g",
            )
            .await;
        let credentials = Credentials::new(&[("source", &source), ("merge", &merge)]);
        let mut desk = Desk::new();
        desk.set("TEAL_CATALOG", &merge.url);
        desk.set("TEMPORAL_ADDRESS", &temporal_address());
        let settings =
            Settings::from_environment(Some(&temporal_address()), Some("default")).unwrap();
        let temporal = Temporal::connect(&settings, Retry::COMMAND).await.unwrap();
        let name = format!("f{:08x}", rand::random::<u32>());
        let streams =
            vec![StreamId::multi(&name, "shop"), StreamId::multi(&format!("{name}_h"), "shop")];
        let plant = Self {
            desk,
            source,
            merge,
            temporal,
            name,
            streams,
            excused: vec!["staging is left behind"],
            credentials,
            deaths,
            started: AtomicU32::new(0),
        };
        plant.write(&Model::default());
        plant
    }

    /// Works in another namespace from now on, once the server knows it everywhere.
    pub(super) async fn enter(&mut self, namespace: &str) {
        let settings =
            Settings::from_environment(Some(&temporal_address()), Some(namespace)).unwrap();
        let temporal = Temporal::connect(&settings, Retry::COMMAND).await.unwrap();
        eventually("the namespace is known", LIMIT, || async {
            let known = temporal.missing_search_attributes().await.is_ok();
            (known && !temporal.is_open("nothing").await.unwrap_or(true)).then_some(())
        })
        .await;
        self.temporal = temporal;
    }

    /// The model as it is to be from now on.
    pub(super) fn write(&self, model: &Model) {
        let endpoint = |db: &Db| {
            let e = db.endpoint("");
            format!("{{host: {}, port: {}, database: {}}}", e.host, e.port, e.database)
        };
        let text = format!("{MODEL}{}", model.more)
            .replace("SOURCE", &endpoint(&self.source))
            .replace("MERGE", &endpoint(&self.merge))
            .replace("DIR", &self.credentials.dir())
            .replace("NAMESPACE", &model.namespace)
            .replace("COLUMNS", &model.columns)
            .replace("STREAMS", &model.streams)
            .replace("SCHEDULE", &model.schedule)
            .replace("VIEWS", &model.views)
            .replace("CORE", &model.core)
            .replace("NAME", &self.name);
        self.desk.write("model/plant.yaml", &text);
    }

    /// Installs the model by a command that does it all itself.
    pub(super) async fn apply(&self) {
        self.teal(&["apply", "--local", "--yes"]).await;
    }

    /// A command that succeeds; what it said.
    pub(super) async fn teal(&self, words: &[&str]) -> String {
        let mut process = self.command(words, "");
        let status = process.ended().await;
        assert!(status.success(), "teal {}: {status}\n{}", words.join(" "), process.said());
        process.said()
    }

    /// A command that is killed at this point.
    pub(super) async fn killed(&self, point: Point, words: &[&str]) {
        self.killed_armed(point, &format!("{point}=kill"), words).await;
    }

    /// As [`Self::killed`], armed with this text.
    pub(super) async fn killed_armed(&self, point: Point, armed: &str, words: &[&str]) {
        let mut process = self.command(words, armed);
        self.dead(&mut process, point).await;
    }

    /// A minute passes: an apply that was killed counts as over.
    pub(super) async fn a_minute_passes(&self) {
        let exists = "select count(*) from pg_class where oid = to_regclass('teal.plan')";
        if self.merge.number(exists).await > 0 {
            let ago = "update teal.plan set touched_at = touched_at - interval '1 minute'";
            self.merge.run(ago).await;
        }
    }

    /// Nothing is left to do for the model.
    pub(super) async fn is_applied(&self) {
        self.teal(&["plan", "--detailed-exitcode"]).await;
    }

    /// Starts a command.
    pub(super) fn command(&self, words: &[&str], armed: &str) -> Process {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let log = self.desk.path(&format!("{number}.log"));
        Process::start(self.desk.command(words), armed, &log, format!("teal {}", words.join(" ")))
    }

    /// Starts a worker, armed with this text.
    pub(super) fn worker(&self, armed: &str) -> Process {
        self.command(&["worker", "--metrics-addr", "off", "--grace", "1"], armed)
    }

    /// Starts a worker that is killed at this point.
    pub(super) fn victim(&self, point: Point) -> Process {
        self.worker(&format!("{point}=kill"))
    }

    /// Waits for the death of a process that was armed so, and remembers it.
    pub(super) async fn dead(&self, victim: &mut Process, point: Point) {
        victim.dies(point).await;
        self.deaths.lock().expect("nobody panicked").insert(point);
    }

    /// Rows come, change and go in both tables.
    pub(super) async fn change(&self) {
        let turn = self.started.load(Ordering::Relaxed);
        self.source
            .run(&format!(
                "insert into people values (10000 + {turn}, 'new');
                 update people set name = 'turn {turn}' where id % 7 = {turn} % 7;
                 delete from people where id = {turn} + 10;
                 update orders set amount = amount + 1 where id % 5 = {turn} % 5;
                 delete from orders where id = {turn} + 20"
            ))
            .await;
    }

    /// Asks a stream, as a person does.
    pub(super) async fn ask(&self, stream: &StreamId, verb: &str) -> Result<Reply> {
        let ask = Ask { by: "test".into(), reason: "a test".into(), ..Ask::default() };
        self.temporal.update(&stream.workflow_id(), verb, &ask, ANSWER).await
    }

    /// Asks until the stream has answered.
    pub(super) async fn insist(&self, stream: &StreamId, verb: &str) -> Reply {
        eventually(&format!("{stream} answers {verb}"), LIMIT, || async {
            self.ask(stream, verb).await.ok()
        })
        .await
    }

    /// Asks each stream for a batch, and again when its answer was lost.
    pub(super) fn run_all(&self) -> JoinSet<()> {
        let mut asking = JoinSet::new();
        for stream in self.streams.clone() {
            let temporal = self.temporal.clone();
            asking.spawn(async move {
                let (id, ask) = (stream.workflow_id(), Ask::default());
                while temporal.update(&id, names::RUN_NOW, &ask, ANSWER).await.is_err() {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            });
        }
        asking
    }

    /// Waits until a stream is in this state, as its workflow says.
    pub(super) async fn until(
        &self,
        stream: &StreamId,
        what: &str,
        wanted: impl Fn(&StreamStatus) -> bool,
    ) -> StreamStatus {
        let (id, began) = (stream.workflow_id(), Instant::now());
        loop {
            let status = self.temporal.status(&id).await;
            match status {
                Ok(status) if wanted(&status) => return status,
                status => assert!(
                    began.elapsed() < LIMIT,
                    "{stream} is not {what} after {LIMIT:?}: {status:?}"
                ),
            }
            tokio::time::sleep(LOOK_EVERY).await; // a question costs its worker a replay
        }
    }

    /// Waits until every stream has done what it was asked for.
    pub(super) async fn settled(&self) {
        for stream in &self.streams {
            let served = |status: &StreamStatus| {
                status.state == "waiting"
                    && !status.config_hash.is_empty()
                    && status.runs_served == status.runs_requested
            };
            self.until(stream, "settled", served).await;
        }
    }

    /// A worker heals what the last one left, without anybody's help; then everything is right.
    pub(super) async fn heals(&self, asking: JoinSet<()>) {
        let heir = self.worker("");
        let asked = tokio::time::timeout(LIMIT, asking.join_all()).await;
        assert!(asked.is_ok(), "a stream never answered\n{}", heir.said());
        self.settled().await;
        self.is_sound().await;
        heir.end().await;
    }

    /// Nothing is wrong.
    pub(super) async fn is_sound(&self) {
        let excused = |fault: &String| self.excused.iter().any(|known| fault.starts_with(known));
        let mut faults = sound::faults(&self.source.pool, &self.merge.pool).await;
        faults.retain(|fault| !excused(fault));
        assert!(faults.is_empty(), "{}: {faults:#?}", self.name);
    }

    /// A batch of each stream by a worker that lives.
    pub(super) async fn batch(&self) {
        self.heals(self.run_all()).await;
    }
}

impl Drop for Plant {
    /// Its workflows wait for nothing any more.
    fn drop(&mut self) {
        let (temporal, streams) = (self.temporal.clone(), std::mem::take(&mut self.streams));
        let apply = names::apply_workflow(&self.name);
        tokio::spawn(async move {
            for id in streams.iter().map(StreamId::workflow_id).chain([apply]) {
                temporal.terminate(&id, "the test is over").await.ok(); // or never began
            }
        });
    }
}

/// What differs from model to model.
#[derive(Debug, Clone)]
pub(super) struct Model {
    /// Of Temporal.
    pub(super) namespace: String,
    /// Of people, after `id`.
    pub(super) columns: String,
    /// One for the store, or one for each dataset.
    pub(super) streams: String,
    pub(super) schedule: String,
    /// What the workspace wants of the store.
    pub(super) views: String,
    /// What current rows are wanted from: `needs: {history: none}`, or a platform by its name.
    pub(super) core: String,
    /// Further documents.
    pub(super) more: String,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            namespace: "default".to_owned(),
            columns: "name: text".to_owned(),
            streams: "multi".to_owned(),
            schedule: "external".to_owned(),
            views: "[shop:people, shop:orders]".to_owned(),
            core: "needs: {history: none}".to_owned(),
            more: String::new(),
        }
    }
}

/// A worker's death is noticed as soon as may be. Roles are those of the whole server, so they are
/// left to somebody else.
const MODEL: &str = "\
kind: Ecosystem
name: NAME
---
kind: PlatformServices
name: NAME
merge: {postgres: MERGE, credential: merge}
temporal: {namespace: NAMESPACE, heartbeat: 10s}
credentials: {files: {dir: DIR}}
classes:
  small: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 500m, memory: 128Mi}, slots: 4}
defaults: {ingest: small, merge: small, transform: small}
---
kind: Zone
name: retail
---
kind: Team
name: retail/online
---
kind: Platform
name: NAME
services: NAME
style: live
---
kind: Platform
name: NAME_h
services: NAME
style: milestoned
---
kind: Datastore
name: shop
team: retail/online
source: {postgres: SOURCE, credential: source}
ingest: {snapshot: {}}
streams: STREAMS
schedule: SCHEDULE
datasets:
  people:
    table: public.people
    key: [id]
    columns:
      id: bigint
      COLUMNS
  orders:
    table: public.orders
    key: [id]
    columns:
      id: bigint
      amount: {type: 'decimal(12,2)', nullable: true}
---
kind: Workspace
name: reporting
team: retail/online
roles: external
groups:
  core:
    CORE
    sinks: VIEWS
  past:
    needs: {history: full}
    sinks: VIEWS
";
