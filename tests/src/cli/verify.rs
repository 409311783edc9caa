//! `teal verify` as a person meets it, without Temporal.

use super::desk::Shop;

/// Loaded, and read once more: the digests are there, so what is damaged stays so.
async fn loaded(test: &str) -> Shop {
    let shop = Shop::new(test).await;
    shop.desk.teal(&["apply", "--local"]);
    for _batch in 1..=2 {
        let ran = shop.desk.teal(&["run", "live/shop", "--local"]);
        assert!(ran.starts_with("exit: 0\n"), "{ran}");
    }
    shop
}

#[tokio::test]
async fn damage_is_told_from_changes_and_repaired() {
    let shop = loaded("damage_is_told_from_changes_and_repaired").await;
    insta::assert_snapshot!(shop.desk.teal(&["verify", "live/shop"]));
    shop.merge
        .run(
            "update live.shop__people set name = 'damaged' where id = 1;
             delete from live.shop__people where id = 2;
             insert into live.shop__orders values (99, 1, 1, 1);
             update live.shop__orders set teal_hash = 0 where id = 10",
        )
        .await;
    shop.source.run("update people set name = 'Eve' where id = 3").await;
    insta::assert_snapshot!(shop.desk.teal(&["verify", "live/shop"])); // no Temporal to ask
    insta::assert_snapshot!(shop.desk.teal(&["verify", "live/shop", "--local", "--limit", "1"]));
    let at_rest = shop.desk.teal(&["verify", "live/shop", "--no-batch", "--dataset", "orders"]);
    assert!(at_rest.contains("extra id = 99") && !at_rest.contains("people"), "{at_rest}");
    let repaired = shop.desk.teal(&["verify", "live/shop", "--local", "--repair"]);
    insta::assert_snapshot!(repaired);
    let audit = "select reason from teal.audit where verb = 'resync'";
    let why = "teal verify --repair: orders: 1 extra, 1 with a wrong hash, 2 faults; people: \
               1 different";
    assert_eq!(shop.merge.rows(audit).await, [why]);
}

#[tokio::test]
async fn what_no_batch_mends_is_told_with_what_to_do() {
    let shop = loaded("what_no_batch_mends_is_told").await;
    shop.merge.run("update live.shop__people set teal_batch = 77 where id = 1").await;
    insta::assert_snapshot!(shop.desk.teal(&["verify", "live/shop", "--repair", "--local"]));
    shop.merge.run("alter table live.shop__orders drop column amount cascade").await;
    let shown = shop.desk.teal(&["verify", "live", "-o", "json"]);
    let json = shown.split("----- ").nth(1).and_then(|part| part.strip_prefix("stdout\n"));
    let all: serde_json::Value = serde_json::from_str(json.unwrap()).unwrap();
    let fault = |dataset: usize| &all[0]["datasets"][dataset]["faults"][0]["kind"];
    assert_eq!((fault(0), fault(1)), (&"shape".into(), &"unknown_batch".into()), "{all}");
    assert!(shown.contains("`teal apply` puts it back"), "{shown}");
}

#[tokio::test]
async fn a_stream_that_cannot_be_read_fails_and_the_others_are_verified() {
    let shop = loaded("a_stream_that_cannot_be_read_fails").await;
    shop.source.run("alter table people rename to folk").await;
    let failed = shop.desk.teal(&["verify", "live/*"]);
    assert!(failed.starts_with("exit: 1\n") && failed.contains("error[SOURCE0011]"), "{failed}");
    assert!(failed.contains("1 stream: 1 failed"), "{failed}");
    let unknown = shop.desk.teal(&["verify", "live/shop", "--dataset", "nothing"]);
    assert!(unknown.contains("error[LEDGER0041]"), "{unknown}");
}
