//! Steps that concern consumers: schemas, roles, views, grants, members.

use sqlx::PgConnection;
use teal_failpoint::Boundary;
use teal_model::{
    Result, StreamId,
    plan::Action,
    release::{Release, TableName},
};

use super::moves;
use crate::{
    Io,
    catalog::ledger,
    pg::{self, Lifeline, PgResultExt},
    provision::{roles, schemas, status_view, views},
    stream::reconcile,
};

/// Longest wait for a lock on a view or schema: consumers' queries queue behind it.
pub(super) const LOCK_TIMEOUT: &str = "10s";

/// Runs one step, in one transaction of the merge store.
pub(super) async fn publish(io: &Io, release: &Release, action: &Action) -> Result<String> {
    // What streams own goes through them, each in a transaction of its own.
    match action {
        // The stream may have put it in its own step of this apply, or with another of its views: a
        // plan that holds the step found it missing, so this apply made it whoever did it.
        Action::CreateView { view, .. } => {
            reconcile::views_only(io, &view.stream).await?;
            return Ok("created".to_owned());
        }
        Action::ReplaceView { view, .. } => {
            reconcile::views_only(io, &view.stream).await?;
            return Ok("put again".to_owned());
        }
        Action::MoveViews { workspace, views } => {
            return moves::move_views(io, workspace, views).await;
        }
        Action::GrantReader { views, .. } => {
            for stream in streams_of(release, views) {
                reconcile::views_only(io, &stream).await?;
            }
        }
        _ => {}
    }
    let (mut conn, line) = Lifeline::pooled(io, &release.services.merge).await?;
    Box::pin(line.guard(publish_over(&mut conn, release, action))).await
}

async fn publish_over(
    conn: &mut PgConnection,
    release: &Release,
    action: &Action,
) -> Result<String> {
    let mut tx = pg::begin(conn, "opening the step's transaction").await?;
    sqlx::query("select set_config('lock_timeout', $1, true)")
        .bind(LOCK_TIMEOUT)
        .execute(&mut *tx)
        .await
        .during("opening the step's transaction")?;
    // Two grants on one schema, or a role that goes with its schema, would trip over each other.
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('teal/publish', 0))")
        .execute(&mut *tx)
        .await
        .during("waiting for another step")?;
    let outcome = in_transaction(&mut tx, release, action).await?;
    pg::commit(tx, Boundary::ApplyPublish).await?;
    Ok(outcome)
}

async fn in_transaction(
    conn: &mut PgConnection,
    release: &Release,
    action: &Action,
) -> Result<String> {
    let done = |changed: bool, word: &str, else_word: &str| {
        Ok(if changed { word } else { else_word }.to_owned())
    };
    match action {
        Action::CreateSchema { schema } => {
            done(schemas::ensure(conn, schema).await?, "created", "already there")
        }
        Action::RenameSchema { from, to } => {
            done(schemas::rename(conn, from, to).await?, "renamed", "already there")
        }
        Action::CreateRole { role } => {
            done(roles::ensure(conn, role).await?, "created", "already there")
        }
        Action::RenameRole { from, to } => {
            done(roles::rename(conn, from, to).await?, "renamed", "already there")
        }
        Action::GrantMember { role, member } => {
            done(roles::grant_member(conn, role, member).await?, "added", "already a member")
        }
        Action::RevokeMember { role, member } => {
            done(roles::revoke_member(conn, role, member).await?, "removed", "was no member")
        }
        Action::CreateStatusView { workspace, view, replaces } => {
            if let Some(workspace) = release.workspaces.iter().find(|w| w.name == *workspace) {
                status_view::put(conn, workspace, view).await?;
            }
            done(!replaces, "created", "replaced")
        }
        Action::GrantReader { role, views } => grant(conn, release, role, views).await,
        Action::DropView { view, .. } => {
            done(drop_view(conn, view).await?, "dropped", "already gone")
        }
        Action::DropSchema { schema } => Ok(match schemas::drop(conn, schema).await? {
            schemas::Dropped::Gone => "dropped".to_owned(),
            schemas::Dropped::Kept(others) => {
                format!("kept: it holds {}", others.join(", "))
            }
        }),
        Action::DropRole { role } => Ok(match roles::drop(conn, role).await? {
            roles::Dropped::Gone => "dropped".to_owned(),
            roles::Dropped::Kept => "kept: others gave it rights or objects".to_owned(),
        }),
        Action::CreateView { .. }
        | Action::ReplaceView { .. }
        | Action::MoveViews { .. }
        | Action::HandOver { .. }
        | Action::LoadStream { .. }
        | Action::RegisterAttributes { .. }
        | Action::CreateStream { .. }
        | Action::ChangeStream { .. }
        | Action::RepairStream { .. }
        | Action::RetireStream { .. }
        | Action::InstallRelease { .. } => Ok(String::new()), // run elsewhere
    }
}

fn streams_of(release: &Release, views: &[TableName]) -> Vec<StreamId> {
    let all = release.workspaces.iter().flat_map(|workspace| &workspace.views);
    let mut streams: Vec<StreamId> =
        all.filter(|view| views.contains(&view.view)).map(|view| view.stream.clone()).collect();
    streams.sort();
    streams.dedup();
    streams
}

/// Grants views to their reader. The status view may be another step of the same phase: it is made
/// here if that has not run yet.
async fn grant(
    conn: &mut PgConnection,
    release: &Release,
    role: &str,
    views: &[TableName],
) -> Result<String> {
    for workspace in release.workspaces.iter().filter(|w| w.reader_role.as_deref() == Some(role)) {
        views::lock_workspace(conn, &workspace.name).await?; // streams grant on the same schema
    }
    for view in views {
        let owner = release
            .workspaces
            .iter()
            .find(|workspace| workspace.name == view.schema && view.name == status_view::NAME);
        if let Some(workspace) = owner {
            status_view::put(conn, workspace, view).await?;
        }
        roles::grant_view(conn, role, view).await?; // one that a stream put is granted with it
    }
    Ok(format!("{} granted", views.len()))
}

/// Under the lock of the view's stream, which may be about to put its views.
async fn drop_view(conn: &mut PgConnection, view: &TableName) -> Result<bool> {
    let stream: Option<i64> = sqlx::query_scalar(
        "select stream_id from teal.view where schema_name = $1 and view_name = $2",
    )
    .bind(&view.schema)
    .bind(&view.name)
    .fetch_optional(&mut *conn)
    .await
    .during("looking for a view")?;
    let Some(stream) = stream else { return Ok(false) };
    ledger::lock_stream(conn, stream).await?;
    views::drop(conn, view).await
}
