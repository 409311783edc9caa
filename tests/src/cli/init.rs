//! A model to begin with: no server is needed.

use super::Desk;

#[test]
fn init_makes_a_model_that_validates() {
    let desk = Desk::new();
    insta::assert_snapshot!(desk.teal(&["init", "My Data"]), @"
    exit: 0
    ----- stdout
    My Data/model/ecosystem.yaml
    My Data/model/platforms.yaml
    My Data/model/workspaces.yaml
    My Data/README.md
    My Data/.gitignore
    My Data/credentials.env.example
    ----- stderr
    made: ecosystem my_data
    hint: cd 'My Data' && teal discover postgres://user@host:5432/database; README.md says what to fill in
    ");
    insta::assert_snapshot!(desk.teal(&["validate", "My Data/model"]), @"
    exit: 0
    ----- stdout
    Streams (0)
    STREAM  STYLE  DATASETS  SCHEDULE  INGEST  MERGE  PRIORITY  NEEDED BY

    Workspaces (0)
    WORKSPACE  TEAM  VIEWS  READER ROLE
    ----- stderr
    valid: my_data in 3 files, release [hash]
    ");
    assert!(desk.read("My Data/.gitignore").contains("/credentials.env\n"));
    assert!(!desk.read("My Data/README.md").contains("ECOSYSTEM"));
}

#[test]
fn init_overwrites_nothing_unless_forced() {
    let desk = Desk::new();
    desk.write("README.md", "mine");
    insta::assert_snapshot!(desk.teal(&["init", ".", "--name", "acme"]), @"
    exit: 1
    ----- stdout

    ----- stderr
    error[CLI0050]: there is something already
      exists: ./README.md
    hint: choose another folder, or let `--force` write these files anew
    ");
    assert_eq!((desk.read("README.md"), desk.read(".gitignore")), ("mine".into(), String::new()));
    let forced = desk.teal(&["init", ".", "--name", "acme", "--force", "-o", "json"]);
    assert!(forced.contains("\"ecosystem\": \"acme\""), "{forced}");
    assert!(desk.read("README.md").starts_with("# acme\n"));
    desk.write("other/model/mine.yaml", "kind: Ecosystem\nname: mine\n");
    let beside = desk.teal(&["init", "other"]);
    assert!(beside.contains("exists: other/model\n"), "{beside}");
    insta::assert_snapshot!(desk.teal(&["init", "x", "--name", "Acme"]), @"
    exit: 1
    ----- stdout

    ----- stderr
    error[CLI0052]: the name breaks the rules for names
      name: Acme
    hint: names are a-z, then a-z, 0-9 and _, at most 63 characters, without `__`; names that start with teal or pg_, and the names public and information_schema, are taken
    ");
    assert!(desk.read("x/README.md").is_empty());
    let into_a_file = desk.teal(&["init", "README.md/x"]);
    assert!(into_a_file.contains("error[CLI0051]") && into_a_file.contains("path: README.md/x"));
}
