//! An apply that somebody cancels in the middle: nothing is half applied, and the next one goes on.

use std::process::Stdio;

use sqlx::{Postgres, Transaction};

use super::{
    desk::Shop,
    work::{Worker, temporal},
};
use crate::testkit::{LIMIT, Terminal, eventually, temporal_address};

/// An installed shop whose next apply drops the view of the orders.
struct Hanging {
    shop: Shop,
    release: Vec<String>,
    _worker: Worker,
}

const INSTALLED: &str = "select r.hash, i.applied_by <> '' from teal.installed i
                         join teal.release r on r.id = i.release_id";
const READS_ORDERS: &str = "select count(*) from reporting.core__shop__orders";

impl Hanging {
    async fn new(test: &str) -> Self {
        let mut shop = Shop::own(test).await;
        shop.desk.set("TEMPORAL_ADDRESS", &temporal_address());
        let worker = Worker::start(&shop);
        for words in [&["apply"][..], &["run", "*/shop"]] {
            let said = shop.desk.attended(words);
            assert!(said.starts_with("exit: 0\n"), "{said}");
        }
        let release = shop.merge.rows(INSTALLED).await;
        shop.write_model("{every: 1h}", "[shop:people]");
        Self { shop, release, _worker: worker }
    }

    /// A consumer in the middle of reading the view that is about to go.
    async fn reader(&self) -> Transaction<'static, Postgres> {
        let mut reader = self.shop.merge.pool.begin().await.unwrap();
        sqlx::query(READS_ORDERS).execute(&mut *reader).await.unwrap();
        reader
    }

    /// Waits until a step of the apply waits for the reader.
    async fn hangs(&self) {
        let waiting = "select pid from pg_stat_activity
                       where wait_event_type = 'Lock' and datname = current_database()";
        eventually("a step that waits for a lock", LIMIT, || async {
            self.shop.merge.rows(waiting).await.into_iter().next()
        })
        .await;
    }

    /// The release of before is in force, its views answer, and a plan says what is left. While the
    /// reader reads: a stream that knows its configuration takes it over when it can, whole.
    async fn is_as_before(&self) {
        let merge = &self.shop.merge;
        assert_eq!(merge.rows(INSTALLED).await, self.release, "another release is in force");
        assert_eq!(merge.number(READS_ORDERS).await, 2);
        let left = self.shop.desk.teal(&["plan", "--detailed-exitcode"]);
        assert!(left.starts_with("exit: 2\n") && left.contains("core__shop__orders"), "{left}");
        let open = temporal().await.is_open(&format!("apply/{}", self.shop.name)).await.unwrap();
        assert!(!open, "the workflow goes on");
    }

    /// The same command does what is left, once.
    async fn goes_on(&self) {
        let applied = self.shop.desk.teal(&["apply", "--yes"]);
        assert!(applied.starts_with("exit: 0\n") && applied.contains("applied: "), "{applied}");
        let merge = &self.shop.merge;
        assert_ne!(merge.rows(INSTALLED).await, self.release);
        let views = "select table_name from information_schema.views
                     where table_schema = 'reporting' order by 1";
        assert_eq!(merge.rows(views).await, ["_status", "core__shop__people"]);
        let nothing = self.shop.desk.teal(&["plan", "--detailed-exitcode"]);
        assert!(nothing.starts_with("exit: 0\n"), "{nothing}");
        let ran = self.shop.desk.teal(&["run", "*/shop"]);
        assert!(ran.starts_with("exit: 0\n"), "{ran}");
        self.shop.write_model("external", "[]");
        let retired = self.shop.desk.teal(&["apply", "--yes"]);
        assert!(retired.starts_with("exit: 0\n"), "{retired}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apply_cancelled_by_somebody_else_stops_and_the_next_one_goes_on() {
    let hanging = Hanging::new("an_apply_cancelled_by_somebody_else_stops").await;
    let reader = hanging.reader().await;
    let mut apply = hanging.shop.desk.command(&["apply", "--yes"]);
    let apply = apply.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    hanging.hangs().await;
    let cancelled = hanging.shop.desk.teal(&["apply", "--cancel"]);
    assert!(cancelled.starts_with("exit: 0\n"), "{cancelled}");
    for said in ["`teal apply` goes on with what is left", "it was at: ", "of the former model"] {
        assert!(cancelled.contains(said), "{said}: {cancelled}");
    }
    let ended = apply.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("CLI0012") && said.contains("somebody ended its workflow"), "{said}");
    hanging.is_as_before().await;
    reader.rollback().await.unwrap();
    hanging.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_asks_whether_to_cancel_and_the_next_apply_goes_on() {
    let hanging = Hanging::new("ctrl_c_asks_whether_to_cancel").await;
    let reader = hanging.reader().await;
    let apply = Terminal::start(hanging.shop.desk.command(&["apply", "--yes"]));
    hanging.hangs().await;
    apply.types("\u{3}");
    apply.shows("Leave the apply running, or cancel it? [l/c]").await;
    apply.types("c\n");
    let (code, screen) = apply.ends().await;
    assert_eq!(code, 1, "{screen}");
    assert!(screen.contains("cancelled after") && screen.contains("CLI0009"), "{screen}");
    hanging.is_as_before().await;
    reader.rollback().await.unwrap();
    hanging.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apply_left_at_ctrl_c_goes_on_and_the_same_command_joins_it() {
    let hanging = Hanging::new("an_apply_left_at_ctrl_c_goes_on").await;
    let reader = hanging.reader().await;
    let apply = Terminal::start(hanging.shop.desk.command(&["apply", "--yes"]));
    hanging.hangs().await;
    apply.types("\u{3}");
    apply.shows("[l/c]").await;
    apply.types("l\n");
    let (code, screen) = apply.ends().await;
    assert!(code == 1 && screen.contains("workers go on with what was started"), "{screen}");
    let joined = Terminal::start(hanging.shop.desk.command(&["apply", "--yes"]));
    joined.shows("this model is being applied already: watching it").await;
    reader.rollback().await.unwrap();
    let (code, screen) = joined.ends().await;
    assert!(code == 0 && screen.contains("applied: "), "{screen}");
    assert_ne!(hanging.shop.merge.rows(INSTALLED).await, hanging.release);
    hanging.shop.write_model("external", "[]");
    let retired = hanging.shop.desk.teal(&["apply", "--yes"]);
    assert!(retired.starts_with("exit: 0\n"), "{retired}");
}
