//! Watching: status with its check, batches, audit; from the catalog alone.

use serde_json::Value;

use super::desk::Shop;

/// Two groups: one that says nothing of time, one whose data may be five minutes old.
const SINKS: &str = "[shop:people, shop:orders]
  fresh:
    needs: {history: none, latency: 5m}
    sinks: [shop:people]";

/// What a command wrote to stdout, as JSON, and its exit code.
fn json(shown: &str) -> (char, Value) {
    let stdout = shown.split("----- ").nth(1).and_then(|part| part.strip_prefix("stdout\n"));
    (shown.chars().nth(6).unwrap(), serde_json::from_str(stdout.unwrap()).unwrap())
}

fn check(shop: &Shop, more: &[&str]) -> (char, Value) {
    let words = [&["status", "--check", "-o", "json"][..], more].concat();
    json(&shop.desk.teal(&words))
}

#[tokio::test]
async fn the_check_says_whose_data_is_late_and_exits_1() {
    let shop = Shop::new("the_check_says_whose_data_is_late_and_exits_1").await;
    shop.write_model("{every: 1m}", SINKS);
    shop.desk.teal(&["apply", "--local"]);
    insta::assert_snapshot!(shop.desk.teal(&["status", "--check", "--no-temporal"]));

    shop.desk.teal(&["run", "live/shop", "--local"]);
    insta::assert_snapshot!(shop.desk.teal(&["status", "--check"]));
    shop.merge
        .run("update teal.stream_state set source_read_at = source_read_at - interval '1 hour'")
        .await;
    let (exit, found) = check(&shop, &[]);
    let late = &found["objectives"][0];
    assert_eq!((exit, &found["ok"], &late["verdict"]), ('1', &false.into(), &"late".into()));
    assert_eq!(
        (&late["workspace"], &late["group"], &late["store"], &late["dataset"]),
        (&"reporting".into(), &"fresh".into(), &"shop".into(), &"people".into())
    );
    assert!(late["late_ms"].as_u64().unwrap() >= 55 * 60_000, "{late}");
    assert_eq!(found["objectives"].as_array().unwrap().len(), 1);

    shop.merge
        .run(
            "update teal.stream_state set source_read_at = clock_timestamp();
             insert into teal.intent (stream_id, wanted, reason, by_whom)
             select id, 'paused', 'month end', 'ann@desk' from teal.stream
             on conflict (stream_id) do update set wanted = excluded.wanted,
               reason = excluded.reason, by_whom = excluded.by_whom",
        )
        .await;
    let paused = shop.desk.teal(&["status", "--check"]);
    assert!(paused.starts_with("exit: 1\n") && paused.contains("live/shop paused by ann@desk"));
    let (exit, found) = check(&shop, &["--ignore-paused", "--workspace", "reporting"]);
    assert_eq!((exit, &found["objectives"][0]["verdict"]), ('0', &"ignored".into()));
    let unknown = shop.desk.teal(&["status", "--check", "--workspace", "nobody"]);
    assert!(unknown.starts_with("exit: 1\n") && unknown.contains("CLI0070"), "{unknown}");
}

#[tokio::test]
async fn a_failing_stream_fails_the_check_without_any_objective() {
    let shop = Shop::new("a_failing_stream_fails_the_check").await;
    shop.desk.teal(&["apply", "--local"]);
    shop.source.run("alter table people rename to folk").await;
    shop.desk.teal(&["run", "live/shop", "--local"]);
    let (exit, found) = check(&shop, &[]);
    assert_eq!((exit, &found["objectives"]), ('1', &Value::Array(Vec::new())));
    let stream = &found["streams"][0];
    assert_eq!((&stream["why"], &stream["code"]), (&"failing".into(), &"SOURCE0011".into()));
}

#[tokio::test]
async fn batches_are_listed_filtered_and_shown_one_by_one() {
    let shop = Shop::new("batches_are_listed_filtered_and_shown_one_by_one").await;
    shop.desk.teal(&["apply", "--local"]);
    for _ in 0..2 {
        shop.desk.teal(&["run", "live/shop", "--local"]);
    }
    shop.source.run("update people set name = 'Eve' where id = 2").await;
    shop.desk.teal(&["run", "live/shop", "--local"]);
    let numbers = |more: &[&str]| {
        let words = [&["batches", "live/shop", "-o", "json"][..], more].concat();
        let (_, batches) = json(&shop.desk.teal(&words));
        let numbers = batches.as_array().unwrap().iter().map(|batch| batch["batch"].as_u64());
        numbers.collect::<Option<Vec<u64>>>().unwrap()
    };
    assert_eq!(numbers(&[]), [3, 2, 1]);
    assert_eq!(numbers(&["--limit", "1"]), [3]);
    assert_eq!(numbers(&["--changed"]), [3, 1]);
    assert_eq!(numbers(&["--changed", "--dataset", "orders"]), [1]);
    assert_eq!(numbers(&["--status", "failed"]), [0; 0]);
    assert_eq!(numbers(&["--since", "1h", "--status", "committed"]), [3, 2, 1]);
    assert_eq!(numbers(&["--since", "2199-01-01"]), [0; 0]);
    let one = shop.desk.teal(&["batches", "live/shop", "3"]);
    for expected in ["live/shop batch 3", "committed", "ingest [time], merge [time]", "+0 ~1 −0"]
    {
        assert!(one.contains(expected), "{expected}: {one}");
    }
    let (_, batch) = json(&shop.desk.teal(&["batches", "live/shop", "3", "-o", "json"]));
    let datasets = batch["batch"]["datasets"].as_array().unwrap();
    assert_eq!(datasets[1]["dataset"], "people");
    assert_eq!((&datasets[0]["updated"], &datasets[1]["updated"]), (&0.into(), &1.into()));
    assert!(batch["batch"]["source_snapshot"].is_string(), "{batch}");
    insta::assert_snapshot!(shop.desk.teal(&["batches", "live/shop", "99"]));
    insta::assert_snapshot!(shop.desk.teal(&["batches", "live/shop", "--since", "yesterday"]));
}

#[tokio::test]
async fn the_audit_knows_who_applied() {
    let shop = Shop::new("the_audit_knows_who_applied").await;
    shop.desk.teal(&["apply", "--local"]);
    let (_, lines) = json(&shop.desk.teal(&["audit", "-o", "json", "--verb", "applied"]));
    let line = &lines[0];
    assert_eq!((&line["object"], lines.as_array().unwrap().len()), (&"apply/live".into(), 1));
    assert!(line["by"].as_str().unwrap().contains('@'), "{line}");
    let (_, others) =
        json(&shop.desk.teal(&["audit", "live/shop", "--by", "nobody", "-o", "json"]));
    assert_eq!(others, Value::Array(Vec::new()));
}
