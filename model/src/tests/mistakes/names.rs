//! Mistakes of names and references.

use super::{codes, codes_with, mistakes};

#[test]
fn dangling_references_get_the_meant_name() {
    let found = mistakes(&[
        ("sinks: [shop:customers, crm:visits]", "sinks: [shap:customers, crm:visit]"),
        ("group: trial\nplatform: history", "group: trail\nplatform: history"),
        ("hints: {ingest: medium}", "hints: {ingest: middle}"),
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

    error[MODEL0022]: no group of `lab` is named `trail`
      --> consumers.yaml:34:8
       |
    34 | group: trail
       |        ^^^^^
       = help: did you mean `trial`?

    error[MODEL0022]: no resource class is named `middle`
     --> crm.yaml:9:17
      |
    9 | hints: {ingest: middle}
      |                 ^^^^^^
      = help: declare it, or use one of `large`, `medium`, `small`
    "#);
}

#[test]
fn names_outside_of_the_rules_say_which_rule() {
    let found = mistakes(&[
        ("  unwanted:", "  un__wanted:"),
        ("  all:", "  All:"),
        ("  medium:", "  teal_medium:"),
    ]);
    insta::assert_snapshot!(
        found.iter().map(|found| found.message.as_str()).collect::<Vec<_>>().join("\n"), @r#"
        the name `All` starts with `A`, not with a letter a-z
        no resource class is named `medium`
        the name `teal_medium` starts with `teal` or `pg_`
        the name `un__wanted` holds `__`, which joins names in the merge store
        "#);
}

#[test]
fn name_declared_twice_shows_both_places() {
    let found = mistakes(&[(
        "kind: Zone\nname: finance",
        "kind: Zone\nname: retail\n---\nkind: Zone\nname: finance",
    )]);
    insta::assert_snapshot!(found, @r#"
    error[MODEL0021]: the zone `retail` is declared twice
      --> ecosystem.yaml:10:7
       |
    10 | name: retail
       |       ^^^^^^
      --> ecosystem.yaml:7:7
       |
     7 | name: retail
       |       ------ first declared here
       = help: rename or remove one of the two
    "#);
}

#[test]
fn past_of_two_objects_is_refused() {
    let found = mistakes(&[
        ("formerly: [past]", "formerly: [past, live]"),
        ("name: visits", "name: visits\nformerly: [people]"),
    ]);
    insta::assert_snapshot!(found, @r#"
    error[MODEL0023]: the dataset `contacts` was formerly `people` already
      --> crm.datasets.yaml:14:12
       |
    14 | formerly: [people]
       |            ^^^^^^
      --> crm.yaml:13:16
       |
    13 |     formerly: [people]
       |                ------ here
       = help: `formerly` holds names that no object has any more, each claimed by one object

    error[MODEL0023]: `live` is the present name of a platform
      --> ecosystem.yaml:40:18
       |
    40 | formerly: [past, live]
       |                  ^^^^
      --> ecosystem.yaml:34:7
       |
    34 | name: live
       |       ---- here
       = help: `formerly` holds names that no object has any more, each claimed by one object
    "#);
}

#[test]
fn second_stack_is_refused_by_name() {
    let second = "kind: PlatformServices\nname: other\nmerge: {postgres: {host: h, database: d}, credential: c}\nclasses: {}";
    assert_eq!(codes_with("z.yaml", second), ["MODEL0025"]);
}

#[test]
fn teams_need_their_zone() {
    assert_eq!(codes_with("z.yaml", "kind: Team\nname: nowhere/online"), ["MODEL0022"]);
    assert_eq!(
        codes(&[("name: finance/analytics", "name: finance/")]),
        ["MODEL0022", "MODEL0022", "MODEL0027"]
    );
}
