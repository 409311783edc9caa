//! What each batch must have seen, by the source's log, against what the merge tables say of it.
//!
//! A batch read the source in one snapshot, which its row in `teal.batch` names; a transaction of the
//! log is part of the batch's image if that snapshot sees its id. From the images of all batches
//! follows every version that a table must have, and in which batch it came and went.
//! Read first: [`faults`], [`versions`].

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, PgPool, Row as _, postgres::PgRow};

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

/// A merge table that exists: in use, or retired and kept for its history.
struct Kept {
    id: i64,
    stream: String,
    dataset: String,
    place: String,
    style: String,
}

/// What the merge tables say other than the log; empty: nothing. Also what was compared. The source
/// is at rest, and the last batch of each stream has seen all of it. A table that retired holds what
/// its own last batch saw.
pub(super) async fn faults(source: &PgPool, merge: &PgPool) -> (String, Vec<String>) {
    let mut logs: BTreeMap<String, Vec<Change>> = BTreeMap::new();
    let mut compared: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut faults = Vec::new();
    for table in tables(merge).await {
        if !logs.contains_key(&table.dataset) {
            logs.insert(table.dataset.clone(), log(source, &table.dataset).await);
        }
        let (mut wanted, strange) =
            versions(&logs[&table.dataset], &batches(merge, table.id).await);
        faults.extend(strange.into_iter().map(|fault| format!("{}: {fault}", table.place)));
        if table.style == "live" {
            wanted.retain(|version| version.to == OPEN);
        }
        faults.extend(differences(&table, &wanted, &kept(merge, &table).await));
        let (tables, count) = compared.entry(table.stream).or_default();
        (*tables, *count) = (*tables + 1, *count + wanted.len());
    }
    let seen = compared.into_iter().map(|(stream, (tables, versions))| {
        format!("{stream}: {versions} versions ({tables} tables) are those that its batches saw")
    });
    (seen.collect::<Vec<_>>().join("\n"), faults)
}

fn differences(table: &Kept, wanted: &BTreeSet<Version>, kept: &[Version]) -> Vec<String> {
    let place = &table.place;
    let told = |what: &'static str, version: &Version| format!("{place}: {what}: {version:?}");
    let found: BTreeSet<Version> = kept.iter().cloned().collect();
    let mut faults = Vec::new();
    if found.len() < kept.len() {
        faults.push(format!("{place}: {} versions are there twice", kept.len() - found.len()));
    }
    let missing = wanted.difference(&found).take(SHOWN);
    faults.extend(missing.map(|version| told("no version", version)));
    let strange = found.difference(wanted).take(SHOWN);
    faults.extend(strange.map(|version| told("no batch saw", version)));
    faults
}

async fn tables(merge: &PgPool) -> Vec<Kept> {
    let rows = sqlx::query(
        "select t.id, s.name, t.dataset, format('%I.%I', t.schema_name, t.table_name) as place, t.style
         from teal.merge_table t join teal.stream s on s.id = t.stream_id
         where t.dropped_at is null order by s.name, t.dataset, t.id",
    )
    .fetch_all(merge)
    .await
    .expect("the merge tables");
    let table = |row: &PgRow| Kept {
        id: row.get("id"),
        stream: row.get("name"),
        dataset: row.get("dataset"),
        place: row.get("place"),
        style: row.get("style"),
    };
    rows.iter().map(table).collect()
}

/// Those that read the table.
async fn batches(merge: &PgPool, table: i64) -> Vec<Batch> {
    let rows: Vec<(i32, String)> = sqlx::query_as(
        "select batch, source_snapshot from teal.batch b
         join teal.batch_dataset d using (stream_id, batch)
         where d.merge_table_id = $1 and b.status = 'committed' order by batch",
    )
    .bind(table)
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
    let change = |row: &PgRow| Change {
        xid: u64::try_from(row.get::<i64, _>("xid")).expect("it is not negative"),
        what: match (row.get::<Option<i64>, _>("id"), row.get("line")) {
            (None, _) => What::Emptied,
            (Some(key), None) => What::Gone(key),
            (Some(key), Some(line)) => What::Put(key, line),
        },
    };
    rows.iter().map(change).collect()
}

async fn kept(merge: &PgPool, Kept { place, dataset, style, .. }: &Kept) -> Vec<Version> {
    let batches = match style.as_str() {
        "live" => "teal_batch, 2147483647",
        _ => "teal_batch_in, teal_batch_out",
    };
    let columns = match dataset.as_str() {
        "people" => "id, name",
        "extra" => "id, note",
        _ => "id, amount",
    };
    let query = format!("select id, {batches}, row({columns})::text from {place}");
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
