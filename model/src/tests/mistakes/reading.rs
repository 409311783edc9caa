//! Mistakes of writing.

use super::{codes, codes_with, mistakes};
use crate::{ModelFile, load};

#[test]
fn broken_yaml_shows_the_place_and_reads_the_other_documents() {
    let changes = [("needs: {history: full}", "needs: {history: full"), ("slots: 8", "slots: 0")];
    insta::assert_snapshot!(mistakes(&changes), @r#"
    error[MODEL0001]: not valid YAML: while parsing a flow mapping, did not find expected ',' or '}'
      --> consumers.yaml:12:10
       |
    12 |     sinks: ["shop:orders"]
       |          ^
      --> consumers.yaml:11:12
       |
    11 |     needs: {history: full
       |            - this is not closed
       = help: close the bracket, or put a comma between its entries

    error[MODEL0009]: `0` is not a whole number from 1 to 4294967295
      --> ecosystem.yaml:29:88
       |
    29 |   medium: {requests: {cpu: 500m, memory: 1Gi}, limits: {cpu: "2", memory: 2Gi}, slots: 0}
       |                                                                                        ^
       = help: write digits, without quotes
    "#);
}

#[test]
fn field_written_twice_shows_both_places() {
    insta::assert_snapshot!(mistakes(&[("schedule: {every: 1m}", "schedule: {every: 1m}\nschedule: external")]), @r#"
    error[MODEL0002]: `schedule` is written twice
     --> shop.yaml:8:1
      |
    8 | schedule: external
      | ^^^^^^^^
     --> shop.yaml:7:1
      |
    7 | schedule: {every: 1m}
      | -------- first written here
      = help: keep one of the two
    "#);
}

#[test]
fn unknown_kind_gets_the_meant_one_and_hides_no_other_mistake() {
    let found = mistakes(&[
        ("kind: Platform\nname: history", "kind: Plattform\nname: history"),
        ("slots: 8", "slots: many"),
    ]);
    insta::assert_snapshot!(found, @r#"
    error[MODEL0009]: `many` is not a whole number from 1 to 4294967295
      --> ecosystem.yaml:29:88
       |
    29 |   medium: {requests: {cpu: 500m, memory: 1Gi}, limits: {cpu: "2", memory: 2Gi}, slots: many}
       |                                                                                        ^^^^
       = help: write digits, without quotes

    error[MODEL0006]: the kind `Plattform` does not exist
      --> ecosystem.yaml:38:7
       |
    38 | kind: Plattform
       |       ^^^^^^^^^
       = help: did you mean `Platform`?
    "#);
}

#[test]
fn wrong_shapes_say_what_is_expected() {
    let found = mistakes(&[
        ("key: [at, contact]", "key: at"),
        ("vip: {type: boolean, nullable: true}", "vip: {type: boolean, nullable: yes}"),
        ("ingest: {snapshot: {}}\nstreams: multi", "ingest: snapshot\nstreams: multi"),
    ]);
    insta::assert_snapshot!(found, @r#"
    error[MODEL0009]: expected a list, such as [a, b], found a single value
      --> crm.datasets.yaml:15:6
       |
    15 | key: at
       |      ^^
       = help: write a list, such as [a, b]

    error[MODEL0009]: expected a way of ingestion, such as `{snapshot: {}}`, found a single value
     --> shop.yaml:5:9
      |
    5 | ingest: snapshot
      |         ^^^^^^^^
      = help: write a way of ingestion, such as `{snapshot: {}}`

    error[MODEL0009]: `yes` is not true or false
      --> shop.yaml:15:38
       |
    15 |       vip: {type: boolean, nullable: yes}
       |                                      ^^^
       = help: write true or false, without quotes
    "#);
}

#[test]
fn what_is_planned_is_refused_by_name() {
    let found = mistakes(&[
        ("style: milestoned", "style: current_history"),
        (
            "ingest: {snapshot: {}}\nstreams: multi",
            "ingest: {watermark: {column: at}}\nstreams: multi",
        ),
        ("roles: external", "transformer: {output: masked_shop, trigger: on_input}"),
    ]);
    insta::assert_snapshot!(found, @r#"
    error[MODEL0016]: `transformer` is not built yet: workspaces read views for now
      --> consumers.yaml:18:1
       |
    18 | transformer: {output: masked_shop, trigger: on_input}
       | ^^^^^^^^^^^
       = help: leave it out for now

    error[MODEL0014]: the style `current_history` is not built yet
      --> ecosystem.yaml:42:8
       |
    42 | style: current_history
       |        ^^^^^^^^^^^^^^^
       = help: use `style: live` (latest rows) or `style: milestoned` (all versions)

    error[MODEL0015]: ingestion by `watermark` is not built yet
     --> shop.yaml:5:10
      |
    5 | ingest: {watermark: {column: at}}
      |          ^^^^^^^^^
      = help: use `ingest: {snapshot: {}}`, which reads changes of any PostgreSQL table
    "#);
}

#[test]
fn secrets_are_refused_and_never_shown() {
    let found = mistakes(&[(
        "{host: localhost, port: 5432, database: merge}",
        "{host: localhost, password: hunter2, prot: 5432, database: merge}",
    )]);
    insta::assert_snapshot!(found, @r#"
    error[MODEL0013]: `password` would put a secret into the model
      --> ecosystem.yaml:22:31
       |
    22 |   postgres: {host: localhost, password:…
       |                               ^^^^^^^^
       = help: remove it, change it where it is valid, and name it by `credential:`; workers look it up in the place that `credentials:` of the PlatformServices names

    error[MODEL0007]: the field `prot` does not exist here
      --> ecosystem.yaml:22:50
       |
    22 |   postgres: {host: localhost, password:…
       |
       = help: did you mean `port`?
    "#);
    let json = serde_json::to_string(&found).unwrap();
    assert!(!json.contains("hunter2"), "{json}");
}

#[test]
fn schedules_say_what_is_wrong_with_them() {
    let found = mistakes(&[
        ("\"*/5  * * * *\", timezone: Europe/Zurich", "\"*/5 25 * * *\", timezone: Zurich"),
        ("    schedule: {every: 30s}", "    schedule: {every: 30 seconds}"),
        ("schedule: {every: 1m}", "schedule: {every: 1m, timezone: UTC}"),
    ]);
    insta::assert_snapshot!(found, @r#"
    error[MODEL0040]: `*/5 25 * * *` cannot be used: value must be in range 0..=23; found 25
     --> crm.yaml:8:18
      |
    8 | schedule: {cron: "*/5 25 * * *", timezone: Zurich}
      |                  ^^^^^^^^^^^^^^
      = help: write five fields: minute hour day-of-month month day-of-week, such as `*/5 * * * *`

    error[MODEL0041]: the time zone `Zurich` does not exist
     --> crm.yaml:8:44
      |
    8 | schedule: {cron: "*/5 25 * * *", timezone: Zurich}
      |                                            ^^^^^^
      = help: use an IANA name, such as `Europe/Zurich` or `UTC`

    error[MODEL0011]: `30 seconds` is not a duration
      --> crm.yaml:15:23
       |
    15 |     schedule: {every: 30 seconds}
       |                       ^^^^^^^^^^
       = help: write a number and a unit: 30s, 5m, 2h, 1d or together 1h30m

    error[MODEL0009]: `timezone` belongs to `cron`; a period has no time zone
     --> shop.yaml:7:12
      |
    7 | schedule: {every: 1m, timezone: UTC}
      |            ^^^^^
      = help: write `{every: 5m}`, `{cron: "*/5 * * * *"}` or `external`
    "#);
}

#[test]
fn cron_that_never_comes_is_refused() {
    let found = mistakes(&[("\"*/5  * * * *\"", "\"0 0 30 2 *\"")]);
    insta::assert_snapshot!(found, @r#"
    error[MODEL0040]: `0 0 30 2 *` cannot be used: that does not come within four years
     --> crm.yaml:8:18
      |
    8 | schedule: {cron: "0 0 30 2 *", timezone: Europe/Zurich}
      |                  ^^^^^^^^^^^^
      = help: write five fields: minute hour day-of-month month day-of-week, such as `*/5 * * * *`
    "#);
    assert!(load(&super::shop_with(&[("\"*/5  * * * *\"", "\"0 0 29 2 *\"")])).is_ok());
}

#[test]
fn yaml_1_2_words_are_texts() {
    let norway = "kind: Zone\nname: no\n---\nkind: Zone\nname: on\n---\n# nothing\n---\nnull\n";
    let mut files = super::shop_with(&[]);
    files.push(ModelFile::new("zones.yml", norway));
    load(&files).unwrap();
    assert_eq!(
        codes_with("a.yaml", "kind: Zone\nname: x\nrepository: {<<: {url: y}}"),
        ["MODEL0007", "MODEL0008"]
    );
}

#[test]
fn aliases_are_read_within_a_document() {
    let with_alias = super::shop_with(&[(
        "id: uuid\n  email: text",
        "id: &id uuid\n  email: text\n  other: *id",
    )]);
    load(&with_alias).unwrap();
    assert_eq!(codes(&[("email: text", "email: *nobody")]), ["MODEL0001"]);
    assert_eq!(
        codes(&[("columns: {id: uuid}", "columns: &c {id: uuid, other: *c}")]),
        ["MODEL0004"]
    );
}

#[test]
fn what_may_stand_in_a_broken_document_is_not_called_missing() {
    let broken = codes(&[("store: crm\nname: contacts", "store: crm\n  name: contacts")]);
    assert_eq!(broken, ["MODEL0001"]);
    let broken = codes(&[("kind: Team\nname: retail/online", "kind: Team\n  name: retail/online")]);
    assert_eq!(broken, ["MODEL0001"]);
}

/// What people type, and the advice that they get, wherever the mistake stands.
#[test]
fn common_slips_get_advice_of_their_own() {
    for (old, new, code, help) in [
        ("  customers:\n", "\tcustomers:\n", "MODEL0001", "indent this line by spaces"),
        ("streams: multi", "streams multi", "MODEL0001", "write `field: value`"),
        ("description: a shop and", "description: a shop: and", "MODEL0001", "stands in quotes"),
        ("vip: {type", "vip:{type", "MODEL0001", "the `:` of a field is followed by a blank"),
        (
            "branch: main}",
            "branch: \"main}",
            "MODEL0001",
            "close the quote that begins at the mark",
        ),
        ("    key: [shop_no", "   key: [shop_no", "MODEL0001", "exactly as those beside it"),
        ("\"*/5  * * * *\"", "*/5 * * * *", "MODEL0001", "stands in quotes: \"*/5 * * * *\""),
        ("schedule: {every: 1m}", "schedule: 5m", "MODEL0009", "did you mean `{every: 5m}`?"),
        ("schedule: {every: 1m}", "schedule: every 5m", "MODEL0009", "mean `{every: 5m}`?"),
        ("schedule: {every: 1m}", "schedule: 5 1 * * *", "MODEL0009", "{cron: \"5 1 * * *\"}"),
        ("key: [shop_no", "primary_key: [shop_no", "MODEL0007", "did you mean `key`?"),
        ("hints: {ingest: medium}", "hints: medium", "MODEL0009", "a mapping of `ingest`, `merge`"),
        ("id: bigint", "id: [bigint]", "MODEL0009", "a column type, such as bigint"),
        ("sinks: [\"shop:orders\"]", "sinks: [shop: orders]", "MODEL0009", "a blank behind"),
        (
            "team: retail/online\nsource: {postgres: {host: l",
            "team: online\nsource: {postgres: {host: l",
            "MODEL0022",
            "did you mean `retail/online`?",
        ),
    ] {
        let found = mistakes(&[(old, new)]);
        let first = found.iter().find(|found| found.code.id == code);
        let first = first.unwrap_or_else(|| panic!("{new}: {found}"));
        assert!(first.help.contains(help), "{new}: {}", first.help);
    }
    let quoted = mistakes(&[("port: 5433", "port: \"5433\"")]);
    assert!(quoted.to_string().contains("the number 5433 stands in quotes"), "{quoted}");
    let alias = mistakes(&[("\"*/5  * * * *\"", "*/5 * * * *")]);
    assert_eq!(alias.len(), 1, "{alias}");
}

#[test]
fn a_forgotten_separator_is_one_mistake() {
    let change = ("---\nkind: Platform\nname: live", "\nkind: Platform\nname: live");
    insta::assert_snapshot!(mistakes(&[change]), @r#"
    error[MODEL0002]: `kind` is written twice
      --> ecosystem.yaml:33:1
       |
    33 | kind: Platform
       | ^^^^
      --> ecosystem.yaml:19:1
       |
    19 | kind: PlatformServices
       | ---- first written here
       = help: separate two documents by a line `---`

    error[MODEL0007]: the field `services` does not exist here
      --> ecosystem.yaml:35:1
       |
    35 | services: main
       | ^^^^^^^^
       = help: the fields here are `kind`, `name`, `description`, `merge`, `temporal`, `credentials`, `classes`, `defaults`

    error[MODEL0007]: the field `style` does not exist here
      --> ecosystem.yaml:36:1
       |
    36 | style: live
       | ^^^^^
       = help: the fields here are `kind`, `name`, `description`, `merge`, `temporal`, `credentials`, `classes`, `defaults`
    "#);
}

#[test]
fn a_url_is_no_host_and_its_password_is_not_shown() {
    let host = |text: &str| mistakes(&[("host: localhost, port: 5433", text)]);
    let secret = host("host: \"postgres://shop:hunter2@db/shop\", port: 5433");
    let shown = secret.to_string();
    assert!(shown.contains("error[MODEL0013]: `host` is a URL that puts a secret"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
    let plain = host("host: \"postgres://db/shop\", port: 5433").to_string();
    assert!(plain.contains("write its parts: `{host: …, port: …, database: …}`"), "{plain}");
}
