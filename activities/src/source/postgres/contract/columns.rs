//! Columns of the source's tables, and what may be wrong with one.

use sqlx::{FromRow, PgConnection, Row, postgres::PgRow};
use teal_model::{Result, advice, closest, release::ColumnSpec};

use crate::{
    code,
    pg::{
        PgResultExt, PgType, Sql, sql,
        types::{Carriage, Refusal, SourceType},
    },
    source::{Difference, Wanted},
};

/// A column of the source.
#[derive(Debug)]
pub(in super::super) struct SourceColumn {
    pub(in super::super) relation: i64,
    pub(in super::super) name: String,
    pub(in super::super) source_type: SourceType,
    /// Whether the source lets no NULL in, and has none from before it did so.
    pub(in super::super) not_null: bool,
    /// What its producer says about it.
    pub(in super::super) comment: Option<String>,
}

impl FromRow<'_, PgRow> for SourceColumn {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            relation: row.try_get("relation")?,
            name: row.try_get("name")?,
            source_type: SourceType::from_row(row)?,
            not_null: row.try_get("not_null")?,
            comment: row.try_get("comment")?,
        })
    }
}

/// The columns of these tables, each table's in its own order.
pub(in super::super) async fn of(
    connection: &mut PgConnection,
    relations: &[i64],
) -> Result<Vec<SourceColumn>> {
    let query = sql!(
        "select a.attrelid::int8 as relation, a.attname::text as name,
                a.attnotnull and not exists (
                    select from pg_constraint c  -- PostgreSQL 18 has some that are not validated
                    where c.conrelid = a.attrelid and c.contype = 'n' and not c.convalidated
                      and c.conkey = array[a.attnum]) as not_null,
                col_description(a.attrelid, a.attnum::int4) as comment, {types}
         from pg_attribute a {joins}
         where a.attrelid = any($1::int8[]::oid[]) and a.attnum > 0 and not a.attisdropped
         order by a.attrelid, a.attnum",
        types = Sql::text(SourceType::COLUMNS),
        joins = Sql::text(SourceType::JOINS),
    );
    sqlx::query_as(query)
        .bind(relations)
        .fetch_all(connection)
        .await
        .during("reading the columns of the source")
}

/// A column that the source does not have, and the one that was probably meant.
pub(super) fn missing(
    wanted: Wanted<'_>,
    column: &ColumnSpec,
    here: &[&SourceColumn],
) -> Difference {
    let Wanted { store, dataset } = wanted;
    let name = column.source_name();
    let message = format!("column {name} is missing");
    let difference = Difference::of_column(code::SOURCE0010, &column.name, message);
    let listed = |name: &str| dataset.columns.iter().any(|other| other.source_name() == name);
    let free: Vec<&str> =
        here.iter().map(|found| found.name.as_str()).filter(|name| !listed(name)).collect();
    let meant = closest(name, free.iter().copied()).map(ToOwned::to_owned).or_else(|| {
        // A column of another name and the same type, if there is just one: renamed.
        let pg_type = PgType::of(&column.column_type).ok()?;
        let alike = |found: &&&SourceColumn| {
            free.contains(&found.name.as_str())
                && found.source_type.carriage() == Carriage::Value(pg_type.clone())
        };
        let mut alike = here.iter().filter(alike);
        alike.next().filter(|_| alike.next().is_none()).map(|found| found.name.clone())
    });
    let read_as = |name: &str| wanted.said_of(&column.name, &format!("source: {name}"));
    let gone = format!(
        "dropped: take it out of the model, which {} does where it wrote the dataset",
        advice::discover(store)
    );
    match meant {
        Some(meant) => difference.help(format!(
            "did you mean the source's column {meant:?}? renamed: say {}; {gone}",
            read_as(&advice::value(&meant))
        )),
        None if free.is_empty() => {
            difference.help(format!("{gone}; the model lists all others of the table already"))
        }
        None => difference.help(format!(
            "the model does not list these columns of the table: {}; renamed: say {}; {gone}",
            some(&free),
            read_as("…")
        )),
    }
}

/// The first of some names.
fn some(names: &[&str]) -> String {
    const SHOWN: usize = 8;
    let mut shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect();
    if names.len() > SHOWN {
        shown.push(format!("and {} more", names.len() - SHOWN));
    }
    shown.join(", ")
}

/// A column whose values would not all fit.
pub(super) fn other_type(
    wanted: Wanted<'_>,
    column: &ColumnSpec,
    found: &SourceColumn,
    pg_type: &PgType,
) -> Difference {
    let shown = &found.source_type.shown;
    let message = format!("column {} is {shown}, the model says {pg_type}", found.name);
    let difference = Difference::of_column(code::SOURCE0010, &column.name, message);
    let Ok(word) = found.source_type.model_type() else { return difference };
    let word = advice::value(&word.to_string());
    let mut help = format!(
        "let {} take the type over, or say {}",
        advice::discover(wanted.store),
        wanted.said_of(&column.name, &format!("type: {word}"))
    );
    if let Some(origin) = found.source_type.origin() {
        help.push_str(&format!(
            ": {shown} is {origin}, carried as the text that PostgreSQL prints"
        ));
    }
    difference.help(help)
}

/// A column of a type that no model holds.
pub(super) fn refused(
    wanted: Wanted<'_>,
    column: &ColumnSpec,
    found: &SourceColumn,
    refusal: &Refusal,
) -> Difference {
    let message = format!(
        "column {} is {}, which Teal does not carry: {}",
        found.name, found.source_type.shown, refusal.why
    );
    let discover = advice::discover(wanted.store);
    Difference::of_column(code::SOURCE0017, &column.name, message)
        .help(format!("{} ({discover} leaves it out where it wrote the dataset)", refusal.help))
}
