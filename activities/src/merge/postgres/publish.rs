//! A load takes the place of the merge table, empty or to be rebuilt, in the merge transaction.

use sqlx::PgConnection;
use teal_model::{Epoch, Result, release::Style};

use super::{
    ddl,
    prepare::{Prepared, index_name},
    staging,
};
use crate::{
    catalog::ledger::{MergeTable, STAGING_SCHEMA},
    pg::{Ident, PgResultExt, Sql, sql},
    provision::dependants,
};

/// Exchanges the tables. Views still show the former one, whose new place is returned: put the views
/// on the new one, then drop it. Waits for readers of the former table (`lock_timeout`).
///
/// # Errors
/// `DDL0001` when objects of others stand on a table that is to be rebuilt.
pub(super) async fn exchange(
    connection: &mut PgConnection,
    prepared: &Prepared,
    loaded: &str,
    epoch: Epoch,
) -> Result<Ident> {
    const EXCHANGING: &str = "publishing a load";
    let table = &prepared.table;
    if table.loaded {
        dependants::none(connection, &table.table, None).await?;
    }
    let former = format!("o{}_{epoch}", table.id);
    let target = Ident::from(&table.table);
    let indexes: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_index i join pg_class c on c.oid = i.indexrelid
         where i.indrelid = to_regclass($1) order by 1",
    )
    .bind(target.to_string())
    .fetch_all(&mut *connection)
    .await
    .during(EXCHANGING)?;
    for statement in statements(table, loaded, &former, &indexes) {
        sqlx::query(statement).execute(&mut *connection).await.during(EXCHANGING)?;
    }
    Ok(staging(&former))
}

/// Names go with their tables through schemas, so those of the former table step aside first.
fn statements(table: &MergeTable, loaded: &str, former: &str, indexes: &[String]) -> Vec<Sql> {
    let schema = &table.table.schema;
    let target = Ident::from(&table.table);
    let key = Ident::new(&ddl::key_name(&table.table));
    let loaded_key = index_name(loaded);
    let mut statements = Vec::new();
    for (number, index) in indexes.iter().enumerate() {
        let index = Ident::qualified(schema, index);
        let aside = Ident::new(&format!("{former}_{number}"));
        statements.push(sql!("alter index {index} rename to {aside}", index, aside));
    }
    statements.extend([
        sql!(
            "alter table {target} rename to {aside}",
            target = &target,
            aside = Ident::new(former)
        ),
        sql!(
            "alter table {aside} set schema {s}",
            aside = Ident::qualified(schema, former),
            s = Ident::new(STAGING_SCHEMA)
        ),
        sql!("alter table {t} set schema {s}", t = staging(loaded), s = Ident::new(schema)),
        sql!(
            "alter table {t} rename to {name}",
            t = Ident::qualified(schema, loaded),
            name = Ident::new(&table.table.name)
        ),
        match table.style {
            Style::Live => sql!(
                "alter table {target} add constraint {key} primary key using index {index}",
                target,
                key,
                index = Ident::new(&loaded_key)
            ),
            Style::Milestoned => sql!(
                "alter index {index} rename to {key}",
                index = Ident::qualified(schema, &loaded_key),
                key
            ),
        },
    ]);
    statements
}

/// Drops a former table; what others built on it in the meantime makes this fail with their names.
pub(super) async fn drop_former(connection: &mut PgConnection, former: &Ident) -> Result<()> {
    let dropped = sqlx::query(sql!("drop table {former}", former)).execute(connection).await;
    dropped.during("dropping the former table")?;
    Ok(())
}
