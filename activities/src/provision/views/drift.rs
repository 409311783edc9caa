//! Whether somebody changed a view by hand.

use sqlx::PgConnection;
use teal_model::Result;

use super::{View, definition, of_stream};
use crate::{
    pg::{self, PgResultExt},
    provision::roles,
};

const READING: &str = "comparing views with what was put";

/// Whether the views of a stream are the wanted ones and nobody touched them.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn in_order(conn: &mut PgConnection, stream_id: i64, views: &[View]) -> Result<bool> {
    if of_stream(conn, stream_id).await? != views {
        return Ok(false);
    }
    let mut look = pg::aside(conn, READING).await?; // a local search path needs a transaction
    for view in views {
        if touched(&mut look, view).await?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What somebody did to a view of `teal.view` by hand; `None`: nothing. Call it in a transaction.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn touched(conn: &mut PgConnection, view: &View) -> Result<Option<&'static str>> {
    let Some(now) = definition(conn, &view.name).await? else {
        return Ok(Some("is missing"));
    };
    let then: Option<String> = sqlx::query_scalar(
        "select definition from teal.view where schema_name = $1 and view_name = $2",
    )
    .bind(&view.name.schema)
    .bind(&view.name.name)
    .fetch_optional(&mut *conn)
    .await
    .during(READING)?
    .flatten();
    if then.as_ref() != Some(&now) {
        return Ok(Some("was changed by hand"));
    }
    if let Some(role) = &view.reader_role
        && roles::exists(conn, role).await?
        && !roles::has_select(conn, role, &view.name).await?
    {
        return Ok(Some("is not granted to its readers"));
    }
    Ok(None)
}
