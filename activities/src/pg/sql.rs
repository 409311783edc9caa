//! SQL text made from literals of this program and quoted identifiers only.
#![allow(clippy::disallowed_types, reason = "the one place that vouches for a statement")]

use std::fmt;

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

/// A quoted identifier, possibly qualified: `"platform"."store__dataset"`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ident(String);

impl Ident {
    /// One name.
    pub fn new(name: &str) -> Self {
        Self(quote(name))
    }

    /// A name within a schema.
    pub fn qualified(schema: &str, name: &str) -> Self {
        Self(format!("{}.{}", quote(schema), quote(name)))
    }

    /// A column of a table alias of this program: `m."id"`.
    pub fn of_alias(alias: &'static str, name: &str) -> Self {
        Self(format!("{alias}.{}", quote(name)))
    }
}

impl From<&teal_model::release::TableName> for Ident {
    fn from(table: &teal_model::release::TableName) -> Self {
        Self::qualified(&table.schema, &table.name)
    }
}

impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as an SQL string literal, for the few places where `$n` is not allowed (DDL, COPY).
pub fn literal(text: &str) -> Sql {
    let quoted = text.replace('\'', "''");
    Sql(if quoted.contains('\\') {
        format!("E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    })
}

/// One statement, or a part of one.
///
/// Built with the macro [`sql!`](macro@crate::sql), whose format text is a literal of this program and
/// whose arguments are [`SqlPart`]s: identifiers, numbers and other `Sql`. There is no way from a
/// `String`, so a name of the model can never escape its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sql(String);

impl Sql {
    /// Text of this program.
    pub fn text(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// Joins parts with a separator of this program.
    pub fn join<P: SqlPart>(parts: impl IntoIterator<Item = P>, separator: &'static str) -> Self {
        let parts: Vec<String> = parts.into_iter().map(|part| part.to_string()).collect();
        Self(parts.join(separator))
    }

    /// The text, for logs, plans and snapshots.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For `format_args!` of the macro only.
    #[doc(hidden)]
    pub fn from_parts(arguments: fmt::Arguments<'_>) -> Self {
        Self(arguments.to_string())
    }
}

impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl SqlSafeStr for Sql {
    /// Safe because of how a `Sql` is built.
    fn into_sql_str(self) -> SqlStr {
        AssertSqlSafe(self.0).into_sql_str()
    }
}

impl SqlSafeStr for &Sql {
    fn into_sql_str(self) -> SqlStr {
        AssertSqlSafe(self.0.clone()).into_sql_str()
    }
}

/// What may stand in a hole of [`sql!`](macro@crate::sql).
pub trait SqlPart: fmt::Display {}
impl SqlPart for Ident {}
impl SqlPart for Sql {}
impl SqlPart for i32 {}
impl SqlPart for i64 {}
impl SqlPart for u32 {}
impl SqlPart for usize {}
impl SqlPart for teal_model::BatchId {}
impl<T: SqlPart + ?Sized> SqlPart for &T {}

/// Builds a [`Sql`] from a literal text with `{named}` holes, each filled by a [`SqlPart`]:
/// `sql!("drop table {t}", t = ident)`; every hole must be named in the argument list.
#[macro_export]
macro_rules! sql {
    ($text:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {{
        $( let $name = $crate::sql!(@part $name $(, $value)?); )*
        $( $crate::pg::sql_part(&$name); )*
        $crate::pg::Sql::from_parts(format_args!($text $(, $name = $name)*))
    }};
    (@part $name:ident, $value:expr) => { $value };
    (@part $name:ident) => { &$name };
}
pub use crate::sql;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use teal_model::release::{DatasetSpec, Style, TableName};

    use super::*;
    use crate::{
        merge::postgres::ddl::{self, tests::orders},
        provision::views::{self, View},
    };

    /// A statement as PostgreSQL reads it: each quoted name is `N`, each string `S`, the rest stays.
    fn shape(statement: &str) -> String {
        let (mut shape, mut rest) = (String::new(), statement.chars().peekable());
        while let Some(sign) = rest.next() {
            if sign != '"' && sign != '\'' {
                shape.push(sign);
                continue;
            }
            let escapes = sign == '\'' && shape.ends_with('E');
            loop {
                match rest.next().expect("the quote ends") {
                    '\\' if escapes => drop(rest.next()),
                    end if end == sign && rest.next_if_eq(&sign).is_none() => break,
                    _inside => {}
                }
            }
            if escapes {
                shape.pop();
            }
            shape.push(if sign == '"' { 'N' } else { 'S' });
        }
        shape
    }

    /// Statements about a dataset all of whose names are these.
    fn statements(table: &str, columns: [&str; 3]) -> Vec<String> {
        let mut spec: DatasetSpec = orders();
        table.clone_into(&mut spec.table.schema);
        table.clone_into(&mut spec.table.name);
        for (column, name) in spec.columns.iter_mut().zip(columns) {
            name.clone_into(&mut column.name);
        }
        spec.key = vec![columns[0].to_owned()];
        let mut texts = Vec::new();
        for style in [Style::Live, Style::Milestoned] {
            let created = ddl::create_table(&spec, style).unwrap();
            texts.extend(created.iter().map(|statement| shape(statement.as_str())));
            for history in [false, true] {
                let view = View {
                    name: TableName { schema: table.into(), name: table.into() },
                    workspace: table.into(),
                    platform: table.into(),
                    store: table.into(),
                    dataset: table.into(),
                    history,
                    reader_role: None,
                };
                texts.push(shape(views::query(&view, 7, &[], &spec, style).as_str()));
            }
        }
        texts
    }

    /// Signs that mean something in SQL, and any other that can be seen.
    const NAME: &str = r#"([a-z"'\\;$/*-]|\PC){1,20}"#;

    proptest! {
        #[test]
        fn no_name_leaves_its_place(
            table in NAME,
            columns in prop::array::uniform3(NAME),
        ) {
            let columns = columns.each_ref().map(String::as_str);
            prop_assume!(columns[0] != columns[1] && columns[0] != columns[2]);
            prop_assert_eq!(statements(&table, columns), statements("t", ["a", "b", "c"]));
            prop_assert_eq!(shape(literal(&table).as_str()), "S");
        }
    }

    #[test]
    fn a_hostile_name_stays_in_its_place() {
        let table = Ident::qualified("s\"; drop table x; --", "t");
        let statement = sql!("select * from {table} limit {n}", table, n = 5);
        assert_eq!(statement.as_str(), r#"select * from "s""; drop table x; --"."t" limit 5"#);
        assert_eq!(literal("it's\\").as_str(), r"E'it''s\\'");
    }
}
