//! What each batch must have seen, by the source's log, against what the merge tables say of it.
//!
//! A batch read the source in one snapshot, which its row in `teal.batch` names; a transaction of the
//! log is part of the batch's image if that snapshot sees its id. From the images of all batches
//! follows every version that a table must have, and in which batch it came and went.
//! Read first: [`faults`], [`versions`].

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, PgPool, Row as _};

/// `teal_batch_out` of a version that is current.
const OPEN: i32 = i32::MAX;
/// Faults of one kind that are told.
const SHOWN: usize = 5;

/// One line of the log, or a table's truncation.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) xid: u64,
    pub(super) what: What,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    Put(i64, String),
    Gone(i64),
    Emptied,
}

/// Which transactions a statement sees: `xmin:xmax:xip,…`, as PostgreSQL prints it.
#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    low: u64,
    high: u64,
    open: BTreeSet<u64>,
}

impl Snapshot {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let (low, high) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let open = parts.next()?.split(',').filter(|id| !id.is_empty());
        Some(Self { low, high, open: open.map(str::parse).collect::<Result<_, _>>().ok()? })
    }

    /// As `pg_visible_in_snapshot`, of a transaction that was committed.
    pub(super) fn sees(&self, xid: u64) -> bool {
        xid < self.low || (xid < self.high && !self.open.contains(&xid))
    }
}

/// A committed batch and what it saw.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    pub(super) number: i32,
    pub(super) snapshot: Snapshot,
}

/// A row with the first and the last batch of its validity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    pub(super) key: i64,
    pub(super) from: i32,
    pub(super) to: i32,
    pub(super) line: String,
}

/// All versions that a table must have, in the order of keys, and what is wrong with the order of
/// the batches themselves. `log`: in the order of `seq`; `batches`: in the order of their numbers.
pub(super) fn versions(log: &[Change], batches: &[Batch]) -> (BTreeSet<Version>, Vec<String>) {
    // places in the log, by transaction
    let mut waiting: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (place, change) in log.iter().enumerate() {
        waiting.entry(change.xid).or_default().push(place);
    }
    let mut seen: BTreeSet<u64> = BTreeSet::new();
    // what is in the image, and since which batch
    let mut image: BTreeMap<i64, (String, i32)> = BTreeMap::new();
    let (mut all, mut faults) = (BTreeSet::new(), Vec::new());
    for Batch { number, snapshot } in batches {
        if let Some(lost) = seen.range(snapshot.low..).find(|xid| !snapshot.sees(**xid)) {
            faults.push(format!("batch {number} read an older image: not transaction {lost}"));
        }
        let known: Vec<u64> = waiting
            .range(..snapshot.high)
            .map(|(xid, _)| *xid)
            .filter(|xid| snapshot.sees(*xid))
            .collect();
        let mut places: Vec<usize> =
            known.iter().filter_map(|xid| waiting.remove(xid)).flatten().collect();
        places.sort_unstable();
        seen.extend(known);
        let new: Vec<&Change> = places.into_iter().filter_map(|place| log.get(place)).collect();
        let next = replayed(&image, &new);
        for (key, line) in next {
            let was = image.get(&key).map(|(line, _since)| line);
            if was == line.as_ref() {
                continue;
            }
            if let Some((line, from)) = image.remove(&key) {
                all.insert(Version { key, from, to: number - 1, line });
            }
            if let Some(line) = line {
                image.insert(key, (line, *number));
            }
        }
    }
    let current = image.into_iter();
    all.extend(current.map(|(key, (line, from))| Version { key, from, to: OPEN, line }));
    (all, faults)
}

/// The keys that these changes touch, and the row that each has afterwards.
fn replayed(
    image: &BTreeMap<i64, (String, i32)>,
    changes: &[&Change],
) -> BTreeMap<i64, Option<String>> {
    let mut next: BTreeMap<i64, Option<String>> = BTreeMap::new();
    for change in changes {
        match &change.what {
            What::Put(key, line) => drop(next.insert(*key, Some(line.clone()))),
            What::Gone(key) => drop(next.insert(*key, None)),
            What::Emptied => {
                next.values_mut().for_each(|line| *line = None);
                next.extend(image.keys().map(|key| (*key, None)));
            }
        }
    }
    next
}

/// What the merge tables of a stream say other than the log; empty: nothing. Also how many versions
/// were compared. The source is at rest, and the last batch has seen all of it.
pub(super) async fn faults(source: &PgPool, merge: &PgPool, stream: &str) -> (usize, Vec<String>) {
    let tables: Vec<(String, String, String)> = sqlx::query_as(
        "select t.dataset, format('%I.%I', t.schema_name, t.table_name), t.style
         from teal.merge_table t join teal.stream s on s.id = t.stream_id
         where s.name = $1 and t.retired_at is null order by t.dataset",
    )
    .bind(stream)
    .fetch_all(merge)
    .await
    .expect("the merge tables");
    let batches = batches(merge, stream).await;
    let (mut compared, mut faults) = (0, Vec::new());
    for (dataset, table, style) in tables {
        let (mut wanted, strange) = versions(&log(source, &dataset).await, &batches);
        faults.extend(strange.into_iter().map(|fault| format!("{stream}: {fault}")));
        if style == "live" {
            wanted.retain(|version| version.to == OPEN);
        }
        let kept = kept(merge, &table, &style).await;
        let found: BTreeSet<Version> = kept.iter().cloned().collect();
        compared += wanted.len();
        let told = |what: &'static str, version: &Version| format!("{table}: {what}: {version:?}");
        if found.len() < kept.len() {
            faults.push(format!("{table}: {} versions are there twice", kept.len() - found.len()));
        }
        let missing = wanted.difference(&found).take(SHOWN);
        faults.extend(missing.map(|version| told("no version", version)));
        let strange = found.difference(&wanted).take(SHOWN);
        faults.extend(strange.map(|version| told("no batch saw", version)));
    }
    (compared, faults)
}

async fn batches(merge: &PgPool, stream: &str) -> Vec<Batch> {
    let rows: Vec<(i32, String)> = sqlx::query_as(
        "select b.batch, b.source_snapshot from teal.batch b join teal.stream s on s.id = b.stream_id
         where s.name = $1 and b.status = 'committed' order by b.batch",
    )
    .bind(stream)
    .fetch_all(merge)
    .await
    .expect("the batches, each with its snapshot");
    let batch = |(number, text): (i32, String)| Batch {
        number,
        snapshot: Snapshot::parse(&text).expect("a snapshot"),
    };
    rows.into_iter().map(batch).collect()
}

async fn log(source: &PgPool, dataset: &str) -> Vec<Change> {
    let rows = sqlx::query(
        "select xid::text::bigint as xid, id, line from log where tab = $1 order by seq",
    )
    .bind(dataset)
    .fetch_all(source)
    .await
    .expect("the log");
    let change = |row: &sqlx::postgres::PgRow| Change {
        xid: u64::try_from(row.get::<i64, _>("xid")).expect("it is not negative"),
        what: match (row.get::<Option<i64>, _>("id"), row.get("line")) {
            (None, _) => What::Emptied,
            (Some(key), None) => What::Gone(key),
            (Some(key), Some(line)) => What::Put(key, line),
        },
    };
    rows.iter().map(change).collect()
}

async fn kept(merge: &PgPool, table: &str, style: &str) -> Vec<Version> {
    let place = match style {
        "live" => "teal_batch, 2147483647",
        _ => "teal_batch_in, teal_batch_out",
    };
    let columns = if table.ends_with("people") { "id, name" } else { "id, amount" };
    let query = format!("select id, {place}, row({columns})::text from {table}");
    let rows: Vec<(i64, i32, i32, String)> =
        sqlx::query_as(AssertSqlSafe(query)).fetch_all(merge).await.expect("the versions");
    let version = |(key, from, to, line)| Version { key, from, to, line };
    rows.into_iter().map(version).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::source_db;

    fn put(xid: u64, key: i64, line: &str) -> Change {
        Change { xid, what: What::Put(key, line.to_owned()) }
    }

    fn shown(log: &[Change], batches: &[(i32, &str)]) -> Vec<String> {
        let batch = |(number, text): &(i32, &str)| Batch {
            number: *number,
            snapshot: Snapshot::parse(text).unwrap(),
        };
        let batches: Vec<Batch> = batches.iter().map(batch).collect();
        let (versions, faults) = versions(log, &batches);
        let told =
            versions.into_iter().map(|v| format!("{} {} {}-{}", v.key, v.line, v.from, v.to));
        told.chain(faults).collect()
    }

    #[test]
    fn versions_follow_from_what_each_snapshot_sees() {
        let log = [
            put(10, 1, "a"),
            put(11, 2, "b"),
            put(12, 1, "c"),
            Change { xid: 13, what: What::Gone(2) },
            put(13, 3, "d"),
            Change { xid: 15, what: What::Emptied },
            put(15, 3, "d"),
        ];
        // transaction 12 is committed after 13; a batch that was given up leaves no trace
        let batches = [(1, "12:12:"), (2, "12:14:12"), (4, "14:14:"), (5, "16:16:")];
        let wanted = ["1 a 1-3", "1 c 4-4", "2 b 1-1", "3 d 2-2147483647"];
        assert_eq!(shown(&log, &batches), wanted);
    }

    #[test]
    fn an_image_from_before_the_last_one_is_told() {
        let told = shown(&[put(10, 1, "a")], &[(1, "11:11:"), (2, "10:10:")]);
        assert_eq!(told, ["1 a 1-2147483647", "batch 2 read an older image: not transaction 10"]);
    }

    #[tokio::test]
    async fn snapshots_see_what_postgresql_says() {
        let source = source_db("snapshots_see_what_postgresql_says").await;
        for text in ["10:10:", "10:20:", "10:20:10,12,19", "3:40:3"] {
            let snapshot = Snapshot::parse(text).unwrap();
            let sees: Vec<String> = source
                .rows(&format!(
                    "select x from generate_series(1, 50) x
                     where pg_visible_in_snapshot(x::text::xid8, '{text}')"
                ))
                .await;
            let ours: Vec<String> =
                (1..=50).filter(|xid| snapshot.sees(*xid)).map(|xid| xid.to_string()).collect();
            assert_eq!(ours, sees, "{text}");
        }
    }
}
