//! Statements that create merge tables and their key. Also what `teal plan` prints.
//!
//! | style | columns after the dataset's own | key |
//! |---|---|---|
//! | live | `teal_batch`, `teal_hash` | primary key on the dataset's key |
//! | milestoned | `teal_batch_in`, `teal_batch_out`, `teal_hash` | unique (key, `teal_batch_in`) |

use teal_model::{
    Result,
    release::{DatasetSpec, Style, TableName},
};

use crate::{
    merge::Layout,
    pg::{Ident, Sql, sql},
};

/// Share of each page that inserts fill. The rest lets an update, or the close of a version, stay on
/// its page (HOT), so that it touches no index: measured as a fifth off the time of a merge.
const FILLFACTOR: i32 = 85;

/// Longest name that PostgreSQL keeps (NAMEDATALEN − 1).
const NAME_BYTES: usize = 63;

/// Creates an empty merge table with its key.
///
/// # Errors
/// `PG0010` for a native type that Teal does not carry.
pub fn create_table(dataset: &DatasetSpec, style: Style) -> Result<Vec<Sql>> {
    let layout = Layout::of(dataset)?;
    let (table, key) = (Ident::from(&dataset.table), Ident::new(&key_name(&dataset.table)));
    let index = create_key(&layout, style, &table, &key);
    Ok(vec![create_columns(&layout, style, &table), index])
}

/// The key of a merge table: a constraint, or the unique index on key and batch.
pub(crate) fn create_key(layout: &Layout, style: Style, table: &Ident, key: &Ident) -> Sql {
    match style {
        Style::Live => {
            let columns = layout.key_list();
            sql!(
                "alter table {table} add constraint {key} primary key ({columns})",
                table,
                key,
                columns
            )
        }
        Style::Milestoned => create_key_index(layout, style, table, key),
    }
}

/// Creates `table` with the columns of a merge table and without its key: for the load that fills it
/// first and indexes it then.
pub(crate) fn create_columns(layout: &Layout, style: Style, table: &Ident) -> Sql {
    let (columns, system) = (layout.definitions(), system_definitions(style));
    sql!(
        "create table {table} ({columns}, {system}) with (fillfactor = {fill})",
        table,
        columns,
        system,
        fill = FILLFACTOR,
    )
}

/// The unique index behind a merge table's key; finding it there already is fine.
pub(crate) fn create_key_index(layout: &Layout, style: Style, table: &Ident, name: &Ident) -> Sql {
    let key = layout.key_list();
    let batch = Sql::text(match style {
        Style::Live => "",
        Style::Milestoned => ", teal_batch_in",
    });
    sql!(
        "create unique index if not exists {name} on {table} ({key}{batch})",
        name,
        table,
        key,
        batch
    )
}

/// Columns that Teal adds.
fn system_definitions(style: Style) -> Sql {
    Sql::text(match style {
        Style::Live => "teal_batch integer not null, teal_hash bigint not null",
        Style::Milestoned => {
            "teal_batch_in integer not null, teal_batch_out integer not null, \
             teal_hash bigint not null"
        }
    })
}

/// Names of the columns that Teal adds, in order.
pub(crate) fn system_columns(style: Style) -> Sql {
    Sql::text(match style {
        Style::Live => "teal_batch, teal_hash",
        Style::Milestoned => "teal_batch_in, teal_batch_out, teal_hash",
    })
}

/// As [`system_columns`], one by one.
pub(crate) const fn system_names(style: Style) -> &'static [&'static str] {
    match style {
        Style::Live => &["teal_batch", "teal_hash"],
        Style::Milestoned => &["teal_batch_in", "teal_batch_out", "teal_hash"],
    }
}

/// Name of a merge table's key (constraint or index): `<table>_key`, shortened with a hash.
pub fn key_name(table: &TableName) -> String {
    let name = format!("{}_key", table.name);
    if name.len() <= NAME_BYTES {
        return name;
    }
    let hash = blake3::hash(name.as_bytes()).to_hex();
    let mut end = NAME_BYTES - 9;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let (head, _tail) = name.split_at(end);
    format!("{head}_{}", hash.chars().take(8).collect::<String>())
}

#[cfg(test)]
pub(crate) mod tests {
    use teal_model::release::ColumnSpec;

    use super::*;

    pub(crate) fn dataset(key: &[&str], columns: &[(&str, &str)]) -> DatasetSpec {
        let name = |name: &str| TableName { schema: "live".into(), name: name.into() };
        DatasetSpec {
            name: "orders".into(),
            formerly: vec![],
            source: TableName { schema: "public".into(), name: "Orders".into() },
            table: name("shop__orders"),
            key: key.iter().map(|&k| k.to_owned()).collect(),
            columns: columns
                .iter()
                .map(|(name, column_type)| ColumnSpec {
                    name: (*name).to_owned(),
                    source: None,
                    formerly: vec![],
                    column_type: column_type.parse().unwrap(),
                    nullable: true,
                })
                .collect(),
        }
    }

    pub(crate) fn orders() -> DatasetSpec {
        dataset(&["shop", "id"], &[("id", "bigint"), ("note", "text"), ("shop", "char(3)")])
    }

    #[test]
    fn tables_of_both_styles_have_their_columns_and_key() {
        let text = |style| Sql::join(create_table(&orders(), style).unwrap(), ";\n");
        insta::assert_snapshot!(text(Style::Live), @r#"
        create table "live"."shop__orders" ("id" bigint not null, "note" text, "shop" character(3) not null, teal_batch integer not null, teal_hash bigint not null) with (fillfactor = 85);
        alter table "live"."shop__orders" add constraint "shop__orders_key" primary key ("shop", "id")
        "#);
        insta::assert_snapshot!(text(Style::Milestoned), @r#"
        create table "live"."shop__orders" ("id" bigint not null, "note" text, "shop" character(3) not null, teal_batch_in integer not null, teal_batch_out integer not null, teal_hash bigint not null) with (fillfactor = 85);
        create unique index if not exists "shop__orders_key" on "live"."shop__orders" ("shop", "id", teal_batch_in)
        "#);
    }

    #[test]
    fn long_key_names_stay_distinct_and_fit() {
        let named = |name: String| key_name(&TableName { schema: "s".into(), name });
        let (one, two) = (named("ö".repeat(31)), named(format!("{}o", "ö".repeat(30))));
        assert!(one.len() <= 63 && two.len() <= 63, "{one} {two}");
        assert_ne!(one, two);
    }
}
