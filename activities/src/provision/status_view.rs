//! `<workspace>._status`: tells a consumer how fresh each of its datasets is.

use sqlx::PgConnection;
use teal_model::{Result, release::TableName};

use super::{dependants, views};
use crate::pg::{Ident, PgResultExt, Sql, literal, sql};

/// Name of the view in each workspace's schema. No dataset can have it: names start with a letter.
pub const NAME: &str = "_status";

/// Text of the view. A dataset that has not been loaded yet says `loading` as long as its stream is
/// well; a paused or failing stream says so.
fn query(workspace: &str) -> Sql {
    let workspace = literal(workspace);
    sql!(
        "select distinct v.store, v.dataset, v.platform,
           case when not m.loaded
                 and s.state in ('waiting', 'reconciling', 'ingesting', 'merging')
                then 'loading' else s.state end as state,
           nullif(s.last_batch, 0) as last_batch, s.committed_at, s.source_read_at,
           now() - s.source_read_at as lag
         from teal.view v
         join teal.stream_state s on s.stream_id = v.stream_id
         join teal.merge_table m on m.stream_id = v.stream_id and m.dataset = v.dataset
          and m.retired_at is null
         where v.workspace = {workspace}",
        workspace
    )
}

/// Creates it, or brings it up to date.
///
/// # Errors
/// Those of PostgreSQL; `DDL0002` when something else has its name.
pub async fn put(conn: &mut PgConnection, workspace: &str, view: &TableName) -> Result<()> {
    views::lock_workspace(conn, workspace).await?;
    views::put(conn, view, &query(workspace)).await
}

/// Drops it from a schema, if it is there.
///
/// # Errors
/// `DDL0001` when an object of others depends on it.
pub async fn drop(conn: &mut PgConnection, schema: &str) -> Result<()> {
    let view = TableName { schema: schema.to_owned(), name: NAME.to_owned() };
    dependants::none(conn, &view, None).await?;
    let name = Ident::from(&view);
    sqlx::query(sql!("drop view if exists {name}", name))
        .execute(conn)
        .await
        .during("dropping a status view")?;
    Ok(())
}
