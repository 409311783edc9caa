//! What a database has: schemas, tables, columns and keys, as `teal discover` wants to know it.
//!
//! In: a connection and which tables are looked at. Out: facts of the catalogue in one snapshot,
//! types in the model's words. Reads no row. Read first: [`discover`].

mod keys;
mod schemas;
mod tables;

use std::collections::BTreeMap;

use sqlx::{Executor, PgConnection};
use teal_model::{
    Error, Result,
    discover::{Found, FoundColumn, FoundTable, Selection},
};

use self::{schemas::Schema, tables::Relation};
use super::{Limits, contract::columns, session};
use crate::{
    code,
    pg::{PgResultExt, PgType},
};

/// What was found.
#[derive(Debug)]
pub struct Discovery {
    /// The tables that are looked at, and the names of all.
    pub found: Found,
    /// Other schemas with tables in them: name and how many.
    pub other_schemas: Vec<(String, i64)>,
}

/// Reads the catalogue of a database. `connection` is new.
///
/// # Errors
/// `SOURCE0040` for a schema that is not there, `SOURCE0016` for a server that is too old; those of
/// the connection.
pub async fn discover(connection: &mut PgConnection, selection: &Selection) -> Result<Discovery> {
    session::settle(connection, Limits::default()).await?;
    connection
        .execute("begin transaction isolation level repeatable read, read only")
        .await
        .during("taking a snapshot of the catalogue")?;
    let schemas = schemas::all(connection).await?;
    let (wanted, others): (Vec<Schema>, Vec<Schema>) =
        schemas.into_iter().partition(|schema| selection.schemas.contains(&schema.name));
    if let Some(missing) =
        selection.schemas.iter().find(|name| !wanted.iter().any(|schema| schema.name == **name))
    {
        let all: Vec<&str> =
            wanted.iter().chain(&others).map(|schema| schema.name.as_str()).collect();
        return Err(Error::new(code::SOURCE0040)
            .with("schema", missing.escape_debug())
            .with("there_are", all.join(", ")));
    }
    let present = tables::names(connection, &selection.schemas).await?;
    let relations = tables::all(connection, &selection.schemas).await?;
    let relations: Vec<Relation> =
        relations.into_iter().filter(|relation| relation.is_wanted(selection)).collect();
    let tables = describe(connection, relations).await?;
    let filled = others.into_iter().filter(|schema| schema.tables > 0);
    let other_schemas = filled.map(|schema| (schema.name, schema.tables)).collect();
    Ok(Discovery { found: Found { tables, present }, other_schemas })
}

/// Adds keys and columns.
async fn describe(
    connection: &mut PgConnection,
    relations: Vec<Relation>,
) -> Result<Vec<FoundTable>> {
    let oids: Vec<i64> = relations.iter().map(|relation| relation.oid).collect();
    let mut keys = keys::of(connection, &oids).await?;
    let mut columns: BTreeMap<i64, Vec<FoundColumn>> = BTreeMap::new();
    for column in columns::of(connection, &oids).await? {
        columns.entry(column.relation).or_default().push(found(column));
    }
    let described = relations.into_iter().map(|relation| {
        let key = keys.remove(&relation.oid).unwrap_or_default();
        let columns = columns.remove(&relation.oid).unwrap_or_default();
        relation.found(key, columns)
    });
    Ok(described.collect())
}

fn found(column: columns::SourceColumn) -> FoundColumn {
    let model_type = column.source_type.model_type();
    let column_type = match model_type {
        _ if column.name.starts_with("teal_") => {
            Err("columns of this name belong to Teal; read the table that they come from"
                .to_owned())
        }
        Ok(model_type) => Ok(model_type),
        Err(refusal) => Err(format!("{}; {}", refusal.why, refusal.help)),
    };
    let source_type = column.source_type.shown.clone();
    let says_all = column_type.as_ref().is_ok_and(|model_type| {
        PgType::of(model_type).is_ok_and(|pg| pg.to_string() == source_type)
    });
    FoundColumn {
        name: column.name,
        source_type,
        says_all,
        column_type,
        nullable: !column.not_null,
        comment: column.comment,
    }
}
