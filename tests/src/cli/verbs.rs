//! Verbs without Temporal, and verbs on several streams.

use super::desk::Shop;

/// Two streams: one for each table.
async fn two_streams(test: &str) -> Shop {
    let shop = Shop::new(test).await;
    shop.desk.edit("model/shop.yaml", "streams: multi", "streams: single");
    let applied = shop.desk.teal(&["apply", "--local"]);
    assert!(applied.starts_with("exit: 0\n"), "{applied}");
    shop
}

#[tokio::test]
async fn many_streams_are_run_by_pattern_and_a_table_tells_how_each_ended() {
    let shop = two_streams("many_streams_are_run_by_pattern").await;
    insta::assert_snapshot!(shop.desk.teal(&["run", "live/*", "--local"]));
    shop.source.run("alter table people rename to folk").await;
    insta::assert_snapshot!(shop.desk.teal(&["run", "--team", "retail", "--local"]));
    insta::assert_snapshot!(shop.desk.teal(&["run", "live/shop/orders", "live/crm", "--local"]));
    let none = shop.desk.teal(&["run", "--platform", "dead", "--store", "shop", "--local"]);
    assert!(none.contains("error[CLI0010]") && none.contains("platform: dead"), "{none}");
    let paused = shop.desk.teal(&["pause", "live", "--local", "--reason", "month end"]);
    assert!(paused.contains("2 streams: 2 done"), "{paused}");
    let refused = shop.desk.teal(&["resync", "live/shop/orders", "--local"]);
    assert!(refused.contains("error[CLI0015]") && refused.contains("month end"), "{refused}");
    let resumed = shop.desk.teal(&["resume", "live/shop/orders", "--local", "-o", "json"]);
    assert!(resumed.contains(r#""result": "done""#), "{resumed}");
    let ran = shop.desk.teal(&["run", "live/shop/orders", "--local"]);
    assert!(ran.starts_with("exit: 0\n"), "{ran}");
}

#[tokio::test]
async fn a_resync_mends_by_value_and_a_rebuild_needs_a_yes() {
    let shop = Shop::new("a_resync_mends_by_value").await;
    shop.desk.teal(&["apply", "--local"]);
    shop.desk.teal(&["run", "live/shop", "--local"]);
    shop.merge.run("update live.shop__people set name = 'damaged' where id = 1").await;
    let resync = ["resync", "live/shop", "--dataset", "people", "--local", "--reason", "looks odd"];
    insta::assert_snapshot!(shop.desk.teal(&resync));
    let name = "select name from live.shop__people where id = 1";
    assert_eq!(shop.merge.rows(name).await, ["Ada"]);
    let rebuild = ["resync", "live/shop", "--discard-history", "--local", "--reason", "wrong load"];
    insta::assert_snapshot!(shop.desk.teal(&rebuild));
    let rebuilt = shop.desk.teal(&[&rebuild[..], &["--yes"]].concat());
    assert!(rebuilt.contains("batch 3: +5 ~0 −0, 5 rows staged"), "{rebuilt}");
    insta::assert_snapshot!(shop.desk.teal(&["resync", "live/shop", "--dataset", "x", "--local"]));
    let cancelled = shop.desk.teal(&["resync", "live/shop", "--cancel", "--local"]);
    assert!(cancelled.contains("error[LEDGER0042]"), "{cancelled}");
    let reset = shop.desk.teal(&["reset", "live/shop", "--local"]);
    assert!(reset.contains("error[LEDGER0040]") && reset.contains("committed: 3"), "{reset}");
    let audit = "select verb, reason, details->>'datasets' from teal.audit
                 where object = 'stream/live/shop' and verb <> 'apply' order by id";
    let expected = ["run||-", r#"resync|looks odd|["people"]"#, "resync|wrong load|[]"];
    assert_eq!(shop.merge.rows(audit).await, expected);
}

#[tokio::test]
async fn a_resync_that_fails_stands_in_the_status_until_it_is_done() {
    let shop = Shop::new("a_resync_that_fails_stands").await;
    shop.desk.teal(&["apply", "--local"]);
    shop.desk.teal(&["run", "live/shop", "--local"]);
    shop.source.run("alter table people rename to folk").await;
    let failed = shop.desk.teal(&["resync", "live/shop", "--local", "--reason", "doubt"]);
    assert!(failed.starts_with("exit: 1\n") && failed.contains("SOURCE0011"), "{failed}");
    let status = shop.desk.teal(&["status", "live/shop"]);
    assert!(status.contains("compare every row of all datasets, by "), "{status}");
    shop.source.run("alter table folk rename to people").await;
    let ran = shop.desk.teal(&["run", "live/shop", "--local", "-o", "json"]);
    assert!(ran.contains(r#""resync": 1"#), "{ran}");
    let status = shop.desk.teal(&["status", "live/shop"]);
    assert!(!status.contains("compare every row"), "{status}");
}

#[tokio::test]
async fn a_second_pause_says_what_it_takes_the_place_of_and_the_audit_keeps_both() {
    let shop = Shop::new("a_second_pause_says_what_it_takes_the_place_of").await;
    shop.desk.teal(&["apply", "--local"]);
    let pause = |reason| shop.desk.teal(&["pause", "live/shop", "--local", "--reason", reason]);
    let first = pause("month end");
    assert!(!first.contains("before:"), "{first}");
    let second = pause("upgrade");
    assert!(second.contains("; before: paused by ") && second.contains(": month end"), "{second}");
    let audit = "select reason, details->>'replaced_reason' from teal.audit
                 where verb = 'pause' order by id";
    assert_eq!(shop.merge.rows(audit).await, ["month end|-", "upgrade|month end"]);
    let check = shop.desk.teal(&["status", "--check"]);
    assert!(check.contains("of 1 stream 0 at work, 1 paused"), "{check}");
}
