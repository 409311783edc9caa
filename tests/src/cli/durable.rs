//! With Temporal and a worker process: apply, run, pause, resume, change, retire.

use teal_model::StreamId;
use teal_temporal::names;

use super::{
    desk::Shop,
    work::{Worker, temporal},
};
use crate::testkit::{LIMIT, eventually, temporal_address};

#[tokio::test]
async fn an_operator_applies_runs_pauses_resumes_and_retires() {
    let mut shop = Shop::own("an_operator_applies_runs_pauses_resumes_and_retires").await;
    shop.desk.set("TEMPORAL_ADDRESS", &temporal_address());
    let stream = &format!("{}/shop", shop.name);
    let _worker = Worker::start(&shop); // it waits for the first release

    let applied = shop.desk.attended(&["apply"]);
    assert!(applied.starts_with("exit: 0\n") && applied.contains("applied: "), "{applied}");
    insta::assert_snapshot!(shop.desk.teal(&["run", stream]));
    insta::assert_snapshot!(shop.desk.teal(&["pause", stream, "--reason", "month end"]));
    insta::assert_snapshot!(shop.desk.teal(&["run", stream]));
    shop.merge.run(&format!("update {}.shop__people set name = 'x' where id = 3", shop.name)).await;
    let undecided = shop.desk.teal(&["verify", stream]);
    assert!(undecided.contains("1 undecided") && undecided.contains("paused"), "{undecided}");
    let status = shop.desk.teal(&["status"]);
    assert!(status.contains("paused by") && status.contains(": month end"), "{status}");
    insta::assert_snapshot!(shop.desk.teal(&["resume", stream]));

    shop.source.run("insert into people values (4, 'Dan')").await;
    insta::assert_snapshot!(shop.desk.teal(&["run", stream]));
    verbs_on_a_healthy_stream(&shop, stream).await;
    insta::assert_snapshot!(shop.desk.teal(&["plan", "--detailed-exitcode"]));

    shop.write_model("{every: 1h}", "[shop:people, shop:orders]");
    let changed = shop.desk.teal(&["apply"]);
    assert!(changed.contains("schedule external → every 1 h"), "{changed}");
    assert!(changed.starts_with("exit: 0\n"), "{changed}");

    shop.write_model("external", "[]");
    let retired = shop.desk.teal(&["apply", "--yes"]);
    assert!(retired.starts_with("exit: 0\n"), "{retired}");
    let temporal = temporal().await;
    let workflow = StreamId::multi(&shop.name, "shop").workflow_id();
    assert!(!temporal.is_open(&workflow).await.unwrap());
}

/// What helps a stream in trouble is refused or mends what is there to mend.
async fn verbs_on_a_healthy_stream(shop: &Shop, stream: &str) {
    let table = format!("{}.shop__people", shop.name);
    shop.merge.run(&format!("update {table} set name = 'damaged' where id = 1")).await;
    let damaged = shop.desk.teal(&["verify", stream]);
    assert!(damaged.starts_with("exit: 1\n"), "{damaged}");
    assert!(damaged.contains("different id = 1: name"), "{damaged}");
    let resynced = shop.desk.teal(&["resync", stream, "--dataset", "people"]);
    assert!(resynced.starts_with("exit: 0\n"), "{resynced}");
    assert!(resynced.contains("batch 4: +0 ~2 −0, 4 rows staged"), "{resynced}");
    let name = format!("select name from {table} where id = 1");
    assert_eq!(shop.merge.rows(&name).await, ["Ada"]);
    shop.merge.run(&format!("delete from {table} where id = 2")).await;
    let repaired = shop.desk.teal(&["verify", stream, "--repair"]);
    assert!(repaired.starts_with("exit: 0\n") && repaired.contains("1 sound"), "{repaired}");
    for (verb, why) in [("retry", "neither failing nor backing off"), ("reset", "[LEDGER0040]")] {
        let refused = shop.desk.teal(&[verb, stream]);
        assert!(refused.starts_with("exit: 1\n") && refused.contains(why), "{refused}");
    }
    let reloaded = shop.desk.teal(&["reload", "*", "--store", "shop", "-o", "json"]);
    assert!(reloaded.contains("the configuration of the catalog runs"), "{reloaded}");
    let audit = format!(
        "select verb, reason from teal.audit where object = 'stream/{stream}' and by_whom like '%@%'
         order by id"
    );
    let audit = shop.merge.rows(&audit).await;
    for line in ["pause|month end", "resume|", "run|", "resync|", "reload|"] {
        assert!(audit.contains(&line.to_owned()), "{line}: {audit:?}");
    }
}

#[tokio::test]
async fn apply_without_a_worker_says_so_and_goes_on_when_one_comes() {
    let mut shop = Shop::own("apply_without_a_worker_says_so_and_goes_on").await;
    let stream = &format!("{}/shop", shop.name);
    shop.desk.set("TEMPORAL_ADDRESS", &temporal_address());
    let refused = shop.desk.teal(&["apply"]);
    let said = refused.split_once("----- stderr\n").map_or("", |(_, said)| said);
    insta::assert_snapshot!(said);
    assert!(refused.starts_with("exit: 1\n"), "{refused}");

    let temporal = temporal().await;
    let workflow = names::apply_workflow(&shop.name);
    assert!(!temporal.is_open(&workflow).await.unwrap(), "nothing stays queued");
    let queued = shop.desk.teal(&["apply", "--queue"]);
    assert!(queued.starts_with("exit: 0\n") && queued.contains("queued: the first"), "{queued}");
    assert!(temporal.is_open(&workflow).await.unwrap());
    let taken_back = shop.desk.teal(&["apply", "--cancel"]);
    assert!(taken_back.contains("taken back: no worker was at it"), "{taken_back}");
    let nothing = shop.desk.teal(&["apply", "--cancel"]);
    assert!(nothing.contains("error[CLI0082]"), "{nothing}");

    let applied = shop.desk.teal(&["apply", "--local"]);
    assert!(applied.contains("stream own/shop: started"), "{applied}");
    insta::assert_snapshot!(shop.desk.teal(&["pause", stream, "--reason", "x"]));

    let _worker = Worker::start(&shop);
    let ran = eventually("the worker serves the stream", LIMIT, || async {
        let ran = shop.desk.teal(&["run", stream]);
        ran.starts_with("exit: 0\n").then_some(ran)
    })
    .await;
    assert!(ran.contains("batch 1: +5 ~0 −0"), "{ran}");
    shop.write_model("external", "[]");
    let retired = shop.desk.teal(&["apply", "--yes"]);
    assert!(retired.starts_with("exit: 0\n"), "{retired}");
}
