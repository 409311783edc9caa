//! Two people who apply at once.

use std::process::{Child, Stdio};

use super::town::{Hold, LIMIT, Town};
use crate::testkit::eventually;

impl Town {
    /// The workspace wants people only: the table of orders has to go.
    pub(super) fn leave_orders(&self) {
        let model = self.shop.desk.read("model/shop.yaml");
        let model = model.replace("[shop:people, shop:orders]", "[shop:people]");
        self.shop.desk.write("model/shop.yaml", &model);
    }

    /// An apply in a process of its own.
    pub(super) fn applies(&self, words: &[&str]) -> Child {
        let words = [&["apply", "--yes"], words].concat();
        self.shop.desk.command(&words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

/// Its exit code, and what it said.
pub(super) async fn ended(mut child: Child) -> (Option<i32>, String) {
    let status =
        eventually("the command to end", LIMIT, || std::future::ready(child.try_wait().unwrap()))
            .await;
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut said).unwrap();
    (status.code(), said)
}

async fn refused(child: Child, with: &str) {
    let (code, said) = ended(child).await;
    assert!(code == Some(1) && said.contains(&format!("error[{with}]")), "{code:?} {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_applies_at_once_one_joins_or_is_refused() {
    for local in [false, true] {
        let (town, _worker) = Town::running("of_two_applies_at_once", "external").await;
        let how: &[&str] = if local { &["--local"] } else { &[] };
        let hold = Hold::on_the_stream(&town.shop.merge).await;
        town.leave_orders();
        let first = town.applies(how);
        Hold::holds(&town.shop.merge).await;
        let same = town.applies(how);
        let other = town.shop.desk.read("model/shop.yaml");
        let other = other.replace("schedule: external", "schedule: {every: 1h}");
        town.shop.desk.write("other/shop.yaml", &other);
        let third = town.applies(&[how, &["other"]].concat());
        if local {
            // It cannot ask whether the first one lives, waits for its end, and finds its plan untrue.
            town.until_row("its plan", "select count(distinct release_id) = 3 from teal.plan")
                .await;
            hold.let_go().await;
            refused(third, "APPLY0001").await;
        } else {
            refused(third, "CLI0017").await;
            hold.let_go().await;
        }
        let (code, said) = ended(first).await;
        assert_eq!(code, Some(0), "{said}");
        let (code, said) = ended(same).await;
        assert_eq!(code, Some(0), "{said}");
        let applied = "select count(*) from teal.plan where state = 'applied'";
        assert_eq!(town.shop.merge.number(applied).await, 2, "one plan was carried out once");
        town.goes(&["apply", "--yes", "other"]); // what was refused
        town.goes(&["plan", "--detailed-exitcode", "other"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apply_whose_session_was_ended_is_still_seen_to_be_alive() {
    const HELD: &str = "select pid from pg_locks where locktype = 'advisory' and mode = 'ShareLock'
        and database = (select oid from pg_database where datname = current_database())";
    let (town, _worker) = Town::running("an_apply_whose_session_was_ended", "external").await;
    let merge = &town.shop.merge;
    let hold = Hold::on_the_stream(merge).await;
    town.leave_orders();
    let first = town.applies(&["--local"]);
    Hold::holds(merge).await;
    let before = merge.rows(HELD).await;
    assert_eq!(before.len(), 1);
    merge.run(&format!("select pg_terminate_backend({})", before[0])).await;
    eventually("another session says that it is alive", LIMIT, || async {
        let now = merge.rows(HELD).await;
        (now.len() == 1 && now != before).then_some(())
    })
    .await;
    hold.let_go().await;
    let (code, said) = ended(first).await;
    assert_eq!(code, Some(0), "{said}");
}
