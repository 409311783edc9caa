//! Which views a stream shows now: a view that moves stays where it is until its new table holds
//! rows, so that consumers never see it empty.

use sqlx::{PgConnection, PgPool};
use teal_model::{
    Result, StreamId,
    release::{StreamSpec, WorkspaceSpec},
};

use super::{View, of_stream, wanted};
use crate::{catalog::control, pg::PgResultExt};

/// The views of these workspaces that a stream has to show now: the wanted ones, without those that
/// another stream still shows with rows while this one has none, and with those that are wanted of
/// another stream which has no rows for them yet.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn due(
    control: &PgPool,
    conn: &mut PgConnection,
    stream_id: i64,
    spec: &StreamSpec,
    workspaces: &[WorkspaceSpec],
) -> Result<Vec<View>> {
    let mut views = Vec::new();
    for view in wanted(workspaces, spec) {
        let waits = !is_loaded(conn, stream_id, &view.dataset).await?
            && is_shown_elsewhere(conn, stream_id, &view).await?;
        if !waits {
            views.push(view);
        }
    }
    for view in of_stream(conn, stream_id).await? {
        // a table that leaves the stream takes its views along
        if spec.dataset(&view.dataset).is_none()
            || views.iter().any(|other| other.name == view.name)
        {
            continue;
        }
        let all = workspaces.iter().flat_map(|workspace| &workspace.views);
        let moves_to = all
            .filter(|wanted| wanted.view == view.name && wanted.stream != spec.id)
            .map(|wanted| (&wanted.stream, &wanted.dataset))
            .next();
        let Some((stream, dataset)) = moves_to else { continue };
        if shows_rows(conn, stream_id, &view.dataset).await?
            && !is_loaded_there(control, conn, stream, dataset).await?
        {
            views.push(view);
        }
    }
    views.sort();
    Ok(views)
}

async fn is_loaded_there(
    control: &PgPool,
    conn: &mut PgConnection,
    stream: &StreamId,
    dataset: &str,
) -> Result<bool> {
    match control::find(control, stream).await? {
        Some(known) => is_loaded(conn, known.id, dataset).await,
        None => Ok(false),
    }
}

async fn is_loaded(conn: &mut PgConnection, stream_id: i64, dataset: &str) -> Result<bool> {
    sqlx::query_scalar(
        "select exists (select from teal.merge_table
           where stream_id = $1 and dataset = $2 and retired_at is null and loaded)",
    )
    .bind(stream_id)
    .bind(dataset)
    .fetch_one(conn)
    .await
    .during("looking whether a view has rows")
}

/// Whether views of a dataset show rows: its own, or those of the table that stepped aside for it.
async fn shows_rows(conn: &mut PgConnection, stream_id: i64, dataset: &str) -> Result<bool> {
    sqlx::query_scalar(
        "select exists (select from teal.merge_table m
           where m.stream_id = $1 and m.dataset = $2 and m.retired_at is null
             and (m.loaded or exists (select from teal.merge_table o where o.successor = m.id)))",
    )
    .bind(stream_id)
    .bind(dataset)
    .fetch_one(conn)
    .await
    .during("looking whether a view has rows")
}

async fn is_shown_elsewhere(conn: &mut PgConnection, stream_id: i64, view: &View) -> Result<bool> {
    sqlx::query_scalar(
        "select exists (select from teal.view v
           join teal.merge_table m on m.stream_id = v.stream_id and m.dataset = v.dataset
            and m.retired_at is null and m.loaded
           where v.schema_name = $1 and v.view_name = $2 and v.stream_id <> $3)",
    )
    .bind(&view.name.schema)
    .bind(&view.name.name)
    .bind(stream_id)
    .fetch_one(conn)
    .await
    .during("looking whether a view has rows")
}
