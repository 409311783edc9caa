//! Checking a model: no server is needed.

use super::{Desk, desk::Shop};

#[test]
fn validate_shows_all_mistakes_with_their_place() {
    let desk = Desk::new();
    desk.write(
        "model/a.yaml",
        "kind: Ecosystem\nname: acme\n---\nkind: Platform\nname: live\nservices: main\nstile: live\n",
    );
    desk.write("model/teams/b.yml", "kind: Team\nname: retail\n");
    insta::assert_snapshot!(desk.teal(&["validate"]));
}

/// Larger than the machine's memory: what is refused for its size must not be read first.
#[test]
fn a_file_of_any_size_is_refused_without_being_loaded() {
    let desk = Desk::new();
    desk.write("model/huge.yaml", "kind: Ecosystem\n");
    desk.grow("model/huge.yaml", 200 << 30);
    let said = desk.teal(&["validate"]);
    assert!(said.starts_with("exit: 1\n") && said.contains("error[MODEL0003]"), "{said}");
}

#[test]
fn validate_without_a_model_says_where_it_looked() {
    let desk = Desk::new();
    insta::assert_snapshot!(desk.teal(&["validate"]));
    insta::assert_snapshot!(desk.teal(&["validate", "nowhere.yaml"]));
}

#[tokio::test]
async fn validate_shows_what_the_model_compiles_to() {
    let shop = Shop::new("validate_shows_what_the_model_compiles_to").await;
    insta::assert_snapshot!(shop.desk.teal(&["validate"]));
    let quiet = shop.desk.teal(&["validate", "--quiet", "-o", "json"]);
    assert!(quiet.starts_with("exit: 0\n") && quiet.ends_with("----- stderr\n"), "{quiet}");
    assert!(quiet.contains("\"valid\": true"), "{quiet}");
}

#[tokio::test]
async fn live_differences_show_their_place_in_the_model_all_at_once() {
    let shop = Shop::new("live_differences_show_their_place").await;
    shop.source
        .run(
            "alter table people rename column name to full_name;
             alter table orders alter amount type money using amount::money, add owner regrole;
             alter table orders rename to \"Orders\"",
        )
        .await;
    insta::assert_snapshot!(shop.desk.teal(&["validate", "--live"]), @r#"
    exit: 1
    ----- stdout

    ----- stderr
    error[SOURCE0010]: shop:people: column name is missing
      --> model/shop.yaml:38:13
       |
    38 |       name: varchar(80)
       |             ^^^^^^^^^^^
       = help: did you mean the source's column "full_name"? renamed: say `datasets: {people: {columns: {name: {source: full_name}}}}` in the Datastore `shop`; dropped: take it out of the model, which `teal discover --store shop` does where it wrote the dataset

    error[SOURCE0011]: shop:orders: there is no table or view public.orders
      --> model/shop.yaml:40:12
       |
    40 |     table: public.orders
       |            ^^^^^^^^^^^^^
       = help: did you mean `public.Orders`? renamed: `teal discover --store shop` shows how its data goes on; dropped: take `shop:orders` out of `sinks:` and apply, then `teal discover --store shop --prune` removes its file

    There are 2 differences between the model and its sources.
    "#);
    shop.source.run("alter table \"Orders\" rename to orders").await;
    let planned = shop.desk.teal(&["plan"]);
    assert!(planned.starts_with("exit: 1\n") && planned.contains("shop:people"), "{planned}");
    let json = shop.desk.teal(&["validate", "--live", "-o", "json"]);
    assert!(json.contains("\"valid\": false") && json.contains("\"line\": "), "{json}");
    shop.source.run("alter table people rename column full_name to name").await;
    let cast = shop.desk.teal(&["validate", "--live"]);
    assert!(cast.starts_with("exit: 1\n"), "money is wider than decimal(12,2): {cast}");
    shop.source.run("alter table orders alter amount type numeric(9,2)").await;
    assert!(shop.desk.teal(&["validate", "--live"]).starts_with("exit: 0\n"));
}

#[tokio::test]
async fn validate_live_fails_where_a_source_could_not_be_asked() {
    let shop = Shop::new("validate_live_fails_where_a_source_could_not_be_asked").await;
    let model = shop.desk.read("model/shop.yaml");
    shop.desk.write("model/shop.yaml", &model.replace("credential: source}", "credential: lost}"));
    let said = shop.desk.teal(&["validate", "--live", "-o", "json"]);
    assert!(said.starts_with("exit: 1\n") && said.contains("\"valid\": true"), "{said}");
    let warning = "the model was not compared with [source server]/[source]: [CRED0001]";
    assert!(said.contains(warning), "{said}");
}
