//! Mistakes of consumers.

use super::{codes, codes_with, mistakes};
use crate::ModelFile;

#[test]
fn group_that_fits_several_platforms_gets_their_names() {
    let found = mistakes(&[(
        "kind: Platform\nname: live\n",
        "kind: Platform\nname: second\nservices: main\nstyle: live\n---\nkind: Platform\nname: live\n",
    )]);
    insta::assert_snapshot!(found, @r#"
    error[MODEL0053]: 2 platforms fit `core`, which needs history none
     --> consumers.yaml:7:3
      |
    7 |   core:
      |   ^^^^
      = help: add `platform:` with one of `live`, `second`
    "#);
}

#[test]
fn group_that_fits_no_platform_says_what_it_needs() {
    let found = mistakes(&[
        ("style: milestoned", "style: live"),
        ("needs: {history: none, latency: 5m}", "platform: live"),
    ]);
    insta::assert_snapshot!(found, @r#"
    error[MODEL0052]: no platform fits `audit`, which needs history full
      --> consumers.yaml:10:3
       |
    10 |   audit:
       |   ^^^^^
       = help: declare one (history none is kept by `style: live`, full by `style: milestoned`), or say `platform:`
    "#);
}

#[test]
fn live_platform_cannot_serve_history() {
    let found = mistakes(&[(
        "group: trial\nplatform: live\nstate: provisioned",
        "group: trial\nplatform: live\nstate: provisioned\n---\nkind: Assignment\nworkspace: reporting\ngroup: audit\nplatform: live\nstate: provisioned",
    )]);
    insta::assert_snapshot!(found, @r#"
    error[MODEL0054]: `live` is live and keeps no history
      --> consumers.yaml:35:11
       |
    35 | platform: live
       |           ^^^^
       = help: choose a platform of another style, or need less history
    "#);
}

#[test]
fn two_serving_assignments_contradict_each_other() {
    insta::assert_snapshot!(mistakes(&[("state: provisioning", "state: provisioned")]), @r#"
    error[MODEL0055]: both `live` and `history` would serve the group
      --> consumers.yaml:36:8
       |
    36 | state: provisioned
       |        ^^^^^^^^^^^
      --> consumers.yaml:30:8
       |
    30 | state: provisioned
       |        ----------- the other one
       = help: one platform serves (provisioned); a second may run beside it as provisioning or decommissioning
    "#);
    assert_eq!(codes(&[("platform: history\nstate", "platform: live\nstate")]), ["MODEL0055"]);
}

#[test]
fn latency_below_the_period_of_the_store_is_refused() {
    insta::assert_snapshot!(mistakes(&[("latency: 5m", "latency: 45s")]), @r#"
    error[MODEL0044]: `shop:customers`, `shop:orders` are read every 1m, which is too seldom for a latency of 45s
     --> consumers.yaml:8:37
      |
    8 |     needs: {history: none, latency: 45s}
      |                                     ^^^
     --> shop.yaml:7:12
      |
    7 | schedule: {every: 1m}
      |            ----- its schedule
      = help: read the store more often, or ask for less
    "#);
}

#[test]
fn one_name_that_nobody_declares_is_one_mistake_wherever_it_stands() {
    let sinks: Vec<String> = (1..=44).map(|n| format!("    - shap:orders{n}\n")).collect();
    let more = format!(
        "kind: Workspace\nname: many\nteam: finance/analytics\ngroups:\n  core:\n    \
         needs: {{history: none}}\n    sinks:\n{}",
        sinks.concat()
    );
    let files = [super::shop_with(&[]), vec![ModelFile::new("z.yaml", more)]].concat();
    let found = crate::load(&files).unwrap_err();
    assert_eq!((found.len(), found.folded().len()), (44, 1), "programs get all places");
    insta::assert_snapshot!(found, @r#"
    error[MODEL0022]: no datastore is named `shap`
      --> z.yaml:8:7
       |
     8 |     - shap:orders1
       |       ^^^^^^^^^^^^
      --> z.yaml:9:7
       |
     9 |     - shap:orders2
       |       ------------ also here
      --> z.yaml:10:7
       |
    10 |     - shap:orders3
       |       ------------ also here
      --> and 41 more places
       = help: did you mean `shop`?
    "#);
}

#[test]
fn workspace_named_as_a_platform_would_share_its_schema() {
    let consumer = "kind: Workspace\nname: live\nteam: finance/analytics";
    let found =
        crate::load(&[super::shop_with(&[]), vec![ModelFile::new("z.yaml", consumer)]].concat());
    insta::assert_snapshot!(found.unwrap_err(), @r#"
    error[MODEL0050]: platform `live` and workspace `live` would share the schema `live`
      --> z.yaml:2:7
       |
     2 | name: live
       |       ^^^^
      --> ecosystem.yaml:34:7
       |
    34 | name: live
       |       ---- the other one
       = help: rename one of the two
    "#);
}

#[test]
fn names_that_collide_after_shortening_are_refused() {
    // Eight hex digits: two names of one beginning collide after some 2^16 tries.
    let (mut seen, head) = (std::collections::HashMap::new(), "d".repeat(57));
    let (first, second) = (0..)
        .find_map(|number: u32| {
            let name = format!("{head}{number:06x}");
            let short = crate::name::physical(&["shop", &name]);
            seen.insert(short, name.clone()).map(|first| (first, name))
        })
        .unwrap();
    let dataset = |name: &str, table: &str| {
        format!(
            "kind: Dataset\nstore: shop\nname: {name}\ntable: public.{table}\nkey: [id]\ncolumns: {{id: uuid}}\n---\n"
        )
    };
    let consumer = format!(
        "kind: Workspace\nname: colliding\nteam: finance/analytics\ngroups:\n  g: {{sinks: [shop:{first}, shop:{second}]}}"
    );
    let text = dataset(&first, "a") + &dataset(&second, "b") + &consumer;
    assert_eq!(codes_with("z.yaml", &text), ["MODEL0050"]);
}

#[test]
fn readers_are_roles_that_teal_may_grant() {
    assert_eq!(codes(&[("roles: external", "roles: external\nreaders: [x, y]")]), ["MODEL0056"]);
    for role in ["pg_monitor", "public", &"r".repeat(64)] {
        assert_eq!(codes(&[("anna]", &format!("{role}]"))]), ["MODEL0057"], "{role}");
    }
}

#[test]
fn sinks_are_store_and_dataset_once() {
    let found =
        mistakes(&[("[shop:customers, crm:visits]", "[customers, crm:visits, crm:visits]")]);
    insta::assert_snapshot!(found, @r#"
    error[MODEL0051]: `customers` is not `store:dataset`
      --> consumers.yaml:22:13
       |
    22 |     sinks: [customers, crm:visits, crm:visits]
       |             ^^^^^^^^^
       = help: write `store:dataset`, such as `shop:orders`

    error[MODEL0021]: `crm:visits` is listed twice
      --> consumers.yaml:22:36
       |
    22 |     sinks: [customers, crm:visits, crm:visits]
       |                                    ^^^^^^^^^^
      --> consumers.yaml:22:24
       |
    22 |     sinks: [customers, crm:visits, crm:visits]
       |                        ---------- first listed here
       = help: rename or remove one of the two
    "#);
}
