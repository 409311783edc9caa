//! Mistakes of datasets.

use super::{codes, codes_with, mistakes};
use crate::{ModelFile, load, tests::shop_with};

#[test]
fn nullable_key_column_shows_both_places() {
    let found = mistakes(&[("shop_no: smallint", "shop_no: {type: smallint, nullable: true}")]);
    insta::assert_snapshot!(found, @r#"
    error[MODEL0032]: the key column `shop_no` may be NULL
      --> shop.yaml:18:11
       |
    18 |     key: [shop_no, order_no]
       |           ^^^^^^^
      --> shop.yaml:21:43
       |
    21 |       shop_no: {type: smallint, nullable: true}
       |                                           ---- it says so here
       = help: remove `nullable: true` where the source never has NULL there, or choose another key
    "#);
}

#[test]
fn key_by_its_name_at_the_source_gets_that_of_the_model() {
    let found = mistakes(&[("key: [shop_no, order_no]", "key: [shop_no, \"Order No\"]")]);
    insta::assert_snapshot!(found, @r#"
    error[MODEL0031]: `orders` has no column `Order No`
      --> shop.yaml:18:20
       |
    18 |     key: [shop_no, "Order No"]
       |                    ^^^^^^^^^^
       = help: did you mean `order_no`?
    "#);
}

#[test]
fn foreign_types_get_those_of_the_model() {
    let found = mistakes(&[
        ("name: {type: varchar(80),", "name: {type: character varying(80),"),
        ("total: decimal(15,2)", "total: \"numeric(15,2)\""),
        ("  contact: uuid", "  contact: int8"),
        ("  at: timestamptz", "  at: decimal(2000)"),
    ]);
    let lines = found.iter().map(|found| format!("{}: {}", found.message, found.help));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    `int8` is not a column type: did you mean `bigint`?
    `decimal(2000)` needs 1 to 1000 digits, -1000 to 1000 of them after the point: correct the numbers, or leave them out where there is no limit
    `character varying(80)` is not a column type: did you mean `varchar(80)`?
    `numeric(15,2)` is not a column type: did you mean `decimal(15,2)`?
    "#);
}

#[test]
fn reserved_columns_are_refused() {
    assert_eq!(codes(&[("vip: {type", "teal_vip: {type")]), ["MODEL0036"]);
    assert_eq!(codes(&[("vip: {type", "ctid: {type")]), ["MODEL0036"]);
    assert_eq!(codes(&[("source: \"Order No\"", "source: teal_batch")]), ["MODEL0037"]);
    assert_eq!(codes(&[("vip: {type", "Vip: {type")]), ["MODEL0020"]);
}

#[test]
fn dataset_is_written_in_one_place_and_laid_over_in_another() {
    let twice = "kind: Dataset\nstore: shop\nname: orders\ntable: public.orders";
    assert_eq!(codes_with("z.yaml", twice), ["MODEL0021"]);
    let machine = "kind: Dataset\nstore: crm\nname: visits\ntable: crm.visits";
    assert_eq!(codes_with("z.yaml", machine), ["MODEL0021"]);
    assert_eq!(
        codes(&[("store: crm\nname: visits", "store: cmr\nname: visits")]),
        ["MODEL0022"; 2]
    );
}

#[test]
fn incomplete_datasets_say_what_is_missing() {
    assert_eq!(codes(&[("    table: public.unwanted\n", "")]), ["MODEL0035"]);
    assert_eq!(codes(&[("    columns: {id: uuid}\n", "")]), ["MODEL0035"]);
    assert_eq!(
        codes(&[("columns: {id: uuid}", "columns: {id: {nullable: false}}")]),
        ["MODEL0008"]
    );
    assert_eq!(codes(&[("{native: inet,", "{native: inet, type: text,")]), ["MODEL0009"]);
}

#[test]
fn schedule_of_a_shared_stream_is_refused() {
    let found = mistakes(&[(
        "table: public.unwanted",
        "table: public.unwanted\n    schedule: external\n    hints: {merge: large}",
    )]);
    insta::assert_snapshot!(found, @r#"
    error[MODEL0043]: `schedule` of a dataset whose stream is that of all of `shop`
      --> shop.yaml:27:15
       |
    27 |     schedule: external
       |               ^^^^^^^^
       = help: all datasets of a `streams: multi` store share one: write it at the store, or make the store `streams: single`

    error[MODEL0043]: `hints` of a dataset whose stream is that of all of `shop`
      --> shop.yaml:28:13
       |
    28 |     hints: {merge: large}
       |             ^^^^^
       = help: all datasets of a `streams: multi` store share one: write it at the store, or make the store `streams: single`
    "#);
}

/// What to do about the mistakes of a file that `teal discover` wrote, with these lines in it.
fn helped(key: &str, columns: &str) -> Vec<String> {
    let mut files = shop_with(&[]);
    let text = format!(
        "# Written by `teal discover`; the next one writes it anew\nkind: Dataset\nstore: shop\n\
         name: notes\ntable: public.notes\n{key}columns:\n  {columns}\n"
    );
    files.push(ModelFile::new("shop/notes.yaml", text));
    let found = load(&files).expect_err("a mistake");
    found.iter().map(|found| format!("{}: {}", found.code.id, found.help)).collect()
}

#[test]
fn mistakes_in_files_of_discover_are_mended_in_the_datastore() {
    assert_eq!(
        helped("", "id: bigint"),
        [
            "MODEL0030: say `datasets: {notes: {key: [column, …]}}` in the Datastore `shop`: the columns \
          that identify a row at the source"
        ]
    );
    assert_eq!(
        helped("key: [id]\n", "id: {type: bigint, nullable: true}"),
        [
            "MODEL0032: say `datasets: {notes: {columns: {id: {nullable: false}}}}` in the Datastore \
          `shop` where the source never has NULL there, or another key: `datasets: {notes: {key: \
          [column, …]}}`"
        ]
    );
    assert_eq!(
        helped("key: [doc]\n", "doc: json"),
        [
            "MODEL0034: say `datasets: {notes: {key: [column, …]}}` in the Datastore `shop` of another \
          type; json knows no equality (jsonb does)"
        ]
    );
    assert_eq!(
        helped("key: [number]\n", "text: text"),
        ["MODEL0031: say `datasets: {notes: {key: [column, …]}}` in the Datastore `shop`"]
    );
    assert_eq!(helped("key: [id]\n", "").len(), 1);
    assert!(
        helped("key: [id]\n", "")[0].contains("let `teal discover --store shop` write the file")
    );
}
