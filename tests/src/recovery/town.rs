//! A shop whose servers stand behind proxies, its milestoned stream, a worker.

use sqlx::{Connection, PgConnection};
use teal_activities::{Io, pulse::Still, verify};
use teal_model::StreamId;
use teal_proto::v1::{Ask, StreamStatus};
use teal_temporal::{Temporal, names};

pub(super) use crate::testkit::LIMIT;
use crate::{
    cli::{
        desk::Shop,
        work::{self, Worker},
    },
    testkit::{Db, Proxy, eventually, temporal_address},
};

/// Everything that may break.
pub(super) struct Town {
    pub(super) shop: Shop,
    pub(super) source: Proxy,
    pub(super) merge: Proxy,
    pub(super) temporal: Proxy,
    pub(super) stream: StreamId,
    /// Beside the proxies.
    pub(super) client: Temporal,
}

impl Town {
    /// Nothing is installed; the store has this schedule.
    pub(super) async fn new(test: &str, schedule: &str) -> Self {
        let client = work::temporal().await;
        Self::over(Shop::own(test).await, temporal_address(), client, schedule).await
    }

    /// Over a shop and a Temporal server of any kind.
    pub(super) async fn over(
        shop: Shop,
        temporal: String,
        client: Temporal,
        schedule: &str,
    ) -> Self {
        let proxy = async |db: &Db| {
            let place = db.endpoint("");
            Proxy::to(format!("{}:{}", place.host, place.port)).await
        };
        let (source, merge) = (proxy(&shop.source).await, proxy(&shop.merge).await);
        let temporal = Proxy::to(temporal).await;
        let stream = StreamId::multi(&shop.name, "shop");
        let mut town = Self { shop, source, merge, temporal, stream, client };
        let place = town.shop.merge.endpoint("");
        let catalog = town
            .shop
            .merge
            .url
            .replace(&format!("{}:{}", place.host, place.port), &town.merge.address());
        let address = town.temporal.address();
        town.shop.desk.set("TEAL_CATALOG", &catalog);
        town.shop.desk.set("TEMPORAL_ADDRESS", &address);
        town.write(schedule);
        town
    }

    /// As [`Town::new`], installed and loaded by a worker, which runs on.
    pub(super) async fn running(test: &str, schedule: &str) -> (Self, Worker) {
        let town = Self::new(test, schedule).await;
        let worker = town.load();
        (town, worker)
    }

    /// Installs the model and runs the first batch, by a worker that runs on.
    pub(super) fn load(&self) -> Worker {
        let worker = self.worker();
        self.goes(&["apply"]);
        self.goes(&["run", &self.name()]);
        worker
    }

    /// The model with another schedule.
    pub(super) fn write(&self, schedule: &str) {
        self.shop.write_model(schedule, "[shop:people, shop:orders]");
        let mut model = self.shop.desk.read("model/shop.yaml");
        for (db, proxy) in [(&self.shop.source, &self.source), (&self.shop.merge, &self.merge)] {
            let place = db.endpoint("");
            let text = |host: &str, port: u16| {
                format!("{{host: {host}, port: {port}, database: {}}}", place.database)
            };
            model = model.replace(&text(&place.host, place.port), &text("127.0.0.1", proxy.port()));
        }
        let model = model
            .replace("style: live", "style: milestoned")
            .replace("{history: none}", "{history: full}");
        self.shop.desk.write("model/shop.yaml", &model);
    }

    pub(super) fn name(&self) -> String {
        self.stream.to_string()
    }

    /// The merge table of people.
    pub(super) fn people(&self) -> String {
        format!("{}.shop__people", self.shop.name)
    }

    pub(super) fn worker(&self) -> Worker {
        Worker::start(&self.shop)
    }

    /// A command that must succeed; what it says.
    pub(super) fn goes(&self, words: &[&str]) -> String {
        let said = self.shop.desk.attended(words);
        assert!(said.starts_with("exit: 0\n"), "{words:?} {said}");
        said
    }

    /// A command that must fail with this code.
    pub(super) fn fails(&self, words: &[&str], code: &str) -> String {
        let said = self.shop.desk.teal(words);
        let told = format!("error[{code}]");
        assert!(said.starts_with("exit: 1\n") && said.contains(&told), "{words:?} {said}");
        said
    }

    /// Asks the stream for a batch, beside the proxies, and does not wait for it.
    pub(super) async fn ask_for_a_batch(&self) {
        let (id, ask) = (self.stream.workflow_id(), Ask::default());
        self.client.update(&id, names::RUN_NOW, &ask, LIMIT).await.unwrap();
    }

    /// Rows of both tables come, change and go.
    pub(super) async fn change(&self, round: u32) {
        self.shop
            .source
            .run(&format!(
                "insert into people values (100 + {round}, 'new');
                 update people set name = 'round {round}' where id in (1, 99 + {round});
                 delete from people where id = 97 + {round};
                 update orders set amount = {round} where id = 10"
            ))
            .await;
    }

    /// Waits until the workflow is like this, as it says itself.
    pub(super) async fn until(
        &self,
        what: &str,
        wanted: impl Fn(&StreamStatus) -> bool,
    ) -> StreamStatus {
        let id = self.stream.workflow_id();
        eventually(what, LIMIT, || async {
            self.client.status(&id).await.ok().filter(|status| wanted(status))
        })
        .await
    }

    /// Waits until a query at the merge store, beside its proxy, gives `true`.
    pub(super) async fn until_row(&self, what: &str, query: &str) {
        eventually(what, LIMIT, || async {
            (self.shop.merge.rows(query).await == ["true"]).then_some(())
        })
        .await;
    }

    /// Waits until the stream rests and a batch later than this one is committed; its number.
    pub(super) async fn committed_after(&self, batch: u32) -> u32 {
        let rests = |status: &StreamStatus| {
            status.state == "waiting"
                && status.last_batch > batch
                && status.runs_served == status.runs_requested
        };
        self.until("another batch", rests).await.last_batch
    }

    /// The last committed batch, as the ledger has it.
    pub(super) async fn last_batch(&self) -> u32 {
        let last = self.shop.merge.number("select last_batch from teal.stream_state").await;
        u32::try_from(last).unwrap()
    }

    /// Every row is that of the source, every version has its batch. Nothing changes meanwhile.
    pub(super) async fn is_sound(&self) {
        let merge = self.shop.merge.options();
        let io = Io::new(merge, self.shop.credentials.store(), "a test", 4);
        let options = verify::Options::default();
        let report = verify::at_rest(&io, &self.stream, &options, &Still::default()).await;
        assert_eq!(report.unwrap().complaints(), "");
    }
}

/// Holds whatever waits at a database for [`Hold::SHARED`], until it is let go.
pub(super) struct Hold(PgConnection);

impl Hold {
    /// For a view or trigger: waits while somebody holds.
    pub(super) const SHARED: &str = "pg_advisory_xact_lock_shared(4711)";

    pub(super) async fn on(db: &Db) -> Self {
        Self::on_key(db, 4711).await
    }

    /// Whoever wants to alter tables of the only stream waits.
    pub(super) async fn on_the_stream(merge: &Db) -> Self {
        let id = merge.number("select max(id) from teal.stream").await;
        Self::on_key(merge, 0x7465_616c_0000_0000 | id).await // "teal": the space of streams' locks
    }

    async fn on_key(db: &Db, key: i64) -> Self {
        let mut connection = PgConnection::connect_with(&db.options()).await.unwrap();
        let lock = sqlx::query("select pg_advisory_lock($1)").bind(key);
        lock.execute(&mut connection).await.unwrap();
        Self(connection)
    }

    /// Waits until somebody of Teal stands there.
    pub(super) async fn holds(db: &Db) {
        let waiting = "select count(*) > 0 from pg_stat_activity where wait_event = 'advisory'
                       and datname = current_database() and application_name like 'teal/%'";
        eventually("somebody to be held", LIMIT, || async {
            (db.rows(waiting).await == ["true"]).then_some(())
        })
        .await;
    }

    pub(super) async fn let_go(self) {
        self.0.close().await.unwrap();
    }
}
