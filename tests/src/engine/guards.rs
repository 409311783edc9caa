//! What a batch refuses: drift of the source, broken data, disasters.

use teal_model::{Error, release::Style};

use super::world::{Stream, World, dataset};

async fn one_table(test: &str, definition: &str) -> (World, Stream) {
    let world = World::new(test).await;
    world.bench.source.run(definition).await;
    let columns = [("id", "integer"), ("v", "varchar(10)?"), ("n", "bigint")];
    let stream = world.stream(Style::Live, &[dataset("t", &["id"], &columns)]).await;
    (world, stream)
}

async fn refused(stream: &Stream) -> Error {
    match stream.ingest().await {
        Err(error) => error,
        Ok(ingested) => stream.merge(&ingested).await.unwrap_err(),
    }
}

#[tokio::test]
async fn drift_names_each_difference_and_heals() {
    let test = "drift_names_each_difference_and_heals";
    let (world, stream) =
        one_table(test, "create table t (id int primary key, v varchar(20), x int)").await;
    let error = refused(&stream).await;
    assert_eq!(error.code().id, "SOURCE0010");
    let text = error.one_line();
    assert!(text.contains("dataset: t"), "{text}");
    let differences = "column v is character varying(20), the model says character varying(10); \
                       column n is missing";
    assert!(text.contains(differences), "{text}");
    world.bench.source.run("alter table t alter v type varchar(9), add n smallint").await;
    world.bench.source.run("insert into t values (1, 'a', 0, 32767)").await;
    assert_eq!(stream.batch().await.inserted, 1); // narrower types fit; `x` is not of the model
    assert_eq!(world.bench.merge.rows("select id, v, n from live.shop__t").await, ["1|a|32767"]);
}

#[tokio::test]
async fn a_change_that_the_collation_of_a_column_hides_is_seen() {
    let test = "a_change_that_the_collation_of_a_column_hides_is_seen";
    let definition = "create collation blind
            (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        create table t (id int primary key, v varchar(10) collate blind, n bigint not null);
        insert into t values (1, 'abc', 1)";
    let (world, stream) = one_table(test, definition).await;
    assert_eq!(stream.batch().await.inserted, 1);
    world.bench.source.run("update t set v = 'ABC'").await;
    assert_eq!(stream.batch().await.updated, 1);
    assert_eq!(world.bench.merge.rows("select v from live.shop__t").await, ["ABC"]);
}

#[tokio::test]
async fn a_table_that_is_gone_or_hidden_is_named() {
    let (world, stream) = one_table("a_table_that_is_gone_or_hidden_is_named", "select 1").await;
    let error = refused(&stream).await;
    assert_eq!(error.code().id, "SOURCE0011");
    assert!(error.one_line().contains("public.t"), "{error:?}");
    let role = format!("reader_{}", std::process::id());
    world
        .bench
        .source
        .run(&format!(
            "create table t (id int primary key, v varchar(10), n bigint not null);
             alter table t enable row level security;
             create policy few on t using (id < 3);
             create role {role} login password 'few'; grant select on t to {role}"
        ))
        .await;
    world.bench.credentials.set("source", &role, Some("few"));
    let error = refused(&stream).await;
    world.bench.source.run(&format!("drop owned by {role}; drop role {role}")).await;
    assert_eq!(error.code().id, "SOURCE0012", "{error:?}");
}

#[tokio::test]
async fn row_security_that_is_switched_on_later_deletes_nothing() {
    let role = format!("secured_{}", std::process::id());
    let definition = format!(
        "create table t (id int primary key, v varchar(10), n bigint not null);
         insert into t select g, 'v', g from generate_series(1, 5) g;
         create role {role} login password 'few'; grant select on t to {role}"
    );
    let (world, stream) = one_table("row_security_that_is_switched_on_later", &definition).await;
    let source = &world.bench.source;
    world.bench.credentials.set("source", &role, Some("few"));
    assert_eq!(stream.batch().await.inserted, 5);
    let secured = "alter table t enable row level security;
                   create policy few on t using (id < 3); update t set n = 7 where id = 1";
    source.run(secured).await;
    let error = refused(&stream).await;
    assert_eq!(error.code().id, "SOURCE0012", "{error:?}");
    let count = "select count(*) from live.shop__t";
    assert_eq!(world.bench.merge.rows(count).await, ["5"]);
    source.run("alter table t disable row level security").await;
    let report = stream.batch().await;
    assert_eq!((report.updated, report.deleted), (1, 0));
    source.run(&format!("drop owned by {role}; drop role {role}")).await;
}

#[tokio::test]
async fn null_where_the_model_says_none_names_the_column() {
    let definition = "create table t (id int, v varchar(10), n bigint); insert into t values (1)";
    let (world, stream) = one_table("null_where_the_model_says_none", definition).await;
    let error = refused(&stream).await;
    assert_eq!(error.code().id, "STAGE0001");
    assert!(error.one_line().contains("column: n"), "{error:?}");
    world.bench.source.run("update t set n = 1, id = null").await;
    assert!(refused(&stream).await.one_line().contains("column: id"));
}

#[tokio::test]
async fn a_bad_row_early_in_a_large_table_ends_the_copy_soon() {
    let world = World::new("a_bad_row_early_in_a_large_table").await;
    // Each further row takes its time; all of them would take minutes.
    world
        .bench
        .source
        .run(
            "create view t as select 1 as id, null::text as v
             union all select g, repeat('x', 20000) || pg_sleep(0.005)
             from generate_series(2, 50000) g",
        )
        .await;
    let spec = dataset("t", &["id"], &[("id", "integer"), ("v", "text")]);
    let stream = world.stream(Style::Live, &[spec]).await;
    let started = std::time::Instant::now();
    assert_eq!(refused(&stream).await.code().id, "STAGE0001");
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[tokio::test]
async fn one_key_twice_is_refused_in_a_first_load_and_in_a_refresh() {
    let definition = "create table t (id int, v varchar(10), n bigint);
                      insert into t values (1, 'a', 1), (1, 'b', 1)";
    let (world, stream) = one_table("one_key_twice_is_refused", definition).await;
    let source = &world.bench.source;
    let error = refused(&stream).await;
    assert_eq!(error.code().id, "MERGE0001");
    stream.abandon().await;
    source.run("update t set id = 2 where v = 'b'").await;
    assert_eq!(stream.batch().await.inserted, 2);
    source.run("insert into t values (2, 'c', 1)").await;
    let error = refused(&stream).await;
    assert_eq!(error.code().id, "MERGE0001");
    let text = error.one_line();
    assert!(text.contains("dataset: t") && text.contains("key: id"), "{text}");
    stream.abandon().await;
    source.run("delete from t where v = 'b'").await;
    assert_eq!(stream.batch().await.updated, 1);
}

#[tokio::test]
async fn a_batch_that_would_delete_too_much_parks_until_it_is_accepted() {
    let definition = "create table t (id int primary key, v varchar(10), n bigint);
                      insert into t select g, 'a', g from generate_series(1, 3000) g";
    let (world, stream) = one_table("a_batch_that_would_delete_too_much", definition).await;
    let (source, merge) = (&world.bench.source, &world.bench.merge);
    assert_eq!(stream.batch().await.inserted, 3_000);
    source.run("delete from t where id > 2100").await; // 30 %, but few rows
    assert_eq!(stream.batch().await.deleted, 900);
    for disaster in ["update t set id = id + 10000", "truncate t"] {
        source.run(disaster).await;
        let error = refused(&stream).await;
        assert_eq!(error.code().id, "MERGE0002", "{disaster}");
        let text = error.one_line();
        assert!(text.contains("rows_to_delete: 2100, rows: 2100"), "{text}");
        stream.abandon().await;
        assert_eq!(merge.number("select count(*) from live.shop__t where id < 2200").await, 2_100);
    }
    let ingested = stream.ingest().await.unwrap();
    let mut order = stream.order(&ingested);
    order.accept_deletes = true;
    assert_eq!(stream.merge_order(&order).await.unwrap().deleted, 2_100);
    assert_eq!(merge.number("select count(*) from live.shop__t").await, 0);
    assert_eq!(merge.number("select rows from teal.merge_table").await, 0);
}
