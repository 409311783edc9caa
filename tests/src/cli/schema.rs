//! The JSON Schema of the model: no server is needed.

use super::Desk;

#[test]
fn schema_prints_all_kinds_or_one() {
    let desk = Desk::new();
    let all = desk.teal(&["schema"]);
    for text in ["exit: 0\n", "\"$ref\": \"#/definitions/Assignment\"", "\"Workspace\": {"] {
        assert!(all.contains(text), "{text}");
    }
    let one = desk.teal(&["schema", "datastore"]);
    assert!(one.contains("\"title\": \"Datastore of a Teal model\""), "{one}");
    insta::assert_snapshot!(desk.teal(&["schema", "Datastor"]), @r"
    exit: 64
    ----- stdout

    ----- stderr
    error: invalid value 'Datastor' for '[KIND]'
      [possible values: Ecosystem, PlatformServices, Platform, Zone, Team, Datastore, Dataset, Workspace, Assignment]

      tip: a similar value exists: 'Datastore'

    For more information, try '--help'.
    ");
}

#[test]
fn schema_writes_a_file_for_each_kind() {
    let desk = Desk::new();
    insta::assert_snapshot!(desk.teal(&["schema", "--out", "schema"]), @r"
    exit: 0
    ----- stdout

    ----- stderr
    10 schemas in schema
    hint: name it in `yaml.schemas` of the editor, or at the head of each document: # yaml-language-server: $schema=schema/teal.schema.json
    ");
    insta::assert_snapshot!(desk.teal(&["schema", "--out", "schema/teal.schema.json"]), @r"
    exit: 1
    ----- stdout

    ----- stderr
    error[CLI0051]: a file or folder cannot be written
      path: schema/teal.schema.json
    caused by: File exists (os error 17)
    hint: look at the path: its owner, its permissions, the disk
    ");
}
