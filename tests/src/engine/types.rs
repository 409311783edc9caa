//! Values of every type that Teal carries arrive unharmed, and each visible difference is seen.

use rand::{Rng, SeedableRng, rngs::StdRng};
use teal_activities::{merge::Layout, pg::Sql};
use teal_model::release::{DatasetSpec, Style};

use super::world::{World, dataset};
use crate::testkit::seed;

/// Type in the model, type at the source where it is written otherwise, values that look alike.
const TYPES: &[(&str, &str, &[&str])] = &[
    ("boolean", "", &["true", "false"]),
    ("smallint", "", &["-32768", "0", "32767"]),
    ("integer", "", &["-2147483648", "0", "2147483647"]),
    ("bigint", "", &["-9223372036854775808", "0", "9223372036854775807"]),
    ("real", "", &["0", "-0", "NaN", "Infinity", "-Infinity", "1e-45", "0.1"]),
    ("double", "double precision", &["0", "-0", "NaN", "Infinity", "5e-324", "0.1"]),
    ("decimal", "numeric", &["1", "1.0", "1.00", "NaN", "Infinity", "-Infinity", "1e100", "0.00"]),
    ("decimal(15,2)", "numeric(15,2)", &["0", "-9999999999999.99", "NaN"]),
    ("text", "", &["", " ", "a", "a ", "ä", "NULL", "\\N", "a\nb", "\u{1F600}"]),
    ("varchar", "", &["", "a"]),
    ("varchar(5)", "", &["", "abcde", "ab"]),
    ("char(3)", "", &["", "ab", "abc"]),
    ("binary", "bytea", &["", "\\x00", "\\x0000", "\\xff"]),
    ("date", "", &["infinity", "-infinity", "0044-03-15 BC", "5874897-12-31", "2024-02-29"]),
    ("time", "", &["00:00", "24:00:00", "23:59:59.999999"]),
    ("timestamp", "", &["infinity", "-infinity", "0044-03-15 12:00 BC", "294276-12-31 23:59:59"]),
    (
        "timestamptz",
        "",
        &["infinity", "-infinity", "0044-03-15 12:00+02 BC", "2024-03-31 02:30+01"],
    ),
    ("interval", "", &["1 mon", "30 days", "720:00", "-1 day +24:00", "0", "1 year -11 mons"]),
    ("uuid", "", &["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"]),
    ("json", "", &["{}", "{ }", "{\"a\":1,\"a\":2}", "null", "1.0", "1.00"]),
    ("jsonb", "", &["{}", "{\"a\": 1.0}", "{\"a\": 1.00}", "null", "\"\""]),
    ("native:timetz", "timetz", &["24:00:00-15:59", "00:00+00", "01:00+01"]),
    ("native:xml", "xml", &["<a/>", "<a></a>", "x"]),
    ("native:money", "money", &["-92233720368547758.08", "0"]),
    ("native:bit(3)", "bit(3)", &["000", "101"]),
    ("native:varbit", "varbit", &["", "0", "00", "1"]),
    ("native:inet", "inet", &["10.0.0.1", "10.0.0.1/8", "::1", "::ffff:10.0.0.1"]),
    ("native:cidr", "cidr", &["10.0.0.0/8", "10.0.0.0/9", "::/0"]),
    ("native:macaddr", "macaddr", &["08:00:2b:01:02:03"]),
    ("native:macaddr8", "macaddr8", &["08:00:2b:01:02:03:04:05"]),
    ("native:point", "point", &["(0,0)", "(-0,0)", "(1,Infinity)", "(NaN,1)"]),
    ("native:line", "line", &["{1,-1,0}"]),
    ("native:lseg", "lseg", &["[(0,0),(1,1)]", "[(1,1),(0,0)]"]),
    ("native:box", "box", &["(1,1),(0,0)"]),
    ("native:path", "path", &["((0,0),(1,1))", "[(0,0),(1,1)]"]),
    ("native:polygon", "polygon", &["((0,0),(1,0),(1,1))", "((1,0),(1,1),(0,0))"]),
    ("native:circle", "circle", &["<(0,0),1>", "<(0,0),0>"]),
    ("native:int4range", "int4range", &["empty", "[1,5)", "(,)", "[1,)"]),
    ("native:tsrange", "tsrange", &["[-infinity,2024-01-01 24:00]", "(,)"]),
    ("native:int8range", "int8range", &["[1,5)", "empty"]),
    ("native:numrange", "numrange", &["[1.0,2)", "[1.00,2)", "empty"]),
    ("native:daterange", "daterange", &["[-infinity,infinity]", "[2024-01-01,2024-02-01)"]),
    ("native:tstzrange", "tstzrange", &["[2024-01-01,)", "empty"]),
    ("native:int8multirange", "int8multirange", &["{}", "{[1,2),[5,9)}"]),
    ("native:int4multirange", "int4multirange", &["{}", "{(,1),[5,)}"]),
    ("native:nummultirange", "nummultirange", &["{[1.0,2),[5.00,9)}", "{[1,2),[5,9)}"]),
    ("native:datemultirange", "datemultirange", &["{(,)}", "{}"]),
    ("native:tsmultirange", "tsmultirange", &["{[2024-01-01,infinity]}"]),
    ("native:tstzmultirange", "tstzmultirange", &["{[2024-01-01,2024-01-02)}", "{}"]),
    ("native:tsvector", "tsvector", &["", "'a':1", "'a':2", "'a':1A", "'a'"]),
    // PostgreSQL itself cannot receive an empty query: such a row is refused, never changed.
    ("native:tsquery", "tsquery", &["'a' & 'b'", "'a' <-> 'b'"]),
    ("native:jsonpath", "jsonpath", &["$.a", "strict $.a"]),
    ("native:pg_lsn", "pg_lsn", &["0/0", "FFFFFFFF/FFFFFFFF"]),
    ("native:pg_snapshot", "pg_snapshot", &["10:20:10,14", "10:20:"]),
    ("native:xid8", "xid8", &["0", "18446744073709551615"]),
    ("native:oid", "oid", &["0", "4294967295"]),
    ("native:bpchar", "bpchar", &["", "a"]),
    ("native:name", "name", &["", "a"]),
    ("native:\"char\"", "\"char\"", &["", "a"]),
    ("text[]", "", &["{}", "{NULL}", "{\"NULL\"}", "{a,b}", "{{a},{b}}", "{{a,b}}", "{\"\"}"]),
    ("integer[]", "", &["{1,2}", "[0:1]={1,2}", "[-2:-1]={1,2}", "{{{1}}}", "{1}"]),
    ("decimal[]", "numeric[]", &["{1.0}", "{1.00}", "{NaN}"]),
    ("timestamptz[]", "", &["{infinity}", "{-infinity,NULL}"]),
    ("boolean[]", "", &["{{{{{{t,f,NULL}}}}}}", "{}"]),
    ("json[]", "", &["{\"{ }\",\"{}\"}", "{null,\"null\"}"]),
    ("interval[]", "", &["{1 mon,30 days}", "{30 days,1 mon}"]),
    ("binary[]", "bytea[]", &["{\"\\\\x00\",\"\"}", "{}"]),
    ("native:box[]", "box[]", &["{(1,1),(0,0);(2,2),(1,1)}"]),
    ("native:timetz[]", "timetz[]", &["{24:00:00-15:59,NULL}"]),
    ("native:bit(3)[]", "bit(3)[]", &["{000,101}"]),
    ("char(3)[]", "", &["{a,\"ab \"}"]),
    ("native:int4range[]", "int4range[]", &["{empty}", "{\"[1,2)\"}"]),
];

fn column_name(number: usize) -> String {
    format!("c{number}")
}

fn source_type(entry: &(&'static str, &'static str, &[&str])) -> &'static str {
    if entry.1.is_empty() { entry.0 } else { entry.1 }
}

/// One column per type; row n holds the n-th value of each.
fn all_types() -> DatasetSpec {
    let names: Vec<String> = (0..TYPES.len()).map(column_name).collect();
    let types: Vec<String> = TYPES.iter().map(|(neutral, _, _)| format!("{neutral}?")).collect();
    let mut columns = vec![("id", "integer")];
    columns.extend(names.iter().zip(&types).map(|(n, t)| (n.as_str(), t.as_str())));
    dataset("all_types", &["id"], &columns)
}

fn literal(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

#[tokio::test]
async fn values_of_every_type_arrive_unharmed() {
    arrive_unharmed(&World::new("values_of_every_type_arrive_unharmed").await).await;
}

/// Over servers of any version.
pub(super) async fn arrive_unharmed(world: &World) {
    let (source, merge) = (&world.bench.source, &world.bench.merge);
    let definitions: Vec<String> = TYPES
        .iter()
        .enumerate()
        .map(|(n, entry)| format!("{} {}", column_name(n), source_type(entry)))
        .collect();
    let most = TYPES.iter().map(|(_, _, values)| values.len()).max().unwrap();
    let mut statements =
        vec![format!("create table all_types (id int primary key, {})", definitions.join(", "))];
    for row in 0..=most {
        let values: Vec<String> = TYPES
            .iter()
            .map(|(_, _, values)| {
                values.get(row).map_or_else(|| "null".into(), |value| literal(value))
            })
            .collect();
        statements.push(format!("insert into all_types values ({row}, {})", values.join(", ")));
    }
    source.run(&statements.join(";")).await;
    for style in [Style::Live, Style::Milestoned] {
        let stream = world.stream(style, &[all_types()]).await;
        assert_eq!(stream.batch().await.inserted, most as u64 + 1);
        stream.forget_digests().await;
        assert_eq!(stream.batch().await.unchanged, most as u64 + 1, "compared in full");
        for (number, (neutral, _, _)) in TYPES.iter().enumerate() {
            let column = column_name(number);
            let query = |table: &str| {
                format!(
                    "select id, {column}::text, encode(record_send(row({column})), 'hex')
                         from {table} order by id"
                )
            };
            let there = merge.rows(&query(&stream.spec.datasets[0].table.to_string())).await;
            assert_eq!(source.rows(&query("all_types")).await, there, "{neutral}");
        }
    }
}

#[tokio::test]
async fn values_that_only_look_alike_are_changes() {
    let world = World::new("values_that_only_look_alike_are_changes").await;
    let (source, merge) = (&world.bench.source, &world.bench.merge);
    let mut specs = Vec::new();
    for (number, entry) in TYPES.iter().enumerate() {
        let name = format!("t{number:02}");
        let table = format!("create table {name} (id int primary key, v {})", source_type(entry));
        source.run(&format!("{table}; insert into {name} values (1, null)")).await;
        let column = format!("{}?", entry.0);
        specs.push(dataset(&name, &["id"], &[("id", "integer"), ("v", &column)]));
    }
    let stream = world.stream(Style::Live, &specs).await;
    assert_eq!(stream.batch().await.inserted, TYPES.len() as u64);
    let most = TYPES.iter().map(|(_, _, values)| values.len()).max().unwrap();
    for round in 0..most {
        let mut changed = Vec::new();
        for (number, entry) in TYPES.iter().enumerate() {
            if let Some(value) = entry.2.get(round) {
                changed.push(format!("t{number:02}"));
                source.run(&format!("update t{number:02} set v = {}", literal(value))).await;
            }
        }
        let report = stream.batch().await;
        let updated = format!(
            "select dataset from teal.batch_dataset join teal.merge_table t on t.id = merge_table_id
             where batch = {} and updated = 1 order by 1",
            report.batch
        );
        assert_eq!(merge.rows(&updated).await, changed, "value {round} of each type");
    }
    for (number, entry) in TYPES.iter().enumerate() {
        let shown = format!("select v::text from live.shop__t{number:02}");
        let last = source.rows(&format!("select v::text from t{number:02}")).await;
        assert_eq!(merge.rows(&shown).await, last, "{}", entry.0);
    }
}

/// Two values give one hash if and only if they print alike, in every pair of values of a type.
#[tokio::test]
async fn the_hash_differs_wherever_a_person_sees_a_difference() {
    let world = World::new("the_hash_differs_wherever_a_person_sees").await;
    let seed = seed();
    let mut random = StdRng::seed_from_u64(seed);
    for entry in TYPES {
        let spec = dataset("t", &[], &[("v", entry.0)]);
        let layout = Layout::of(&spec).unwrap();
        let (left, right) = (layout.hash(&[Sql::text("a.v")]), layout.hash(&[Sql::text("b.v")]));
        let source_type = source_type(entry);
        let mut values: Vec<String> = entry.2.iter().map(|value| literal(value)).collect();
        values.push("null".into());
        values.extend(random_values(entry.0, &mut random));
        let query = format!(
            "with v(v) as (select v::{source_type} from unnest(array[{}]::text[]) v)
             select coalesce(a.v::text, '-'), coalesce(b.v::text, '-'), {left} = {right}
             from v a, v b
             where ({left} = {right}) <> (a.v::text is not distinct from b.v::text)
                or ({left} <> {right}) < record_image_ne(row(a.v), row(b.v))",
            values.join(", ")
        );
        assert_eq!(
            world.bench.source.rows(&query).await,
            Vec::<String>::new(),
            "seed {seed}: {}",
            entry.0
        );
    }
}

/// Random values where a type has many that nearly collide.
fn random_values(neutral: &str, random: &mut StdRng) -> Vec<String> {
    let number = |random: &mut StdRng| {
        let digits = random.random::<u32>() % 3;
        format!("'{}.{}'", random.random::<i8>() % 3, "0".repeat(1 + digits as usize))
    };
    match neutral {
        "decimal" => (0..40).map(|_| number(random)).collect(),
        "double" | "real" => (0..40).map(|_| format!("'{}'", random.random::<f32>())).collect(),
        "interval" => (0..40)
            .map(|_| {
                let months = random.random::<u8>() % 3;
                let (days, hours) = (random.random::<u8>() % 61, random.random::<u16>() % 1441);
                format!("'{months} mon {days} days {hours}:00'")
            })
            .collect(),
        "integer[]" => (0..40)
            .map(|_| {
                let low = random.random::<i8>() % 3;
                format!("'[{low}:{low}]={{{}}}'", random.random::<u8>() % 3)
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn columns_do_not_run_into_each_other() {
    let world = World::new("columns_do_not_run_into_each_other").await;
    let spec = dataset("t", &["a"], &[("a", "text"), ("b", "text")]);
    let layout = Layout::of(&spec).unwrap();
    let hash = layout.hash(&[Sql::text("a"), Sql::text("b")]);
    let query = format!(
        "select count(distinct {hash}) from (values ('ab', 'c'), ('a', 'bc'), ('', 'abc'),
         ('abc', ''), ('abc', null), (null, 'abc'), (null, ''), ('', null)) v(a, b)"
    );
    assert_eq!(world.bench.source.number(&query).await, 8);
}

#[tokio::test]
async fn wider_types_enums_and_domains_are_carried_exactly() {
    let world = World::new("wider_types_enums_and_domains").await;
    world
        .bench
        .source
        .run(
            "create type mood as enum ('sad', 'very happy');
             create domain cents as numeric(12,2) check (value >= 0);
             create domain tiny as cents;
             create table t (id smallint primary key, m mood, ms mood[], c tiny, r real,
                 v varchar(3), n numeric(4,1), at timestamp(0));
             insert into t values (7, 'very happy', '{sad,NULL}', 1.50, 0.1, 'abc', 1.5,
                 '2024-01-01 10:00')",
        )
        .await;
    let columns = [
        ("id", "bigint"),
        ("m", "text?"),
        ("ms", "text[]?"),
        ("c", "decimal(12,2)?"),
        ("r", "double?"),
        ("v", "text?"),
        ("n", "decimal?"),
        ("at", "timestamp?"),
    ];
    let stream = world.stream(Style::Live, &[dataset("t", &["id"], &columns)]).await;
    assert_eq!(stream.batch().await.inserted, 1);
    let row = "select id, m, ms::text, c, r, v, n, at::text from live.shop__t";
    let expected = "7|very happy|{sad,NULL}|1.50|0.10000000149011612|abc|1.5|2024-01-01 10:00:00";
    assert_eq!(world.bench.merge.rows(row).await, [expected]);
}
