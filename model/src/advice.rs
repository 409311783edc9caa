//! Advice: where a person writes what is to count for a dataset.
//!
//! `teal discover` owns the files of the datasets that it describes and writes them anew; what a
//! person says stands in the Datastore, where it counts whoever described the dataset.

use crate::yaml::emit::{Within, scalar};

/// What the Datastore says of a dataset: `` `datasets: {orders: {key: [id]}}` ``.
pub fn entry(dataset: &str, said: &str) -> String {
    format!("`datasets: {{{dataset}: {{{said}}}}}`")
}

/// The same with the place: `` `datasets: {orders: {key: [id]}}` in the Datastore `shop` ``.
pub fn of_dataset(store: &str, dataset: &str, said: &str) -> String {
    format!("{} in the Datastore `{store}`", entry(dataset, said))
}

/// What the Datastore says of a column.
pub fn column_entry(dataset: &str, column: &str, said: &str) -> String {
    entry(dataset, &format!("columns: {{{}: {{{said}}}}}", value(column)))
}

/// The same with the place.
pub fn of_column(store: &str, dataset: &str, column: &str, said: &str) -> String {
    format!("{} in the Datastore `{store}`", column_entry(dataset, column, said))
}

/// A text as it stands between braces.
pub fn value(text: &str) -> String {
    scalar(text, Within::Flow)
}

/// `` `teal discover --store shop` ``, which writes what it owns as the source is now.
pub fn discover(store: &str) -> String {
    format!("`teal discover --store {store}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_advised_can_be_pasted() {
        assert_eq!(
            of_column("shop", "orders", "total", &format!("source: {}", value("Grand: Total"))),
            "`datasets: {orders: {columns: {total: {source: \"Grand: Total\"}}}}` in the Datastore `shop`"
        );
        assert_eq!(entry("orders", "key: [id]"), "`datasets: {orders: {key: [id]}}`");
    }
}
