//! Plans in files: written, carried out exactly, refused when they are no longer true.

use super::desk::Shop;

#[tokio::test]
async fn a_plan_file_is_applied_exactly_or_refused() {
    let shop = Shop::new("a_plan_file_is_applied_exactly_or_refused").await;
    let made = shop.desk.teal(&["plan", "--brief", "--out", "first.plan"]);
    assert!(made.contains("Run `teal apply --plan first.plan`"), "{made}");
    let same = |name: &str| shop.desk.read(name);
    shop.desk.teal(&["plan", "--out", "again.plan"]);
    assert_eq!(shop.desk.mode("again.plan"), 0o600, "nobody else may read it");
    assert_eq!(same("first.plan"), same("again.plan"), "the same bytes");
    assert!(!same("first.plan").contains(&shop.merge_password()), "no secret");

    // The model in the folder is not asked.
    shop.write_model("external", "[shop:people]");
    let applied = shop.desk.teal(&["apply", "--local", "--plan", "first.plan"]);
    assert!(applied.starts_with("exit: 0\n") && applied.contains("applied: "), "{applied}");
    insta::assert_snapshot!(shop.desk.teal(&["apply", "--local", "--plan", "first.plan"]));

    // Another change overtakes one that was planned.
    shop.write_model("{every: 1h}", "[shop:people, shop:orders]");
    shop.desk.teal(&["plan", "--out", "hourly.plan"]);
    shop.merge.run("drop view reporting.core__shop__orders").await;
    insta::assert_snapshot!(shop.desk.teal(&["apply", "--local", "--plan", "hourly.plan"]));

    let edited = same("hourly.plan").replace("every 1 h", "every 2 h");
    shop.desk.write("edited.plan", &edited);
    let refused = shop.desk.teal(&["apply", "--local", "--plan", "edited.plan"]);
    assert!(refused.contains("error[CLI0081]") && refused.contains("changed after"), "{refused}");
    let refused = shop.desk.teal(&["plan", "--out", "nowhere/first.plan"]);
    assert!(refused.contains("error[CLI0080]"), "{refused}");
}

#[tokio::test]
async fn the_plan_of_one_column_says_what_changes_and_for_whom() {
    let shop = Shop::new("the_plan_of_one_column").await;
    shop.desk.teal(&["apply", "--local"]);
    shop.desk.teal(&["run", "live/shop", "--local"]);
    shop.source.run("alter table people add column vip boolean").await;
    shop.edit_model(
        "name: varchar(80)",
        "name: varchar(80)\n      vip: {type: boolean, nullable: true}",
    );
    insta::assert_snapshot!(shop.desk.teal(&["plan"]));
}

#[tokio::test]
async fn a_stream_that_ends_says_why() {
    let shop = Shop::new("a_stream_that_ends_says_why").await;
    shop.desk.teal(&["apply", "--local"]);
    shop.edit_model("[shop:people, shop:orders]", "[]");
    let unneeded = shop.desk.teal(&["plan", "--brief"]);
    assert!(unneeded.contains("no workspace needs it any more"), "{unneeded}");
    shop.edit_model("kind: Datastore\nname: shop", "kind: Datastore\nname: store");
    let gone = shop.desk.teal(&["plan", "--brief"]);
    assert!(gone.contains("datastore shop left the model"), "{gone}");
}
