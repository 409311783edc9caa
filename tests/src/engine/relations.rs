//! What may be a source: every kind of relation that holds rows, and columns that compute themselves.

use teal_model::release::{DatasetSpec, Style};

use super::world::{World, dataset};
use crate::testkit::{Bench, merge_db, newest_db};

const NAMES: [&str; 7] =
    ["empty", "foreign_one", "generated", "parent", "parted", "shown", "unlogged"];

fn specs() -> Vec<DatasetSpec> {
    let of = |name: &&str| match *name {
        "generated" => {
            let columns =
                [("id", "integer"), ("v", "text?"), ("stored", "integer?"), ("virtual", "text?")];
            dataset(name, &["id"], &columns)
        }
        name => dataset(name, &["id"], &[("id", "integer"), ("v", "text?")]),
    };
    NAMES.iter().map(of).collect()
}

#[tokio::test]
async fn every_relation_that_holds_rows_is_read_as_the_source_shows_it() {
    let test = "every_relation_that_holds_rows_is_read";
    let bench = Bench::over(newest_db(test).await, merge_db(test).await);
    let world = World::over(bench).await;
    let (source, merge) = (&world.bench.source, &world.bench.merge);
    let (endpoint, password) = (source.endpoint("source"), source.password().unwrap_or_default());
    source
        .run(&format!(
            "create table generated (id int generated always as identity primary key, v text,
               stored int generated always as (length(v)) stored,
               virtual text generated always as (upper(v)) virtual);
             insert into generated (v) values ('a'), ('bcd'), (null);
             create table parent (id int primary key, v text);
             create table child (more int) inherits (parent);
             insert into parent values (1, 'p'); insert into child values (2, 'c', 3);
             create table parted (id int primary key, v text) partition by hash (id);
             create table parted_0 partition of parted for values with (modulus 2, remainder 0);
             create table parted_1 partition of parted for values with (modulus 2, remainder 1);
             insert into parted select n, 'v' || n from generate_series(1, 9) n;
             create unlogged table unlogged (id int primary key, v text);
             insert into unlogged values (1, 'u');
             create table empty (id int primary key, v text);
             create view shown with (security_barrier) as select id, v from parted where id > 5;
             create extension postgres_fdw;
             create server loop foreign data wrapper postgres_fdw
               options (host '{}', port '{}', dbname '{}');
             create user mapping for current_user server loop
               options (user '{}', password '{password}');
             create foreign table foreign_one (id int, v text) server loop
               options (table_name 'parent')",
            endpoint.host,
            endpoint.port,
            endpoint.database,
            source.user(),
        ))
        .await;
    for style in [Style::Live, Style::Milestoned] {
        let stream = world.stream(style, &specs()).await;
        stream.batch().await;
        for (dataset, name) in stream.spec.datasets.iter().zip(NAMES) {
            let columns = if name == "generated" { "id, v, stored, virtual" } else { "id, v" };
            let here = source.rows(&format!("select {columns} from {name} order by id")).await;
            let query = format!("select {columns} from {} order by id", dataset.table);
            assert_eq!(merge.rows(&query).await, here, "{name}");
            assert_eq!(here.is_empty(), name == "empty");
        }
        source.run("update child set v = v || 'x'; update generated set v = v || 'y'").await;
        assert_eq!(stream.batch().await.updated, 2 + 2, "child twice, two that have a value");
    }
}

#[tokio::test]
async fn a_key_that_heirs_of_a_table_repeat_is_refused() {
    let world = World::new("a_key_that_heirs_of_a_table_repeat").await;
    world
        .bench
        .source
        .run(
            "create table parent (id int primary key, v text);
             create table child () inherits (parent);
             insert into parent values (1, 'p'); insert into child values (1, 'c')",
        )
        .await;
    let spec = dataset("parent", &["id"], &[("id", "integer"), ("v", "text?")]);
    let stream = world.stream(Style::Live, &[spec]).await;
    let ingested = stream.ingest().await.unwrap();
    assert_eq!(stream.merge(&ingested).await.unwrap_err().code().id, "MERGE0001");
}
