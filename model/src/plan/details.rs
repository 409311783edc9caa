//! What steps tell about themselves: fields, loads, tables, views.

use serde::{Deserialize, Serialize};

use crate::{
    ids::StreamId,
    release::{TableName, ViewSpec},
};

/// A named value, or the change of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Such as `schedule`, `merge class`, `column customers.vip`.
    pub name: String,
    /// Before; `None`: was not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// After; `None`: is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// What a load will read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// Dataset.
    pub dataset: String,
    /// What the rows are for.
    #[serde(default, skip_serializing_if = "LoadKind::is_first")]
    pub kind: LoadKind,
    /// Whether each row will differ, as a column came that is never NULL: it gets the number of that
    /// batch, and where history is kept a new version.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rewrites: bool,
    /// Estimated rows, from the source's statistics; `None`: never analysed.
    pub rows: Option<u64>,
    /// Estimated bytes.
    pub bytes: Option<u64>,
    /// Estimated seconds, from the first loads that this merge store has seen; `None`: none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
}

/// What the rows of a load are for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadKind {
    /// A table that shows nothing yet.
    #[default]
    First,
    /// A table beside the former one, which views show until the load is committed.
    Anew,
    /// Every row is read and compared with the one in place.
    Compare,
}

impl LoadKind {
    /// For serde.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out a reference")]
    fn is_first(&self) -> bool {
        *self == Self::First
    }
}

/// What happens to a table of a retired stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFate {
    /// Which.
    pub table: TableName,
    /// Current rows.
    pub rows: u64,
    /// Days it is kept as retired; 0: dropped by this apply.
    pub kept_days: u32,
}

/// A table that a new stream continues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenTable {
    /// The stream that kept it until now.
    pub from: StreamId,
    /// The dataset, as that stream calls it.
    pub dataset: String,
    /// Where it lies.
    pub table: TableName,
    /// Current rows.
    pub rows: u64,
}

/// A table that goes to another stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedTable {
    /// The dataset, as the old stream calls it.
    pub dataset: String,
    /// Where it lies.
    pub table: TableName,
    /// Who keeps it from now on.
    pub to: StreamId,
}

/// How a view changes together with its table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewChange {
    /// Which.
    pub view: TableName,
    /// Whether it is dropped and created again (in one transaction, grants kept): queries wait for
    /// a moment, and objects of others that stand on it are in the way. Else it is replaced.
    pub recreated: bool,
    /// Whether it goes on showing what it showed until the batch that follows is committed, which
    /// loads its table or fills its new columns.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub after_load: bool,
}

/// A view that shows another table from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedView {
    /// What it shows from now on.
    pub view: ViewSpec,
    /// Until now: `<platform>/<store>`.
    pub from: String,
    /// Until now: the dataset.
    pub dataset: String,
}

/// A credential that could not be found where the plan was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingCredential {
    /// Its name in the model.
    pub name: String,
    /// Places that were looked at: names of variables or files.
    pub looked_at: String,
    /// What needs it: streams, or the merge store.
    pub needed_by: Vec<String>,
}
