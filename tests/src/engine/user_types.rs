//! Types of users and of extensions: their values arrive as the text that PostgreSQL prints.

use teal_model::release::Style;

use super::world::{World, dataset};
use crate::testkit::{Bench, merge_db, newest_db};

/// Name, type of the column, values.
const COLUMNS: &[(&str, &str, &[&str])] = &[
    ("mood", "mood", &["sad", "very happy"]),
    ("moods", "mood[]", &["{sad,NULL}", "{{sad},{\"very happy\"}}"]),
    ("place", "place", &["(\"1 \"\"Main\"\" St, A\",\"{1.0,1.00}\",)", "(,,\"(0.1,1e-300)\")"]),
    ("places", "place[]", &["{\"(a,{},)\",NULL}", "{}"]),
    ("nested", "nested", &["(\"(a,{1},)\",sad)", "(,)"]),
    ("home", "home", &["(b,{},)", "(,,)"]),
    ("span", "span", &["[0.1,0.2)", "empty"]),
    ("spans", "spans", &["{[0.1,0.2),[5,)}", "{}"]),
    ("cents", "cents[]", &["{1.50,NULL}", "{0.00}"]),
    ("tags", "tags", &["{a,\"b c\"}", "{}"]),
    ("tag_lists", "tags[]", &["{\"{a,\\\"b c\\\"}\",NULL}", "{}"]),
    ("email", "citext", &["Ada@Example.org", ""]),
    ("props", "hstore", &["a=>1, \"b c\"=>NULL", ""]),
];

const TYPES: &str = "create extension citext; create extension hstore;
    create type mood as enum ('sad', 'very happy');
    create type place as (street text, sizes numeric[], at point);
    create type nested as (place place, mood mood);
    create domain home as place;
    create domain cents as numeric(12,2) check (value >= 0);
    create domain tags as text[];
    create type span as range (subtype = float8, multirange_type_name = spans);";

#[tokio::test]
async fn values_of_user_and_extension_types_arrive_as_postgresql_prints_them() {
    for newest in [false, true] {
        let test = "values_of_user_and_extension_types_arrive_as_printed";
        let world = match newest {
            false => World::new(test).await,
            true => World::over(Bench::over(newest_db(test).await, merge_db(test).await)).await,
        };
        let (source, merge) = (&world.bench.source, &world.bench.merge);
        let columns: Vec<String> =
            COLUMNS.iter().map(|(name, of_type, _)| format!("{name} {of_type}")).collect();
        source
            .run(&format!("{TYPES} create table t (id int primary key, {})", columns.join(", ")))
            .await;
        for row in 0..3 {
            let value = |(_, _, values): &(&str, &str, &[&str])| match values.get(row) {
                Some(value) => format!("'{value}'"),
                None => "null".to_owned(),
            };
            let values: Vec<String> = COLUMNS.iter().map(value).collect();
            source.run(&format!("insert into t values ({row}, {})", values.join(", "))).await;
        }
        let is_array = |of_type: &str| of_type.ends_with("[]") || of_type == "tags";
        let carried = |(name, of_type, _): &(&'static str, &'static str, &[&str])| {
            let word = match (*of_type, is_array(of_type)) {
                ("cents[]", _) => "decimal(12,2)[]?",
                (_, true) => "text[]?",
                (_, false) => "text?",
            };
            (*name, word)
        };
        let mut model = vec![("id", "integer")];
        model.extend(COLUMNS.iter().map(carried));
        for style in [Style::Live, Style::Milestoned] {
            let stream = world.stream(style, &[dataset("t", &["id"], &model)]).await;
            assert_eq!(stream.batch().await.inserted, 3);
            stream.forget_digests().await;
            assert_eq!(stream.batch().await.unchanged, 3);
            for (name, of_type, _) in COLUMNS {
                let printed = match (*of_type, is_array(of_type)) {
                    (_, false) | ("cents[]", _) => format!("select id, {name}::text from"),
                    (_, true) => format!("select id, {name}::text[]::text from"),
                };
                let here = source.rows(&format!("{printed} t order by id")).await;
                let table = &stream.spec.datasets[0].table;
                let there = merge.rows(&format!("{printed} {table} order by id")).await;
                assert_eq!(here, there, "{name} of type {of_type}");
            }
        }
        source.run("update t set place = row('a', '{1.00}', null) where id = 0").await;
        source.run("update t set props = 'a=>2' where id = 1").await;
        let stream = world.stream_on("again", Style::Live, &[dataset("t", &["id"], &model)]).await;
        stream.batch().await;
        source.run("update t set place = row('a', '{1.0}', null) where id = 0").await;
        assert_eq!(stream.batch().await.updated, 1, "a difference that only the text shows");
    }
}

#[tokio::test]
async fn a_user_type_by_another_name_is_drift_that_says_what_to_write() {
    let world = World::new("a_user_type_by_another_name_is_drift").await;
    let source = &world.bench.source;
    source.run(&format!("{TYPES} create table t (id int primary key, v hstore, p place[])")).await;
    let columns = [("id", "integer"), ("v", "jsonb?"), ("p", "text?")];
    let stream = world.stream(Style::Live, &[dataset("t", &["id"], &columns)]).await;
    let error = stream.ingest().await.unwrap_err();
    assert_eq!(error.code().id, "SOURCE0010");
    let text = error.one_line();
    assert!(text.contains("column v is hstore, the model says jsonb"), "{text}");
    assert!(text.contains("column p is place[], the model says text"), "{text}");
    let help = "let `teal discover --store shop` take the type over, or say `datasets: {t: {columns: \
                {v: {type: text}}}}` in the Datastore `shop`: hstore is a type of the extension hstore, \
                carried as the text that PostgreSQL prints";
    assert_eq!(error.help(), help);
}

#[tokio::test]
async fn texts_of_user_types_do_not_follow_settings_of_the_source() {
    let world = World::new("texts_of_user_types_do_not_follow_settings").await;
    let source = &world.bench.source;
    source
        .run(
            "create type bag as (span interval, raw bytea, at timestamptz, day date, n float8);
             create table t (id int primary key, v bag);
             insert into t values (1, row('1 day', '\\x00ff', '2024-01-01 00:00Z', '2024-12-31', 0.1));
             do $$ begin
               execute format('alter database %I set intervalstyle = iso_8601', current_database());
               execute format('alter database %I set bytea_output = escape', current_database());
               execute format('alter database %I set timezone = \'\'Asia/Tokyo\'\'', current_database());
               execute format('alter database %I set datestyle = \'\'SQL, DMY\'\'', current_database());
               execute format('alter database %I set extra_float_digits = -5', current_database());
             end $$",
        )
        .await;
    let columns = [("id", "integer"), ("v", "text?")];
    let stream = world.stream(Style::Live, &[dataset("t", &["id"], &columns)]).await;
    assert_eq!(stream.batch().await.inserted, 1);
    let printed = "(\"1 day\",\"\\\\x00ff\",\"2024-01-01 00:00:00+00\",2024-12-31,0.1)";
    assert_eq!(world.bench.merge.rows("select v from live.shop__t").await, [printed]);
}
