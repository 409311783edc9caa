//! Mistakes in the names of fields.

use super::{codes, mistakes};

#[test]
fn unknown_field_gets_the_meant_one() {
    insta::assert_snapshot!(mistakes(&[("priority: critical", "priorty: critical")]), @r#"
    error[MODEL0007]: the field `priorty` does not exist here
     --> consumers.yaml:4:1
      |
    4 | priorty: critical
      | ^^^^^^^
      = help: did you mean `priority`?
    "#);
}

#[test]
fn unknown_field_without_a_close_one_gets_the_list() {
    insta::assert_snapshot!(mistakes(&[("percent: 50", "maximum_share: 50")]), @r#"
    error[MODEL0007]: the field `maximum_share` does not exist here
      --> crm.yaml:10:14
       |
    10 | max_delete: {maximum_share: 50, rows: 10}
       |              ^^^^^^^^^^^^^
       = help: the fields here are `percent`, `rows`
    "#);
}

/// What follows from a misspelt name is not told beside it, wherever the field is asked for.
#[test]
fn misspelt_field_is_one_mistake() {
    for (old, new, meant) in [
        ("schedule: {every: 1m}", "shedule: {every: 1m}", "schedule"),
        ("team: finance/analytics\npriority", "teem: finance/analytics\npriority", "team"),
        ("name: shop\n", "nmae: shop\n", "name"),
        ("database: shop}", "databse: shop}", "database"),
        ("ingest: {snapshot: {}}\nstreams: m", "ingst: {snapshot: {}}\nstreams: m", "ingest"),
        ("ingest: {snapshot: {}}\nstreams: multi", "ingest: {snapshto: {}}", "snapshot"),
        ("credentials: {env: {}}", "credentials: {evn: {}}", "env"),
        ("schedule: {every: 1m}", "schedule: {evry: 1m}", "every"),
        ("    table: public.unwanted", "    tabel: public.unwanted", "table"),
        ("    columns: {id: uuid}", "    colums: {id: uuid}", "columns"),
        ("key: [shop_no", "primary_key: [shop_no", "key"),
        ("order_no: {type: bigint,", "order_no: {typ: bigint,", "type"),
        ("credential: shop_reader", "credentials: shop_reader", "credential"),
        ("store: crm\nname: visits\ntable", "store: crm\nname: visits\ntabel", "table"),
        ("every: 1m}\ndatasets:", "every: 1m}\ndatsets:", "datasets"),
        ("groups:\n  all", "gruops:\n  all", "groups"),
    ] {
        let found = mistakes(&[(old, new)]);
        let told: Vec<_> = found.iter().map(|found| (found.code.id, &*found.help)).collect();
        assert_eq!(told, [("MODEL0007", &*format!("did you mean `{meant}`?"))], "{new}: {found}");
    }
}

#[test]
fn mistakes_beside_a_misspelt_field_are_told() {
    for (change, expected) in [
        // within what it holds
        (("schedule: {every: 1m}", "shedule: {every: soon}"), &["MODEL0007", "MODEL0011"][..]),
        // another field of the same mapping
        (("schedule: {every: 1m}\n", "streems: multi\n"), &["MODEL0007", "MODEL0008"]),
        (("name: shop\nteam: retail/online\n", "nmae: shop\n"), &["MODEL0007", "MODEL0008"]),
        // the one that it means is there, or only one of two can be it
        (("schedule: {every: 1m}", "schedule: {every: 1m}\nshedule: 7"), &["MODEL0007"]),
        (("database: shop}", "databse: shop, databas: 7}"), &["MODEL0007", "MODEL0007"]),
    ] {
        let mut found = codes(&[change]);
        found.sort_unstable();
        assert_eq!(found, expected, "{change:?}");
    }
}

#[test]
fn missing_field_points_at_its_document() {
    insta::assert_snapshot!(mistakes(&[("schedule: {every: 1m}\n", "")]), @r#"
    error[MODEL0008]: the field `schedule` is missing
     --> shop.yaml:1:1
      |
    1 | kind: Datastore
      | ^^^^
      = help: add `schedule:`
    "#);
}
