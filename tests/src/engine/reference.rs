//! Random changes at a source, batch by batch, against a small reference of live and milestoned.

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use teal_model::release::{DatasetSpec, Style};
use teal_proto::v1::MergeReport;

use super::world::{Stream, World, dataset};
use crate::testkit::Db;

/// Key and the text of the whole row, as PostgreSQL prints it.
type Image = BTreeMap<String, String>;

/// What the merge table must hold: for each key its row and batch, or its versions.
#[derive(Default)]
struct Reference {
    source: Image,
    live: BTreeMap<String, (String, u32)>,
    versions: Vec<(String, String, u32, Option<u32>)>,
}

impl Reference {
    /// The whole of SCD1 and SCD2.
    fn take(&mut self, batch: u32, now: Image) -> (u64, u64, u64, u64) {
        let before = std::mem::replace(&mut self.source, now);
        let (mut inserted, mut updated, mut deleted, mut unchanged) = (0, 0, 0, 0);
        for (key, row) in &self.source {
            match before.get(key) {
                Some(old) if old == row => {
                    unchanged += 1;
                    continue;
                }
                Some(_) => updated += 1,
                None => inserted += 1,
            }
            self.live.insert(key.clone(), (row.clone(), batch));
        }
        for key in before.keys().filter(|key| !self.source.contains_key(*key)) {
            deleted += 1;
            self.live.remove(key);
        }
        for (key, row, _, out) in self.versions.iter_mut().filter(|version| version.3.is_none()) {
            if self.source.get(key) != Some(row) {
                *out = Some(batch - 1);
            }
        }
        for (key, (row, _)) in self.live.iter().filter(|(_, (_, changed))| *changed == batch) {
            self.versions.push((key.clone(), row.clone(), batch, None));
        }
        (inserted, updated, deleted, unchanged)
    }

    fn rows(&self, style: Style) -> Vec<String> {
        let open = |out: &Option<u32>| out.map_or_else(|| "-".to_owned(), |out| out.to_string());
        let mut rows: Vec<String> = match style {
            Style::Live => self.live.values().map(|(row, b)| format!("{row}|{b}")).collect(),
            Style::Milestoned => self
                .versions
                .iter()
                .map(|(_, row, b, o)| format!("{row}|{b}|{}", open(o)))
                .collect(),
        };
        rows.sort();
        rows
    }
}

const THINGS: &str = "create table things (id integer, part text, amount numeric, note text,
    doc json, tags integer[], span interval, primary key (id, part))";

fn things() -> DatasetSpec {
    dataset(
        "things",
        &["id", "part"],
        &[
            ("id", "integer"),
            ("part", "text"),
            ("amount", "decimal?"),
            ("note", "text?"),
            ("doc", "json?"),
            ("tags", "integer[]?"),
            ("span", "interval?"),
        ],
    )
}

const ROW: &str = "row(id, part, amount, note, doc, tags, span)::text";

async fn image(source: &Db) -> Image {
    let rows = source.rows(&format!("select row(id, part)::text k, {ROW} r from things")).await;
    let split = |row: String| row.split_once(")|").map(|(k, r)| (k.to_owned(), r.to_owned()));
    rows.into_iter().filter_map(split).collect()
}

async fn kept(merge: &Db, stream: &Stream) -> Vec<String> {
    let columns = match stream.spec.style {
        Style::Live => "teal_batch",
        Style::Milestoned => "teal_batch_in, nullif(teal_batch_out, 2147483647)",
    };
    let table = &stream.spec.datasets[0].table;
    let mut rows = merge.rows(&format!("select {ROW}, {columns} from {table}")).await;
    rows.sort();
    rows
}

/// Statements that change some of the things: values that look equal and are not, values that come
/// back, NULL and empty, large values that are stored out of line, keys that change.
fn changes(random: &mut StdRng, most: u32) -> String {
    let amounts = ["1", "1.0", "1.00", "-0.0", "null", "1e10", "'NaN'"];
    let notes = ["''", "null", "'a'", "'a '", "repeat(md5(random()::text), 400)", "'ü''\"'"];
    let docs = ["'{}'", "'{ }'", "null", "'{\"a\":1.0}'", "'{\"a\":1.00}'"];
    let tags = ["'{1}'", "'{{1}}'", "'[0:0]={1}'", "'{}'", "null", "'{null}'"];
    let spans = ["'1 mon'", "'30 days'", "'720:00'", "null"];
    let mut pick = |values: &[&str]| (*values.choose(random).unwrap()).to_owned();
    let values = format!(
        "{}, {}, {}, {}, {}",
        pick(&amounts),
        pick(&notes),
        pick(&docs),
        pick(&tags),
        pick(&spans)
    );
    let mut statements = Vec::new();
    for _ in 0..random.random_range(0..4) {
        let (id, some) = (random.random_range(0..4_000), random.random_range(1..=most));
        statements.push(match random.random_range(0..7) {
            0 => format!(
                "insert into things select g, '', {values} from generate_series({id}, {id} + {some}) g
                 on conflict do nothing"
            ),
            1 => format!(
                "update things set (amount, note, doc, tags, span) = row({values})
                 where id between {id} and {id} + {some}"
            ),
            2 => format!("update things set note = note where id between {id} and {id} + {some}"),
            3 => format!("delete from things where id between {id} and {id} + {some}"),
            4 => format!(
                "update things t set part = part || 'x' where id between {id} and {id} + {some}
                 and not exists (select from things o where (o.id, o.part) = (t.id, t.part || 'x'))"
            ),
            5 => format!(
                "update things t set id = -id where id = {id}
                 and not exists (select from things o where (o.id, o.part) = (-t.id, t.part))"
            ),
            _ => format!("update things set amount = amount + 0.00 where id % 97 = {some} % 97"),
        });
    }
    statements.join(";\n")
}

/// Of every run, so that nobody's change fails by chance; `TEAL_TEST_SEED` is another one, or
/// `random` looks further.
const SEED: u64 = 20_261_127;

async fn follow(test: &str, style: Style, rounds: u32) {
    let seed = match std::env::var("TEAL_TEST_SEED").as_deref() {
        Ok("random") => rand::random(),
        Ok(given) => given.parse().expect("TEAL_TEST_SEED is a number or `random`"),
        Err(_) => SEED,
    };
    println!("TEAL_TEST_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let world = World::new(test).await;
    let source = &world.bench.source;
    source.run(THINGS).await;
    let start = "insert into things select g, '', g, 'n' || g, '{}', array[g], '1 day'
                 from generate_series(1, 3000) g";
    source.run(start).await;
    let by_bucket = world.stream_on("by_bucket", style, &[things()]).await;
    let in_full = world.stream_on("in_full", style, &[things()]).await;
    let (mut reference, mut pulled_in_part) = (Reference::default(), 0);
    for batch in 1..=rounds {
        let most = if batch % 7 == 0 { 3_000 } else { 12 };
        source.run(&changes(&mut random, most)).await;
        let expected = reference.take(batch, image(source).await);
        in_full.forget_digests().await;
        for stream in [&by_bucket, &in_full] {
            let ingested = stream.ingest().await.unwrap();
            if ingested.rows > 0 && ingested.rows < reference.source.len() as u64 {
                pulled_in_part += 1;
            }
            let mut order = stream.order(&ingested);
            order.accept_deletes = true;
            let report = stream.merge_order(&order).await.unwrap();
            let about = format!("seed {seed}, batch {batch} of {}", stream.spec.id);
            assert_eq!(counts(&report), expected, "counts: {about}");
            let kept = kept(&world.bench.merge, stream).await;
            assert!(kept == reference.rows(style), "rows: {about}");
        }
    }
    assert!(pulled_in_part > 0, "no batch was pulled in part: seed {seed}");
}

fn counts(report: &MergeReport) -> (u64, u64, u64, u64) {
    (report.inserted, report.updated, report.deleted, report.unchanged)
}

#[tokio::test]
async fn live_follows_random_changes_as_the_reference_does() {
    follow("live_follows_random_changes", Style::Live, 24).await;
}

#[tokio::test]
async fn milestoned_follows_random_changes_as_the_reference_does() {
    follow("milestoned_follows_random_changes", Style::Milestoned, 24).await;
}
