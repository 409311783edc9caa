//! From an empty database to running streams without Temporal.

use super::desk::Shop;

#[tokio::test]
async fn plan_on_an_empty_database_shows_everything_and_changes_nothing() {
    let shop = Shop::new("plan_on_an_empty_database_shows_everything").await;
    insta::assert_snapshot!(shop.desk.teal(&["plan", "--detailed-exitcode"]));
    let again = shop.desk.teal(&["plan", "model", "--brief"]);
    insta::assert_snapshot!(again);
    let schemas = "select nspname from pg_namespace where nspname in ('teal', 'live', 'reporting')";
    assert!(shop.merge.rows(schemas).await.is_empty());
}

#[tokio::test]
async fn apply_local_twice_does_nothing_the_second_time() {
    let shop = Shop::new("apply_local_twice_does_nothing_the_second_time").await;
    let first = shop.desk.teal(&["apply", "--local"]);
    assert!(first.starts_with("exit: 0\n"), "{first}");
    let said = first.split_once("----- stderr\n").map_or("", |(_, said)| said);
    insta::assert_snapshot!(said);
    insta::assert_snapshot!(shop.desk.teal(&["apply", "--local"]));
    insta::assert_snapshot!(shop.desk.teal(&["plan", "--detailed-exitcode"]));
}

#[tokio::test]
async fn run_local_moves_rows_and_status_tells_it() {
    let shop = Shop::new("run_local_moves_rows_and_status_tells_it").await;
    shop.desk.teal(&["apply", "--local"]);
    insta::assert_snapshot!(shop.desk.teal(&["run", "live/shop", "--local"]));
    shop.source
        .run("update people set name = 'Eve' where id = 2; delete from orders where id = 11")
        .await;
    insta::assert_snapshot!(shop.desk.teal(&["run", "live/shop", "--local"]));
    insta::assert_snapshot!(shop.desk.teal(&[
        "sql",
        "--workspace",
        "reporting",
        "select id, name from core__shop__people order by id"
    ]));
    let status = shop.desk.teal(&["status", "-o", "json"]);
    let json = status.split("----- ").nth(1).and_then(|part| part.strip_prefix("stdout\n"));
    let status: serde_json::Value = serde_json::from_str(json.unwrap()).unwrap();
    let stream = &status["streams"][0];
    assert_eq!(stream["stream"], "live/shop");
    assert_eq!((&stream["state"], &stream["rows"]), (&"waiting".into(), &4.into()));
    let last = &stream["last_batch"];
    assert_eq!(
        (&last["batch"], &last["updated"], &last["deleted"]),
        (&2.into(), &1.into(), &1.into())
    );
}

#[tokio::test]
async fn a_failed_local_run_exits_1_and_stands_in_the_status() {
    let shop = Shop::new("a_failed_local_run_exits_1_and_stands_in_the_status").await;
    shop.desk.teal(&["apply", "--local"]);
    shop.source.run("alter table people rename to folk").await;
    insta::assert_snapshot!(shop.desk.teal(&["run", "live/shop", "--local"]));
    let status = shop.desk.teal(&["status", "live/shop"]);
    assert!(status.contains("failing") && status.contains("error[SOURCE0011]"), "{status}");
    shop.source.run("alter table folk rename to people").await;
    let healed = shop.desk.teal(&["run", "live/shop", "--local"]);
    assert!(healed.starts_with("exit: 0\n"), "{healed}");
}

#[tokio::test]
async fn a_destructive_plan_is_refused_when_nobody_can_say_yes() {
    let shop = Shop::new("a_destructive_plan_is_refused_when_nobody").await;
    shop.desk.teal(&["apply", "--local"]);
    shop.write_model("external", "[shop:people]");
    insta::assert_snapshot!(shop.desk.teal(&["apply", "--local"]));
    let applied = shop.desk.teal(&["apply", "--local", "--yes"]);
    assert!(applied.starts_with("exit: 0\n"), "{applied}");
    let views = "select table_name from information_schema.views where table_schema = 'reporting'
                 order by 1";
    assert_eq!(shop.merge.rows(views).await, ["_status", "core__shop__people"]);
}

#[tokio::test]
async fn verbs_on_an_empty_catalog_say_that_nothing_is_installed() {
    let shop = Shop::new("verbs_on_an_empty_catalog_say_so").await;
    insta::assert_snapshot!(shop.desk.teal(&["status"]));
    shop.desk.teal(&["apply", "--local"]);
    insta::assert_snapshot!(shop.desk.teal(&["status", "live/nothing"]));
    insta::assert_snapshot!(shop.desk.teal(&["run", "live/nothing", "--local"]));
}
