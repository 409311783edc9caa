//! What a person wants of the model, in turn.
//!
//! Columns of `people` and `orders` never change, as the checkers know them; everything around them
//! does: a dataset and its streams, a workspace with its views, a schedule, which stream has which
//! table.

use rand::{
    Rng,
    distr::{Distribution, StandardUniform},
};

use crate::testkit::plant::Model;

/// What a model has that the first and the last one have not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Wish {
    /// The dataset `extra` in both stores: a table more in the streams of one, a stream more of the
    /// other.
    pub(super) extra: bool,
    /// Another workspace, with a schema and views of its own.
    pub(super) audit: bool,
    /// Batches are due half as often.
    pub(super) slower: bool,
    /// Each dataset of the first store has a stream of its own: tables go from stream to stream.
    pub(super) split: bool,
}

impl Distribution<Wish> for StandardUniform {
    fn sample<R: Rng + ?Sized>(&self, random: &mut R) -> Wish {
        Wish {
            extra: random.random(),
            audit: random.random(),
            slower: random.random(),
            split: random.random_ratio(1, 4),
        }
    }
}

impl Wish {
    /// The model that says so. Tables are emptied on purpose, so a batch may delete all rows.
    pub(super) fn model(self) -> Model {
        let extra = |store| if self.extra { format!(", {store}:extra") } else { String::new() };
        let more = if self.audit { STALL.to_owned() + AUDIT } else { STALL.to_owned() };
        Model {
            streams: if self.split { "single" } else { "multi" }.to_owned(),
            schedule: format!(
                "{{every: {}}}\nmax_delete: 100%",
                if self.slower { "2s" } else { "1s" }
            ),
            views: format!("[shop:people, shop:orders{}]", extra("shop")),
            more: more.replace("MORE", &extra("stall")),
            ..Model::default()
        }
    }
}

/// A second store of the same tables, each dataset with a stream of its own, on the milestoned
/// platform only; and the third dataset of the first store.
const STALL: &str = "\
---
kind: Datastore
name: stall
team: retail/online
source: {postgres: SOURCE, credential: source}
ingest: {snapshot: {}}
streams: single
schedule: {every: 3s}
max_delete: 100%
datasets:
DATASETS  extra:
    table: public.extra
    key: [id]
    columns:
      id: bigint
      note: {type: text, nullable: true}
---
kind: Dataset
store: shop
name: extra
table: public.extra
key: [id]
columns:
  id: bigint
  note: {type: text, nullable: true}
---
kind: Workspace
name: stalls
team: retail/online
roles: external
groups:
  past:
    needs: {history: full}
    sinks: [stall:people, stall:ordersMORE]
";

const AUDIT: &str = "\
---
kind: Workspace
name: audit
team: retail/online
roles: external
groups:
  now:
    needs: {history: none}
    sinks: [shop:people]
  past:
    needs: {history: full}
    sinks: [shop:orders, stall:people]
";
