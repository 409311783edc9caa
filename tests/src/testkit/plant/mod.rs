//! A source, a merge store, a model, and the processes of Teal that work on them.
//!
//! Read first: [`Plant`].

mod model;
mod process;

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

pub(crate) use self::{model::Model, process::Process};
use crate::{
    cli::desk::Desk,
    testkit::{
        Credentials, Db, LIMIT, eventually, merge_db,
        model::{place, preamble_at},
        sound, source_db, temporal_address,
    },
};

/// Longest wait for one answer of a workflow; without a worker nobody gives one.
const ANSWER: Duration = Duration::from_secs(10);

/// How often a stream is asked how it is.
const LOOK_EVERY: Duration = Duration::from_millis(400);

/// Where processes were killed so far.
pub(crate) type Deaths = Arc<Mutex<BTreeSet<Point>>>;

/// One scenario's world. Its names are its own, as Temporal remembers task queues.
pub(crate) struct Plant {
    pub(crate) desk: Desk,
    pub(crate) source: Db,
    pub(crate) merge: Db,
    pub(crate) temporal: Temporal,
    address: String,
    /// Of ecosystem, services and the live platform; `<name>_h` is the milestoned one.
    pub(crate) name: String,
    /// Those that batches are asked of and whose state counts.
    pub(crate) streams: Vec<StreamId>,
    /// What begins so is no fault: staging that is merged lies there until the next batch begins.
    pub(crate) excused: Vec<&'static str>,
    /// Of source and merge store.
    pub(crate) credentials: Credentials,
    deaths: Deaths,
    started: AtomicU32,
}

impl Plant {
    /// Two tables at the source, two streams in the model, nothing installed.
    pub(crate) async fn new(test: &str, deaths: Deaths) -> Self {
        let (source, merge) = (source_db(test).await, merge_db(test).await);
        source
            .run(
                "create table people (id bigint primary key, name text not null);
                 create table orders (id bigint not null, amount numeric(12,2));
                 insert into people select g, 'p' || g from generate_series(1, 1200) g;
                 insert into orders select g, g * 1.5 from generate_series(1, 300) g",
            )
            .await;
        Self::over(source, merge, temporal_address(), deaths).await
    }

    /// Over databases and a Temporal server (`host:port`) of any kind; the source has its tables.
    pub(crate) async fn over(source: Db, merge: Db, address: String, deaths: Deaths) -> Self {
        let credentials = Credentials::new(&[("source", &source), ("merge", &merge)]);
        let mut desk = Desk::new();
        desk.set("TEAL_CATALOG", &merge.url);
        desk.set("TEMPORAL_ADDRESS", &address);
        let temporal = connected(&address, "default").await;
        let name = format!("f{:08x}", rand::random::<u32>());
        let streams =
            vec![StreamId::multi(&name, "shop"), StreamId::multi(&format!("{name}_h"), "shop")];
        let plant = Self {
            desk,
            source,
            merge,
            temporal,
            address,
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
    pub(crate) async fn enter(&mut self, namespace: &str) {
        let temporal = connected(&self.address, namespace).await;
        eventually("the namespace is known", LIMIT, || async {
            let known = temporal.missing_search_attributes().await.is_ok();
            (known && !temporal.is_open("nothing").await.unwrap_or(true)).then_some(())
        })
        .await;
        self.temporal = temporal;
    }

    /// The model as it is to be from now on.
    pub(crate) fn write(&self, model: &Model) {
        // A worker's death is noticed as soon as may be.
        let temporal = format!("{{namespace: {}, heartbeat: 10s}}", model.namespace);
        let (merge, secrets) = (self.merge.endpoint("merge"), self.credentials.dir());
        let preamble = preamble_at(&temporal, &self.name, &self.name, &merge, &secrets);
        let text = format!("{}{}", model::MODEL, model.more)
            .replace("DATASETS", model::DATASETS)
            .replace("SOURCE", &place(&self.source.endpoint("source")))
            .replace("COLUMNS", &model.columns)
            .replace("STREAMS", &model.streams)
            .replace("SCHEDULE", &model.schedule)
            .replace("VIEWS", &model.views)
            .replace("CORE", &model.core)
            .replace("NAME", &self.name);
        self.desk.write("model/plant.yaml", &(preamble + &text));
    }

    /// Installs the model by a command that does it all itself.
    pub(crate) async fn apply(&self) {
        self.teal(&["apply", "--local", "--yes"]).await;
    }

    /// A command that succeeds; what it said.
    pub(crate) async fn teal(&self, words: &[&str]) -> String {
        let mut process = self.command(words, "");
        let status = process.ended().await;
        assert!(status.success(), "teal {}: {status}\n{}", words.join(" "), process.said());
        process.said()
    }

    /// A command that is killed at this point.
    pub(crate) async fn killed(&self, point: Point, words: &[&str]) {
        self.killed_armed(point, &format!("{point}=kill"), words).await;
    }

    /// As [`Self::killed`], armed with this text.
    pub(crate) async fn killed_armed(&self, point: Point, armed: &str, words: &[&str]) {
        let mut process = self.command(words, armed);
        self.dead(&mut process, point).await;
    }

    /// Nothing is left to do for the model.
    pub(crate) async fn is_applied(&self) {
        self.teal(&["plan", "--detailed-exitcode"]).await;
    }

    /// Starts a command.
    pub(crate) fn command(&self, words: &[&str], armed: &str) -> Process {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let log = self.desk.path(&format!("{number}.log"));
        Process::start(self.desk.command(words), armed, &log, format!("teal {}", words.join(" ")))
    }

    /// Starts a worker, armed with this text.
    pub(crate) fn worker(&self, armed: &str) -> Process {
        self.command(&["worker", "--metrics-addr", "off", "--grace", "1"], armed)
    }

    /// Starts a worker that is killed at this point.
    pub(crate) fn victim(&self, point: Point) -> Process {
        self.worker(&format!("{point}=kill"))
    }

    /// Waits for the death of a process that was armed so, and remembers it.
    pub(crate) async fn dead(&self, victim: &mut Process, point: Point) {
        victim.dies(point).await;
        self.deaths.lock().expect("nobody panicked").insert(point);
    }

    /// Rows come, change and go in both tables.
    pub(crate) async fn change(&self) {
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
    pub(crate) async fn ask(&self, stream: &StreamId, verb: &str) -> Result<Reply> {
        let ask = Ask { by: "test".into(), reason: "a test".into(), ..Ask::default() };
        self.temporal.update(&stream.workflow_id(), verb, &ask, ANSWER).await
    }

    /// Asks until the stream has answered.
    pub(crate) async fn insist(&self, stream: &StreamId, verb: &str) -> Reply {
        eventually(&format!("{stream} answers {verb}"), LIMIT, || async {
            self.ask(stream, verb).await.ok()
        })
        .await
    }

    /// Asks each stream for a batch, and again when its answer was lost.
    pub(crate) fn run_all(&self) -> JoinSet<()> {
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
    pub(crate) async fn until(
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
    pub(crate) async fn settled(&self) {
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
    pub(crate) async fn heals(&self, asking: JoinSet<()>) {
        let heir = self.worker("");
        self.is_healed_by(&heir, asking).await;
        heir.end().await;
    }

    /// As [`Self::heals`], by a worker that lives.
    pub(crate) async fn is_healed_by(&self, worker: &Process, asking: JoinSet<()>) {
        self.served(asking, worker).await;
        self.settled().await;
        self.is_sound().await;
    }

    /// Waits until a worker has answered what was asked.
    pub(crate) async fn served(&self, asking: JoinSet<()>, worker: &Process) {
        let asked = tokio::time::timeout(LIMIT, asking.join_all()).await;
        assert!(asked.is_ok(), "{}: a stream never answered\n{}", self.name, worker.said());
    }

    /// What is wrong and not excused.
    pub(crate) async fn faults(&self) -> Vec<String> {
        let excused = |fault: &String| self.excused.iter().any(|known| fault.starts_with(known));
        let mut faults = sound::faults(&self.source.pool, &self.merge.pool).await;
        faults.retain(|fault| !excused(fault));
        faults
    }

    /// Nothing is wrong.
    pub(crate) async fn is_sound(&self) {
        let faults = self.faults().await;
        assert!(faults.is_empty(), "{}: {faults:#?}", self.name);
    }

    /// A batch of each stream, by a worker of its own.
    pub(crate) async fn batch(&self) {
        self.heals(self.run_all()).await;
    }
}

async fn connected(address: &str, namespace: &str) -> Temporal {
    let settings = Settings::from_environment(Some(address), Some(namespace)).unwrap();
    Temporal::connect(&settings, Retry::WORKER).await.unwrap()
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
