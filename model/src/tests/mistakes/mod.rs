//! Mistakes that people make, as they are printed.

mod codes;
mod consumers;
mod datasets;
mod fields;
mod names;
mod reading;
mod sizes;

use super::{mistakes, shop_with};
use crate::{ModelFile, load};

/// Codes of the mistakes of the changed example.
fn codes(changes: &[(&str, &str)]) -> Vec<&'static str> {
    mistakes(changes).iter().map(|found| found.code.id).collect()
}

/// The example with one more file.
fn codes_with(path: &str, text: &str) -> Vec<&'static str> {
    let mut files = shop_with(&[]);
    files.push(ModelFile::new(path, text));
    load(&files).expect_err("a mistake").iter().map(|found| found.code.id).collect()
}

#[test]
fn all_mistakes_of_a_model_are_reported_at_once() {
    let found = mistakes(&[
        ("style: milestoned", "style: milestone"),
        ("id: bigint", "id: int8"),
        ("port: 5433", "port: 543300"),
        ("sinks: [shop:customers, crm:visits]", "sinks: [shap:customers, crm:visit]"),
        ("key: [at, contact]", "key: [at, kontact]"),
        ("limits: {memory: 512Mi}", "limits: {memory: 512Gi}"),
    ]);
    insta::assert_snapshot!(found, @r#"
    error[MODEL0022]: no datastore is named `shap`
      --> consumers.yaml:22:13
       |
    22 |     sinks: [shap:customers, crm:visit]
       |             ^^^^^^^^^^^^^^
       = help: did you mean `shop`?

    error[MODEL0022]: no dataset of `crm` is named `visit`
      --> consumers.yaml:22:29
       |
    22 |     sinks: [shap:customers, crm:visit]
       |                             ^^^^^^^^^
       = help: did you mean `visits`?

    error[MODEL0031]: `visits` has no column `kontact`
      --> crm.datasets.yaml:15:11
       |
    15 | key: [at, kontact]
       |           ^^^^^^^
       = help: did you mean `contact`?

    error[MODEL0010]: `milestone` is not one of `live`, `milestoned`
      --> ecosystem.yaml:42:8
       |
    42 | style: milestone
       |        ^^^^^^^^^
       = help: did you mean `milestoned`?

    error[MODEL0060]: no resource class holds requests 100m/128Mi, limits 500m/512Gi
      --> ecosystem.yaml:43:17
       |
    43 | hints: {merge: {limits: {memory: 512Gi}}}
       |                 ^^^^^^
       = help: the largest class is `large` with requests 1/2Gi, limits 4/4Gi; add a larger one to the PlatformServices, or ask for less

    error[MODEL0009]: `543300` is not a whole number from 1 to 65535
     --> shop.yaml:4:44
      |
    4 | source: {postgres: {host: localhost, port: 543300, database: shop}, credential: shop_reader}
      |                                            ^^^^^^
      = help: write digits, without quotes

    error[MODEL0017]: `int8` is not a column type
      --> shop.yaml:13:11
       |
    13 |       id: int8
       |           ^^^^
       = help: did you mean `bigint`?
    "#);
}

#[test]
fn mistakes_serialize_for_programs() {
    let found = mistakes(&[("    schedule: {every: 30s}", "    schedule: {every: 30}")]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&found).unwrap(), @r#"
    [
      {
        "code": "MODEL0011",
        "message": "`30` is not a duration",
        "help": "write a number and a unit: 30s, 5m, 2h, 1d or together 1h30m",
        "file": "crm.yaml",
        "line": 15,
        "column": 23,
        "length": 2,
        "source": "    schedule: {every: 30}",
        "skipped": 0,
        "related": []
      }
    ]
    "#);
}
