//! From a database that nobody prepared to a batch.

use super::start::Start;
use crate::testkit::{Db, newest_db, source_db};

/// Names and types of all kinds.
const AWKWARD: &str = r#"
create type mood as enum ('ok', 'so-so');
create domain cents as bigint check (value >= 0);
create table "Order Lines" (
  "Id" bigint generated always as identity primary key,
  "id" text not null unique,
  "Größe (cm)" numeric(12,2),
  "select" cents not null,
  mood mood, moods mood[],
  at timestamptz(3) not null default now(),
  "where from" inet,
  spare regclass,
  teal_batch int,
  twice bigint generated always as ("select" * 2) stored,
  password text);
comment on table "Order Lines" is E'All "lines":\n one per item # really';
comment on column "Order Lines"."select" is 'price: in cents';
insert into "Order Lines" (id, "select", mood) values ('a', 5, 'ok'), ('b', 7, null);
create table "order lines" (id int primary key);
create table "Sales.2024" (id uuid primary key, tags text[] not null, doc jsonb);
create table nullable_unique (a int, b int, unique (a, b));
create table unique_only (a int not null, b varchar(9) not null, c int, unique (b, a));
create table parted (id int, at date, primary key (id, at)) partition by range (at);
create table parted_2024 partition of parted for values from ('2024-01-01') to ('2025-01-01');
insert into parted values (1, '2024-02-03');
create table "日本" ("名" text primary key);
insert into "日本" values ('東京');
create view open_lines as select "Id" as id, "select" as price from "Order Lines";
create materialized view totals as select count(*) as n from "Order Lines";
create table nothing ();
create schema audit;
create table audit.log (id int primary key);
"#;

async fn awkward(test: &str, source: Db) -> Start {
    source.run(AWKWARD).await;
    Start::new(test, source).await
}

async fn discovers_and_runs(test: &str, source: Db) {
    let start = awkward(test, source).await;
    let desk = &start.desk;
    let said = start.discover(&["--store", "shop", "--workspace", "reporting"]);
    insta::allow_duplicates! {
        insta::assert_snapshot!(said, @"
        exit: 0
        ----- stdout
        create    model/stores/shop.yaml
        create    model/workspaces/reporting.yaml
        create    model/stores/shop/order_lines.yaml  public.Order Lines
        create    model/stores/shop/parted.yaml  public.parted
        create    model/stores/shop/public_order_lines.yaml  public.order lines
        create    model/stores/shop/sales_2024.yaml  public.Sales.2024
        create    model/stores/shop/t_fb52b4c8.yaml  public.日本
        create    model/stores/shop/unique_only.yaml  public.unique_only
        left out  public.nothing  it has no column that Teal carries
        left out  public.nullable_unique  no primary key, and no unique index over columns that are NOT NULL
        left out  public.open_lines  a view has no key of its own
        left out  public.totals  a materialised view has no key of its own
        left out  public.Order Lines: spare  regclass: it names an object of its own database by a number; leave the column out of the model, or read a view of the source that casts it to text
        left out  public.Order Lines: teal_batch  integer: columns of this name belong to Teal; read the table that they come from
        ----- stderr
        discovered: shop: 6 new, 4 left out; 8 files written
        hint: a table without a key becomes a dataset when model/stores/shop.yaml names one, such as `datasets: {nullable_unique: {key: [column]}}`, and discover runs again
        hint: Teal logs in by the credential `shop_reader`: put user ([user]) and password into the files [secrets]/shop_reader/username and password
        ");
    }
    insta::allow_duplicates! {
        insta::assert_snapshot!(start.file("model/stores/shop/order_lines.yaml"), @r##"
        # Written by `teal discover`; the next one writes it anew. What you add belongs
        # into the Datastore `shop`, under `datasets: {order_lines: …}`.
        kind: Dataset
        store: shop
        name: order_lines
        description: "All \"lines\":\n one per item # really"
        table: "public.Order Lines"
        key: [id_8ab38434]
        columns:
          id_8ab38434: {type: bigint, source: Id}
          id: text
          grosse_cm: {type: "decimal(12,2)", nullable: true, source: "Größe (cm)"}
          select: {type: bigint, description: "price: in cents"}  # cents
          mood: {type: text, nullable: true}  # mood
          moods: {type: "text[]", nullable: true}  # mood[]
          at: timestamptz  # timestamp(3) with time zone
          where_from: {native: inet, nullable: true, source: "where from"}
          # spare: regclass is left out: it names an object of its own database by a number; leave the column out of the model, or read a view of the source that casts it to text
          # teal_batch: integer is left out: columns of this name belong to Teal; read the table that they come from
          twice: {type: bigint, nullable: true}
          password: {type: text, nullable: true}
        "##);
    }
    let again = start.discover(&["--detailed-exitcode"]);
    assert!(again.contains("6 unchanged, 4 left out; nothing to write"), "{again}");
    assert!(again.starts_with("exit: 0\n"), "{again}");

    // Roles are those of the whole server, so this test leaves them to somebody else.
    let workspace = desk.read("model/workspaces/reporting.yaml");
    desk.write("model/workspaces/reporting.yaml", &format!("{workspace}roles: external\n"));
    let store = desk.read("model/stores/shop.yaml").replace("{every: 5m}", "external");
    desk.write(
        "model/stores/shop.yaml",
        &format!("{store}datasets:\n  open_lines: {{key: [id]}}\n"),
    );
    let keyed = start.discover(&[]);
    assert!(keyed.contains("create    model/stores/shop/open_lines.yaml"), "{keyed}");
    desk.write(
        "model/workspaces/reporting.yaml",
        &format!("{workspace}      - shop:open_lines\nroles: external\n"),
    );
    for words in
        [&["validate"][..], &["plan"], &["apply", "--local"], &["run", "live/shop", "--local"]]
    {
        let said = desk.teal(words);
        assert!(said.starts_with("exit: 0\n"), "{words:?} {said}");
    }
    let rows = desk.teal(&[
        "sql",
        "--workspace",
        "reporting",
        "select string_agg(concat_ws(':', l.id, l.\"select\", o.price, l.mood, l.twice, t.c_a9b2e6a4), \
         ' ' order by l.id) as lines
         from core__shop__order_lines l
         join core__shop__open_lines o on o.id = l.id_8ab38434
         cross join core__shop__t_fb52b4c8 t",
    ]);
    assert!(rows.contains("a:5:5:ok:10:東京 b:7:7:14:東京"), "{rows}");
}

#[tokio::test]
async fn discovered_tables_of_all_kinds_run_a_batch() {
    let test = "discovered_tables_of_all_kinds_run_a_batch";
    discovers_and_runs(test, source_db(test).await).await;
}

#[tokio::test]
async fn discovered_tables_of_the_newest_server_run_a_batch() {
    let test = "discovered_tables_of_the_newest_server_run_a_batch";
    discovers_and_runs(test, newest_db(test).await).await;
}

#[tokio::test]
async fn a_changed_source_is_shown_as_a_diff_and_then_written() {
    let test = "a_changed_source_is_shown_as_a_diff_and_then_written";
    let start = awkward(test, source_db(test).await).await;
    let desk = &start.desk;
    start.discover(&["--store", "shop", "--table", "*ines", "--table", "Sales*"]);
    start
        .source
        .run(
            "alter table \"Order Lines\" rename column password to secret;
             alter table \"order lines\" alter column id type bigint;
             create table new_lines (id int primary key);
             drop table \"Sales.2024\"",
        )
        .await;
    let shown = start.discover(&["--diff", "--detailed-exitcode"]);
    let (head, notes) = shown.split_once("----- stderr\n").unwrap();
    assert!(head.starts_with(
        "exit: 2\n----- stdout\n--- /dev/null\n+++ b/model/stores/shop/new_lines.yaml\n"
    ));
    assert!(head.contains("-  id: integer\n+  id: bigint\n"), "{head}");
    for said in ["{formerly: [password]}", "{new_lines: {formerly: [sales_2024]}}"] {
        assert!(notes.contains(said), "{notes}");
    }
    let summary =
        "discovered: shop: 1 new, 2 changed, 1 vanished, 1 left out; 3 files would change";
    assert!(notes.contains(summary), "{notes}");
    assert!(desk.read("model/stores/shop/new_lines.yaml").is_empty(), "nothing is written");
    // by the credential of the model
    let written = desk.teal(&["discover", "--store", "shop", "model/"]);
    for said in [
        "create    model/stores/shop/new_lines.yaml  public.new_lines\n",
        "column secret text is new, column password is gone\n",
        "public.order lines: column id integer → bigint\n",
        "vanished  model/stores/shop/sales_2024.yaml  public.Sales.2024 is gone; `--prune` removes",
    ] {
        assert!(written.contains(said), "{said}: {written}");
    }
    assert!(!desk.read("model/stores/shop/sales_2024.yaml").is_empty(), "it is kept until --prune");
    let pruned = desk.teal(&["discover", "--prune", "-o", "json"]);
    assert!(pruned.contains("\"change\": \"remove\""), "{pruned}");
    assert!(desk.read("model/stores/shop/sales_2024.yaml").is_empty());
}

#[tokio::test]
async fn what_cannot_be_discovered_is_refused_with_the_way_on() {
    let test = "what_cannot_be_discovered_is_refused_with_the_way_on";
    let start = awkward(test, source_db(test).await).await;
    let desk = &start.desk;
    for (said, parts) in [
        (
            start.discover(&["--schema", "adit"]),
            ["error[SOURCE0040]", "schema: adit", "there_are: audit, public"],
        ),
        (
            start.discover(&["--exclude", "*"]),
            ["error[CLI0057]", "schemas: public", "other_schemas_with_tables: audit (1)"],
        ),
        (
            desk.teal(&["discover", "--store", "shop"]),
            ["error[CLI0054]", "store: shop", "stores: none"],
        ),
        (
            desk.teal(&["discover", "postgres://me:hunter2@host:nonsense/db"]),
            ["error[CLI0053]", "problem: it is not a valid URL", "hint: write `teal discover "],
        ),
    ] {
        assert!(said.starts_with("exit: 1\n----- stdout\n\n----- stderr\n"), "{said}");
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    let place = start.source.endpoint("");
    let url = format!(
        "postgres://{}:hunter2@{}:{}/{}",
        start.source.user(),
        place.host,
        place.port,
        place.database
    );
    let refused = desk.teal(&["discover", &url]);
    for part in ["error[PG0003]", "password_from: the address", "else PGPASSWORD, else a line of"] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    assert!(!refused.contains("credential"), "the model's has no part in it: {refused}");
    desk.write("model/stores/shop.yaml", "# mine\n");
    let taken = start.discover(&["--store", "shop"]);
    assert!(taken.contains("error[CLI0056]"), "{taken}");
    assert!(desk.read("model/stores/shop/order_lines.yaml").is_empty(), "nothing is written");
    desk.write("model/team.yaml", "kind: Team\nname: company/other\n");
    let owner = start.discover(&["--store", "x"]);
    assert!(owner.contains("error[CLI0055]"), "{owner}");
    assert!(owner.contains("teams: company/data, company/other"), "{owner}");
}
