//! Provision: schemas, merge tables, views and roles in the merge store.
//!
//! Everything here runs in a transaction of the caller and says what it did. Nothing is dropped by
//! CASCADE: what is not Teal's and stands in the way is named in an error ([`dependants`]).
//!
//! | module | holds |
//! |---|---|
//! | [`tables`] | merge tables in place: read, create, move, retire |
//! | [`alter`] | statements for a change of one table |
//! | `aside` | tables and columns that views show once they are loaded |
//! | [`views`] | views of workspaces: `sync` (reconcile), `recreate` (first load published) |
//! | [`status_view`] | `<workspace>._status` |
//! | [`roles`] | reader roles, members, grants |
//! | [`schemas`] | schemas of platforms, workspaces, staging |
//! | [`dependants`] | objects of others on ours |
//! | [`hand_over`] | tables that go from one stream to another |
//! | [`drop`](mod@drop) | retired tables, listed and dropped |
//! | [`mend`] | what somebody did to a table by hand |

pub mod alter;
pub(crate) mod aside;
pub mod dependants;
pub mod drop;
pub mod hand_over;
pub mod mend;
pub mod roles;
pub mod schemas;
pub mod status_view;
pub mod tables;
pub mod views;
