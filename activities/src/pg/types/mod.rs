//! Column types: from the model's neutral words to PostgreSQL's, and back from the server's.
//!
//! Read first: [`PgType::of`], [`PgType::fit`], [`SourceType`].

mod builtin;
mod fit;
mod neutral;
mod refused;
mod source;

use std::fmt;

use teal_model::{Error, Result, types::ColumnType};

use self::builtin::Builtin;
pub use self::{
    fit::Fit,
    source::{Carriage, Reading, Refusal, SourceType},
};
use super::{Ident, Sql, sql};
use crate::code;

/// A built-in type with its modifiers. There is no way from a text to a `PgType` but by finding it
/// among the built-in ones, so its SQL is always safe.
#[derive(Clone, PartialEq, Eq)]
pub struct PgType {
    builtin: &'static Builtin,
    modifiers: Vec<i32>,
    array: bool,
}

impl PgType {
    /// The type of a merge table's column.
    ///
    /// # Errors
    /// `PG0010` for a `native:` type that Teal does not carry.
    pub fn of(column_type: &ColumnType) -> Result<Self> {
        let known = match column_type {
            ColumnType::Boolean => Self::plain("boolean"),
            ColumnType::Smallint => Self::plain("smallint"),
            ColumnType::Integer => Self::plain("integer"),
            ColumnType::Bigint => Self::plain("bigint"),
            ColumnType::Real => Self::plain("real"),
            ColumnType::Double => Self::plain("double precision"),
            ColumnType::Decimal(None) => Self::plain("numeric"),
            ColumnType::Decimal(Some((precision, scale))) => {
                Self::with("numeric", vec![i32::from(*precision), i32::from(*scale)])
            }
            ColumnType::Text => Self::plain("text"),
            ColumnType::Varchar(None) => Self::plain("varchar"),
            ColumnType::Varchar(Some(length)) => Self::with("varchar", vec![number(*length)]),
            ColumnType::Char(length) => Self::with("character", vec![number(*length)]),
            ColumnType::Binary => Self::plain("bytea"),
            ColumnType::Date => Self::plain("date"),
            ColumnType::Time => Self::plain("time"),
            ColumnType::Timestamp => Self::plain("timestamp"),
            ColumnType::Timestamptz => Self::plain("timestamptz"),
            ColumnType::Interval => Self::plain("interval"),
            ColumnType::Uuid => Self::plain("uuid"),
            ColumnType::Json => Self::plain("json"),
            ColumnType::Jsonb => Self::plain("jsonb"),
            ColumnType::Array(element) => {
                return Ok(Self { array: true, ..Self::of(element)? });
            }
            ColumnType::Native(text) => Self::parse(text),
        };
        known.ok_or_else(|| unknown(column_type))
    }

    /// `text`, or an array of it.
    fn text(array: bool) -> Self {
        Self { builtin: Builtin::TEXT, modifiers: Vec::new(), array }
    }

    /// An array of this type, or the type itself.
    fn in_array(self, array: bool) -> Self {
        Self { array: self.array || array, ..self }
    }

    fn plain(name: &str) -> Option<Self> {
        Self::with(name, Vec::new())
    }

    fn with(name: &str, modifiers: Vec<i32>) -> Option<Self> {
        Builtin::find(name, "").map(|builtin| Self { builtin, modifiers, array: false })
    }

    /// Reads a type as `format_type` prints it with a search path of `pg_catalog` only, or as a
    /// person writes it. `None`: not a built-in type that Teal carries.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(element) = text.strip_suffix("[]") {
            let element = element.trim_end_matches("[]"); // one array type for all dimensions
            return Some(Self { array: true, ..Self::parse(element)? });
        }
        let (head, modifiers, tail) = match text.split_once('(') {
            Some((head, rest)) => {
                let (inner, tail) = rest.split_once(')')?;
                let modifiers: Result<Vec<i32>, _> =
                    inner.split(',').map(|part| part.trim().parse()).collect();
                (head.trim_end(), modifiers.ok()?, tail.trim_end())
            }
            None => (text, Vec::new(), ""),
        };
        // `interval day to second(3)` holds less than `interval`, never more.
        if let Some(fields) = head.strip_prefix("interval") {
            let limited = !fields.is_empty() || !modifiers.is_empty();
            let builtin = Builtin::find("interval", "")?;
            let known = fields.is_empty() || fields.starts_with(' ');
            let modifiers = if limited { vec![0] } else { Vec::new() };
            return known.then_some(Self { builtin, modifiers, array: false });
        }
        let head = head.to_ascii_lowercase();
        let (name, tail) = match head.split_once(" with") {
            Some((name, _)) => (name.to_owned(), head.get(name.len()..).unwrap_or("").to_owned()),
            None => (head, tail.to_ascii_lowercase()),
        };
        let builtin = Builtin::find(&name, &tail)?;
        let modifiers = match (builtin.name, modifiers.as_slice()) {
            ("character" | "bit", []) => vec![1],
            ("numeric", [precision]) => vec![*precision, 0],
            _ => modifiers,
        };
        Some(Self { builtin, modifiers, array: false })
    }

    /// Its text in SQL.
    pub fn sql(&self) -> Sql {
        let name = Sql::text(self.builtin.name);
        let tail = Sql::text(self.builtin.tail);
        let array = Sql::text(if self.array { "[]" } else { "" });
        // A limited interval is only ever met at a source; its modifier is not a number.
        if self.modifiers.is_empty() || self.builtin.name == "interval" {
            return sql!("{name}{tail}{array}", name, tail, array);
        }
        let modifiers = Sql::join(&self.modifiers, ",");
        sql!("{name}({modifiers}){tail}{array}", name, modifiers, tail, array)
    }

    /// What enters the row hash for a value of this type: the value itself where the type's own
    /// hash sees all visible differences, else its bytes.
    pub fn hashed(&self, value: &Sql) -> Sql {
        let send = if self.array { Some("array_send") } else { self.builtin.send };
        match send {
            Some(send) => sql!("{send}({value})", send = Sql::text(send), value),
            // A text's hash follows its collation, and some hold `a` and `A` for equal.
            None if matches!(self.builtin.name, "text" | "character varying") => {
                sql!("({value}) collate \"C\"", value)
            }
            None => value.clone(),
        }
    }

    /// Whether values have an order, so that a key may hold them.
    pub fn is_ordered(&self) -> bool {
        self.builtin.is_ordered()
    }

    /// Whether its values are intervals, which may be infinite from PostgreSQL 17 on.
    pub fn is_interval(&self) -> bool {
        self.builtin.name == "interval"
    }

    /// Whether it is an array.
    pub fn is_array(&self) -> bool {
        self.array
    }

    /// `value` cast to this type.
    pub fn cast(&self, value: &Ident) -> Sql {
        sql!("{value}::{to}", value, to = self.sql())
    }

    /// Whether it is `text` or an unlimited `varchar` (with this array-ness): what labels of an enum
    /// fit into.
    pub fn holds_any_text(&self, array: bool) -> bool {
        self.array == array
            && self.modifiers.is_empty()
            && matches!(self.builtin.name, "text" | "character varying")
    }
}

/// A `native:` type that is not among the built-in ones that Teal carries.
fn unknown(column_type: &ColumnType) -> Error {
    let error = Error::new(code::PG0010).with("type", column_type);
    let ColumnType::Native(text) = column_type else { return error };
    match refused::known(text.trim_end_matches("[]").trim()) {
        Some(refusal) => error.with("because", refusal.why).hint(refusal.help),
        None => error,
    }
}

fn number(length: u32) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

impl fmt::Display for PgType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sql().as_str())
    }
}

impl fmt::Debug for PgType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sql().as_str())
    }
}

#[cfg(test)]
mod tests;
