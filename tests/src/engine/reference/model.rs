//! Live and milestoned as small and obvious as they get.

use std::collections::BTreeMap;

use teal_model::release::{DatasetSpec, Style};

use crate::{
    engine::world::{Stream, dataset},
    testkit::Db,
};

/// Key and the text of the whole row, as PostgreSQL prints it.
type Image = BTreeMap<String, String>;

/// What the merge table must hold: for each key its row and batch, or its versions.
#[derive(Default)]
pub(super) struct Reference {
    source: Image,
    live: BTreeMap<String, (String, u32)>,
    versions: Vec<(String, String, u32, Option<u32>)>,
}

impl Reference {
    /// The whole of SCD1 and SCD2.
    pub(super) fn take(&mut self, batch: u32, now: Image) -> (u64, u64, u64, u64) {
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

    /// Rows of the source.
    pub(super) fn len(&self) -> u64 {
        self.source.len() as u64
    }

    /// What the merge table must hold, sorted.
    pub(super) fn rows(&self, style: Style) -> Vec<String> {
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

pub(super) fn things() -> DatasetSpec {
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

/// What the source holds.
pub(super) async fn image(source: &Db) -> Image {
    let rows = source.rows(&format!("select row(id, part)::text k, {ROW} r from things")).await;
    let split = |row: String| row.split_once(")|").map(|(k, r)| (k.to_owned(), r.to_owned()));
    rows.into_iter().filter_map(split).collect()
}

/// What the merge table holds, sorted.
pub(super) async fn kept(merge: &Db, stream: &Stream) -> Vec<String> {
    let columns = match stream.spec.style {
        Style::Live => "teal_batch",
        Style::Milestoned => "teal_batch_in, nullif(teal_batch_out, 2147483647)",
    };
    let table = &stream.spec.datasets[0].table;
    let mut rows = merge.rows(&format!("select {ROW}, {columns} from {table}")).await;
    rows.sort();
    rows
}
