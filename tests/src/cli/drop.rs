//! Retired tables, as a person meets them.

use super::desk::Shop;

#[tokio::test]
async fn retired_tables_are_listed_and_dropped_when_somebody_says_yes() {
    let shop = Shop::new("retired_tables_are_listed_and_dropped").await;
    shop.edit_model("style: live", "style: milestoned");
    shop.edit_model("history: none", "history: full");
    let applied = shop.desk.teal(&["apply", "--local"]);
    assert!(applied.starts_with("exit: 0\n"), "{applied}");
    shop.desk.teal(&["run", "live/shop", "--local"]);
    insta::assert_snapshot!(shop.desk.teal(&["drop"]));
    insta::assert_snapshot!(shop.desk.teal(&["drop", "live/shop"]));
    shop.edit_model("[shop:people, shop:orders]", "[shop:people]");
    let applied = shop.desk.teal(&["apply", "--local", "--yes"]);
    assert!(applied.starts_with("exit: 0\n"), "{applied}");

    let listed = shop.desk.teal(&["drop"]);
    assert!(listed.contains("live/shop/orders") && listed.contains(" from "), "{listed}");
    let young = shop.desk.teal(&["drop", "live/shop/orders", "--yes"]);
    assert!(young.contains("error[DDL0006]") && young.contains("`--now`"), "{young}");
    insta::assert_snapshot!(shop.desk.teal(&["drop", "--expired", "--yes"]));
    insta::assert_snapshot!(shop.desk.teal(&["drop", "live/shop/order", "--yes"]));
    insta::assert_snapshot!(shop.desk.teal(&["drop", "live/*", "--now"]));
    shop.merge.run("update teal.merge_table set drop_after = now() where dataset = 'orders'").await;
    let due = shop.desk.teal(&["drop", "-o", "json"]);
    assert!(due.contains(r#""is_due": true"#) && due.contains(r#""current_rows": 2"#), "{due}");

    let table =
        shop.merge.rows("select table_name from teal.merge_table where drop_after is not null");
    let table = format!("teal_retired.{}", table.await[0]);
    shop.merge.run(&format!("create view mine as select id from {table}")).await;
    let refused = shop.desk.teal(&["drop", "--expired", "--yes", "-o", "json"]);
    assert!(refused.starts_with("exit: 1\n") && refused.contains("DDL0001"), "{refused}");
    shop.merge.run("drop view mine").await;
    let drop = ["drop", "live", "--expired", "--yes", "--reason", "month end"];
    insta::assert_snapshot!(shop.desk.teal(&drop));
    insta::assert_snapshot!(shop.desk.teal(&["drop", "-o", "json"]));
    let audit = shop.desk.teal(&["audit", "live/shop", "--verb", "drop", "-o", "json"]);
    assert!(audit.contains("month end") && audit.contains(&table), "{audit}");
    insta::assert_snapshot!(shop.desk.teal(&["drop", "--yes"]));
}
