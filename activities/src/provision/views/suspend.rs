//! Views out of the way while a column changes its type.

use sqlx::PgConnection;
use teal_model::{Result, release::TableName};

use super::{
    super::dependants,
    put::{exists, grants, run},
    rows::{on_table, waits},
};
use crate::pg::{Ident, Sql, sql};

/// Views that were dropped for the time of a change, with their grants.
#[derive(Debug, Default)]
pub struct Suspended(Vec<(TableName, Vec<Sql>)>);

/// Drops the views on one merge table until [`resume`]: PostgreSQL alters no type that a view uses.
/// Their rows in `teal.view` stay. A view that still shows a table which stepped aside stays as well.
///
/// # Errors
/// `DDL0001` when objects of others depend on one of them.
pub async fn suspend(conn: &mut PgConnection, merge_table_id: i64) -> Result<Suspended> {
    let mut suspended = Suspended::default();
    for view in on_table(conn, merge_table_id).await? {
        if !exists(conn, &view.name).await? || waits(conn, &view.name).await? {
            continue;
        }
        dependants::none(conn, &view.name, None).await?;
        let grants = grants(conn, &view.name).await?;
        let name = Ident::from(&view.name);
        run(conn, sql!("drop view {name}", name)).await?;
        suspended.0.push((view.name, grants));
    }
    Ok(suspended)
}

/// Gives the views that [`sync`](super::sync) created again the grants that they had.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn resume(conn: &mut PgConnection, suspended: Suspended) -> Result<()> {
    for (view, grants) in suspended.0 {
        if exists(conn, &view).await? {
            for grant in grants {
                run(conn, grant).await?;
            }
        }
    }
    Ok(())
}
