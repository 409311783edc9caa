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
