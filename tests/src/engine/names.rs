//! Names of any legal kind, and as many columns as PostgreSQL takes.

use std::collections::BTreeSet;

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use sqlx::{Column, Row};
use teal_activities::{
    pg::{Ident, Sql, literal},
    sql,
};
use teal_model::release::Style;

use super::world::{World, dataset};

#[tokio::test]
async fn hostile_and_long_names_stay_in_their_place() {
    let world = World::new("hostile_and_long_names").await;
    let (source, merge) = (&world.bench.source, &world.bench.merge);
    let (schema, table) = ("Sch \"ema\"; --", "Ta'ble \\ \"x\" \u{00e4}");
    let long = "l".repeat(63);
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let odd = "se\"lect; drop table x";
    source
        .run(&format!(
            "create schema {s}; create table {s}.{t} ({c} int primary key, {l} text, \"order\" text);
             insert into {s}.{t} values (1, 'a', 'b'), (2, null, 'c')",
            s = quoted(schema),
            t = quoted(table),
            c = quoted(odd),
            l = long,
        ))
        .await;
    let columns = [("select", "integer"), (long.as_str(), "text?"), ("order", "text")];
    let mut spec = dataset(&"d".repeat(50), &["select"], &columns);
    (spec.source.schema, spec.source.name) = (schema.into(), table.into());
    spec.columns[0].source = Some(odd.into());
    spec.table.name = "t".repeat(63);
    for style in [Style::Live, Style::Milestoned] {
        let stream = world.stream(style, &[spec.clone()]).await;
        assert_eq!(stream.batch().await.inserted, 2);
        source
            .run(&format!(
                "update {}.{} set \"order\" = \"order\" || 'x'",
                quoted(schema),
                quoted(table)
            ))
            .await;
        assert_eq!(stream.batch().await.updated, 2);
        let rows = format!("select count(*) from {}", stream.spec.datasets[0].table);
        assert_eq!(merge.number(&rows).await, if style == Style::Live { 2 } else { 4 });
    }
}

#[tokio::test]
async fn the_widest_table_is_carried() {
    let world = World::new("the_widest_table_is_carried").await;
    let names: Vec<String> = (0..1_590).map(|n| format!("c{n}")).collect();
    let columns: Vec<(&str, &str)> = names.iter().map(|n| (n.as_str(), "smallint")).collect();
    let definitions: Vec<String> = names.iter().map(|n| format!("{n} smallint not null")).collect();
    let values: Vec<String> = (0..1_590).map(|n| n.to_string()).collect();
    let values = values.join(", ");
    world
        .bench
        .source
        .run(&format!(
            "create table wide ({}); insert into wide values ({values})",
            definitions.join(", ")
        ))
        .await;
    for style in [Style::Live, Style::Milestoned] {
        let stream = world.stream(style, &[dataset("wide", &["c0"], &columns)]).await;
        assert_eq!(stream.batch().await.inserted, 1);
        world.bench.source.run("update wide set c1589 = c1589 + 1").await;
        assert_eq!(stream.batch().await.updated, 1);
    }
}

/// PostgreSQL itself says whether a quoted text is what it was before, and one thing only.
#[tokio::test]
async fn quoted_names_and_texts_are_what_the_server_reads() {
    let world = World::new("quoted_names_and_texts").await;
    let mut random = StdRng::seed_from_u64(20_261_127);
    let signs: Vec<char> =
        "\"\"''\\;$-/*%{}() \n\t\r\u{7f}\u{a0}\u{2028}aEe\u{e4}\u{1F600}".chars().collect();
    let mut text = |most: usize| -> String {
        let length = random.random_range(1..=most);
        (0..length).map(|_| *signs.choose(&mut random).unwrap()).collect()
    };
    for _ in 0..40 {
        let texts: Vec<String> = (0..20).map(|_| text(60)).collect();
        let names: BTreeSet<String> = (0..10).map(|_| text(15)).collect(); // of at most 60 bytes
        let literals = Sql::join(texts.iter().map(|text| literal(text)), ", ");
        let found: Vec<String> =
            sqlx::query_scalar(sql!("select unnest(array[{literals}])", literals))
                .fetch_all(&world.bench.merge.pool)
                .await
                .unwrap();
        assert_eq!(found, texts);
        let columns = names.iter().map(|name| sql!("1 as {name}", name = Ident::new(name)));
        let query = sql!("select {columns}", columns = Sql::join(columns, ", "));
        let row = sqlx::query(query).fetch_one(&world.bench.merge.pool).await.unwrap();
        let read: Vec<&str> = row.columns().iter().map(Column::name).collect();
        assert_eq!(read, names.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

/// Names of the longest kind that differ in their last bytes only; their tables differ by a hash.
#[tokio::test]
async fn names_that_collide_when_shortened_stay_apart() {
    let world = World::new("names_that_collide_when_shortened_stay_apart").await;
    let (source, merge) = (&world.bench.source, &world.bench.merge);
    // 21 signs of three bytes each: 63 bytes, the last sign differs.
    let table = |last: char| format!("{}{last}", "\u{8868}".repeat(20));
    let columns =
        [format!("{}\u{1F600}\u{c4}", "\u{e4}".repeat(28)), "SELECT".to_owned(), " ".to_owned()];
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let mut specs = Vec::new();
    for (number, last) in ['\u{4e00}', '\u{4e8c}'].into_iter().enumerate() {
        let [long, keyword, space] = columns.each_ref().map(|name| quoted(name));
        source
            .run(&format!(
                "create table {t} ({long} int primary key, {keyword} text, {space} text);
                 insert into {t} values ({number}, 'a', null)",
                t = quoted(&table(last)),
            ))
            .await;
        let name = format!("{}_{number}", "d".repeat(61));
        let model = [("id", "integer"), ("keyword", "text?"), ("space", "text?")];
        let mut spec = dataset(&name, &["id"], &model);
        spec.source.name = table(last);
        for (column, at_source) in spec.columns.iter_mut().zip(&columns) {
            column.source = Some(at_source.clone());
        }
        spec.table.name = teal_model::name::physical(&["shop", &name]);
        assert_eq!(spec.table.name.len(), 63);
        specs.push(spec);
    }
    for style in [Style::Live, Style::Milestoned] {
        let stream = world.stream(style, &specs).await;
        assert_eq!(stream.batch().await.inserted, 2);
        for (number, dataset) in stream.spec.datasets.iter().enumerate() {
            let rows = format!("select id, keyword, space from {}", dataset.table);
            assert_eq!(merge.rows(&rows).await, [format!("{number}|a|-")]);
        }
    }
}
