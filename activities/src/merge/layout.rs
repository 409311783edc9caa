//! Columns of a dataset with their PostgreSQL types: what source, staging and merge agree on.

use teal_model::{
    Error, Result,
    release::{ColumnSpec, DatasetSpec},
};

use crate::{
    code,
    pg::{Ident, PgType, Sql, sql},
};

/// One column of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name in the model; not quoted.
    pub name: String,
    /// Its name in the merge table.
    pub ident: Ident,
    /// Its name at the source; not quoted.
    pub source: String,
    /// Its type in the merge table.
    pub pg_type: PgType,
    /// Whether NULL may occur; never in a key column.
    pub nullable: bool,
}

impl Column {
    /// `"id" bigint not null`
    fn definition(&self) -> Sql {
        let not_null = Sql::text(if self.nullable { "" } else { " not null" });
        let (name, pg_type) = (&self.ident, self.pg_type.sql());
        sql!("{name} {pg_type}{not_null}", name, pg_type, not_null)
    }
}

/// The columns of a dataset in the order of the model, and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    columns: Vec<Column>,
    key: Vec<String>,
}

impl Layout {
    /// Resolves the types of a dataset.
    ///
    /// # Errors
    /// As [`Layout::type_of`], of the first column that has one.
    pub fn of(dataset: &DatasetSpec) -> Result<Self> {
        let column = |spec: &ColumnSpec| -> Result<Column> {
            Ok(Column {
                name: spec.name.clone(),
                ident: Ident::new(&spec.name),
                source: spec.source_name().to_owned(),
                pg_type: Self::type_of(dataset, spec)?,
                nullable: spec.nullable && !dataset.key.contains(&spec.name),
            })
        };
        let columns: Result<Vec<Column>> = dataset.columns.iter().map(column).collect();
        Ok(Self { columns: columns?, key: dataset.key.clone() })
    }

    /// The type of one column in the merge table.
    ///
    /// # Errors
    /// `PG0010` for a native type that Teal does not carry, `PG0011` for a key column whose values
    /// have no order.
    pub fn type_of(dataset: &DatasetSpec, column: &ColumnSpec) -> Result<PgType> {
        let named =
            |error: Error| error.with("dataset", &dataset.name).with("column", &column.name);
        let pg_type = PgType::of(&column.column_type).map_err(named)?;
        if dataset.key.contains(&column.name) && !pg_type.is_ordered() {
            return Err(named(Error::new(code::PG0011).with("type", &pg_type)));
        }
        Ok(pg_type)
    }

    /// All columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Model names of the key columns, in key order.
    pub fn key(&self) -> &[String] {
        &self.key
    }

    /// `"id", "name", …`
    pub fn column_list(&self) -> Sql {
        Sql::join(self.columns.iter().map(|column| &column.ident), ", ")
    }

    /// `s."id", s."name", …`
    pub fn columns_of(&self, alias: &'static str) -> Sql {
        Sql::join(self.columns.iter().map(|column| Ident::of_alias(alias, &column.name)), ", ")
    }

    /// `"shop", "id"`
    pub fn key_list(&self) -> Sql {
        Sql::join(self.key.iter().map(|name| Ident::new(name)), ", ")
    }

    /// `s."shop", s."id"`
    pub fn key_of(&self, alias: &'static str) -> Sql {
        Sql::join(self.key.iter().map(|name| Ident::of_alias(alias, name)), ", ")
    }

    /// `s."shop" = t."shop" and s."id" = t."id"`
    pub fn same_key(&self, left: &'static str, right: &'static str) -> Sql {
        let equal = |name: &String| {
            let (left, right) = (Ident::of_alias(left, name), Ident::of_alias(right, name));
            sql!("{left} = {right}", left, right)
        };
        Sql::join(self.key.iter().map(equal), " and ")
    }

    /// `"id" bigint not null, "name" text, …`
    pub fn definitions(&self) -> Sql {
        Sql::join(self.columns.iter().map(Column::definition), ", ")
    }

    /// As [`Self::definitions`], of the key columns in key order.
    pub fn key_definitions(&self) -> Sql {
        let named = |name: &String| self.columns.iter().find(|column| column.name == *name);
        Sql::join(self.key.iter().filter_map(named).map(Column::definition), ", ")
    }

    /// The row hash over `values`, one expression per column. Each difference that a person can see
    /// gives another hash (but for a chance of 2⁻⁶⁴): a type whose own hash is blind to some enters
    /// through its send function, and columns stay apart as fields of a record.
    pub fn hash(&self, values: &[Sql]) -> Sql {
        let hashed = self.columns.iter().zip(values).map(|(column, v)| column.pg_type.hashed(v));
        let fields = Sql::join(hashed, ", ");
        sql!("hash_record_extended(row({fields}), 0)", fields)
    }

    /// Names the hash: two layouts with one recipe give equal rows equal hashes. It knows columns by
    /// position, as a column that only gets another name keeps its values. Short, as it is stored
    /// with every digest.
    pub fn recipe(&self) -> String {
        let places = (0..self.columns.len()).map(|place| Ident::new(&format!("c{place}")));
        let names: Vec<Sql> = places.map(|name| sql!("{name}", name)).collect();
        let hash = blake3::hash(self.hash(&names).as_str().as_bytes()).to_hex();
        hash.chars().take(32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merge::postgres::ddl::tests::{dataset, orders};

    #[test]
    fn blind_types_enter_the_hash_through_their_send_function() {
        let all = dataset(
            &["id"],
            &[
                ("id", "bigint"),
                ("name", "varchar(10)"),
                ("amount", "decimal(10,2)"),
                ("rate", "double"),
                ("since", "interval"),
                ("tags", "text[]"),
                ("doc", "json"),
                ("at", "timestamptz"),
                ("span", "native:int4range"),
            ],
        );
        let layout = Layout::of(&all).unwrap();
        let values: Vec<Sql> = layout.columns().iter().map(|c| sql!("{c}", c = &c.ident)).collect();
        insta::assert_snapshot!(layout.hash(&values), @r#"hash_record_extended(row("id", ("name") collate "C", numeric_send("amount"), float8send("rate"), interval_send("since"), array_send("tags"), json_send("doc"), "at", range_send("span")), 0)"#);
    }

    #[test]
    fn the_recipe_follows_types_and_their_order_but_neither_names_nor_the_source() {
        let one = Layout::of(&orders()).unwrap();
        let mut renamed = orders();
        renamed.columns[1].source = Some("Note".to_owned());
        renamed.columns[1].name = "remark".to_owned();
        assert_eq!(Layout::of(&renamed).unwrap().recipe(), one.recipe());
        renamed.columns.swap(0, 1);
        assert_ne!(Layout::of(&renamed).unwrap().recipe(), one.recipe());
    }
}
