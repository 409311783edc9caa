//! The model of a plant.

/// What differs from model to model.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    /// Of Temporal.
    pub(crate) namespace: String,
    /// Of people, after `id`.
    pub(crate) columns: String,
    /// One for the store, or one for each dataset.
    pub(crate) streams: String,
    pub(crate) schedule: String,
    /// What the workspace wants of the store.
    pub(crate) views: String,
    /// What current rows are wanted from: `needs: {history: none}`, or a platform by its name.
    pub(crate) core: String,
    /// Further documents.
    pub(crate) more: String,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            namespace: "default".to_owned(),
            columns: "name: text".to_owned(),
            streams: "multi".to_owned(),
            schedule: "external".to_owned(),
            views: "[shop:people, shop:orders]".to_owned(),
            core: "needs: {history: none}".to_owned(),
            more: String::new(),
        }
    }
}

/// After the preamble. Roles are those of the whole server, so they are left to somebody else.
pub(super) const MODEL: &str = "\
kind: Platform
name: NAME
services: NAME
style: live
---
kind: Platform
name: NAME_h
services: NAME
style: milestoned
---
kind: Datastore
name: shop
team: retail/online
source: {postgres: SOURCE, credential: source}
ingest: {snapshot: {}}
streams: STREAMS
schedule: SCHEDULE
datasets:
DATASETS---
kind: Workspace
name: reporting
team: retail/online
roles: external
groups:
  core:
    CORE
    sinks: VIEWS
  past:
    needs: {history: full}
    sinks: VIEWS
";

/// The two tables of the source, in place of `DATASETS` in any Datastore.
pub(super) const DATASETS: &str = "\
\x20 people:
    table: public.people
    key: [id]
    columns:
      id: bigint
      COLUMNS
  orders:
    table: public.orders
    key: [id]
    columns:
      id: bigint
      amount: {type: 'decimal(12,2)', nullable: true}
";
