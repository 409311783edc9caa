//! A schema that lives: the model changes under running batches, and a source that drifts away from
//! it stops the stream it belongs to, no other, until one of both is mended. A worker and Temporal run.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::task::JoinHandle;

use super::{desk::Shop, work::Worker};
use crate::testkit::{LIMIT, eventually, temporal_address};

/// A shop whose datasets are streams of their own, due each second, with a source that never rests.
struct Life {
    shop: Shop,
    _worker: Worker,
    over: Arc<AtomicBool>,
    writer: Option<JoinHandle<u32>>,
}

impl Life {
    async fn start(test: &str) -> Self {
        let mut shop = Shop::own(test).await;
        shop.desk.set("TEMPORAL_ADDRESS", &temporal_address());
        shop.source
            .run("create table extras (id int primary key); insert into extras values (1)")
            .await;
        shop.write_model("{every: 1s}", "[shop:people, shop:orders]");
        shop.edit_model("streams: multi", "streams: single");
        let extras = "  extras: {table: public.extras, key: [id], columns: {id: integer}}";
        shop.edit_model("---\nkind: Workspace", &format!("{extras}\n---\nkind: Workspace"));
        let worker = Worker::start(&shop);
        let over = Arc::new(AtomicBool::new(false));
        let writer = tokio::spawn(write(shop.source.pool.clone(), Arc::clone(&over)));
        let life = Self { shop, _worker: worker, over, writer: Some(writer) };
        life.apply();
        life
    }

    /// Applies what the model says now; nothing is asked.
    fn apply(&self) {
        let applied = self.shop.desk.attended(&["apply", "--yes"]);
        assert!(applied.starts_with("exit: 0\n"), "{applied}");
    }

    fn status(&self, dataset: &str) -> Value {
        let stream = format!("{}/shop/{dataset}", self.shop.name);
        let said = self.shop.desk.teal(&["status", &stream, "-o", "json", "--no-temporal"]);
        let json = said.split_once("----- stdout\n").and_then(|(_, rest)| {
            rest.split_once("\n----- stderr").map(|(json, _)| json.to_owned())
        });
        let status: Value = serde_json::from_str(&json.expect("stdout")).expect("JSON");
        let stream = status["stream"].clone();
        assert!(stream["state"].is_string(), "{status:#}");
        stream
    }

    /// Waits for a batch of a dataset that began after now.
    async fn next_batch(&self, dataset: &str) {
        let last_batch = format!(
            "select t.last_batch from teal.stream_state t join teal.stream s on s.id = t.stream_id
             where s.name = '{}/shop/{dataset}'",
            self.shop.name
        );
        let before = self.shop.merge.number(&last_batch).await;
        eventually(&format!("two more batches of {dataset}"), LIMIT, || async {
            (self.shop.merge.number(&last_batch).await >= before + 2).then_some(())
        })
        .await;
    }

    /// Waits until a stream is parked with this text in its failure.
    async fn parked(&self, dataset: &str, difference: &str) {
        eventually(&format!("{dataset} parked: {difference}"), LIMIT, || async {
            let status = self.status(dataset);
            let failure = status["failure"].to_string();
            (status["state"] == "failing" && failure.contains(difference)).then_some(())
        })
        .await;
    }

    /// Waits until a stream is well again and reads.
    async fn healed(&self, dataset: &str) {
        eventually(&format!("{dataset} is healed"), LIMIT, || async {
            let status = self.status(dataset);
            (status["state"] != "failing" && status["failure"].is_null()).then_some(())
        })
        .await;
        self.next_batch(dataset).await;
    }

    async fn view(&self, dataset: &str) -> Vec<String> {
        self.shop
            .merge
            .rows(&format!("select * from reporting.core__shop__{dataset} order by id limit 2"))
            .await
    }

    /// Lets the writer rest and compares all people with the source.
    async fn end(mut self, columns: &str) {
        self.over.store(true, Ordering::Relaxed);
        let rounds = self.writer.take().unwrap().await.unwrap();
        assert!(rounds > 20, "{rounds} rounds: the source was hardly busy");
        self.next_batch("people").await;
        let at_source = format!("select {columns} from people order by id");
        let here = format!("select {columns} from reporting.core__shop__people order by id");
        assert_eq!(self.shop.merge.rows(&here).await, self.shop.source.rows(&at_source).await);
        self.shop.write_model("external", "[]");
        self.apply(); // workflows end with their test
    }
}

/// Changes people all the time; a statement that meets a change of the table is tried again.
async fn write(source: sqlx::PgPool, over: Arc<AtomicBool>) -> u32 {
    let mut rounds = 0;
    while !over.load(Ordering::Relaxed) {
        let change = format!(
            "insert into people (id) values (100 + {rounds} % 50) on conflict (id) do update set id = excluded.id;
             delete from people where id = 100 + ({rounds} + 25) % 50"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(change)).execute(&source).await.ok();
        rounds += 1;
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    rounds
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_changes_under_running_batches() {
    let life = Life::start("the_model_changes_under_running_batches").await;
    let (shop, source) = (&life.shop, &life.shop.source);
    source.run("alter table people alter column name set default 'new'").await;
    life.next_batch("people").await;

    source.run("alter table people add column vip boolean; update people set vip = id = 1").await;
    shop.edit_model(
        "      name: varchar(80)",
        "      name: varchar(80)\n      vip: {type: boolean, nullable: true}",
    );
    life.apply();
    life.next_batch("people").await;
    assert_eq!(life.view("people").await, ["1|Ada|true", "2|Bob|false"]);

    source.run("alter table people alter column name type text").await;
    shop.edit_model("name: varchar(80)", "name: text");
    life.apply();
    life.next_batch("people").await;
    assert_eq!(life.view("people").await, ["1|Ada|true", "2|Bob|false"]);

    shop.edit_model("shop:orders]", "shop:orders, shop:extras]");
    life.apply();
    life.next_batch("extras").await;
    assert_eq!(life.view("extras").await, ["1"]);
    shop.edit_model("shop:orders, shop:extras]", "shop:extras]");
    life.apply();
    let gone = "select to_regclass('reporting.core__shop__orders') is null";
    assert_eq!(shop.merge.rows(gone).await, ["true"]);
    life.next_batch("people").await;
    life.end("id, name, vip").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_drifts_parks_its_stream_alone_until_either_side_is_mended() {
    let life = Life::start("a_source_that_drifts_parks_its_stream_alone").await;
    let (shop, source) = (&life.shop, &life.shop.source);
    source.run("alter table people alter column name set default 'new'").await;
    life.next_batch("people").await;

    // dropped: the source is mended
    source.run("alter table orders drop column amount").await;
    life.parked("orders", "column amount is missing").await;
    life.next_batch("people").await;
    assert_eq!(life.view("orders").await, ["10|1.50", "11|-"], "consumers keep what there was");
    source.run("alter table orders add column amount numeric(12,2)").await;
    life.healed("orders").await;

    // retyped: the model is mended
    source.run("alter table orders alter column amount type text using amount::text").await;
    life.parked("orders", "column amount is text").await;
    life.next_batch("people").await;
    shop.edit_model("'decimal(12,2)'", "text");
    life.apply();
    life.healed("orders").await;

    // renamed: the model says so, and nothing is lost
    source
        .run("update orders set amount = '7'; alter table orders rename column amount to total")
        .await;
    life.parked("orders", "column amount is missing").await;
    shop.edit_model("amount: {type: text,", "total: {type: text, formerly: [amount],");
    life.apply();
    life.healed("orders").await;
    assert_eq!(life.view("orders").await, ["10|7", "11|7"]);

    // lost its key: two rows of one key park the stream, one row of it heals it
    source.run("alter table orders drop constraint orders_pkey; insert into orders values (10, 'twin')").await;
    life.parked("orders", "MERGE0001").await;
    life.next_batch("people").await;
    source
        .run("delete from orders where total = 'twin'; alter table orders add primary key (id)")
        .await;
    life.healed("orders").await;
    assert_eq!(life.view("orders").await, ["10|7", "11|7"]);
    life.end("id, name").await;
}
