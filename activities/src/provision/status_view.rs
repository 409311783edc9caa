//! `<workspace>._status`: tells a consumer how fresh each of its datasets is.
//!
//! The names and objectives of the model stand in the view's own text, everything else is looked up
//! when it is queried. The view's comment carries a stamp of its text and of what the server made of
//! it, so that `plan` sees a changed objective, an older Teal's view, and a change by hand.

use sqlx::PgConnection;
use teal_model::{
    Result,
    release::{Shows, TableName, ViewSpec, WorkspaceSpec},
};

use super::{dependants, views};
use crate::pg::{Ident, PgResultExt, Sql, literal, sql};

/// Name of the view in each workspace's schema. No dataset can have it: names start with a letter.
pub const NAME: &str = "_status";

/// Text before the stamp in the view's comment.
const COMMENT: &str = "How fresh each dataset of this workspace is. Kept by Teal, ";

/// Text of the view: one row for each view of current rows. A dataset that has not been loaded yet
/// says `loading` as long as its stream is well; a paused or failing stream says so. New columns
/// come last, so that an existing view is replaced in place, whatever was built on it.
fn query(workspace: &WorkspaceSpec) -> Sql {
    // a VALUES list may not be empty
    let nothing = sql!("(null, null, null, null, null, null, null::integer)");
    let current = workspace.views.iter().filter(|view| view.shows == Shows::Current);
    let rows = Sql::join(std::iter::once(nothing).chain(current.map(row)), ",\n             ");
    sql!(
        "select o.store, o.dataset, o.platform,
           case when d.stream_id is null
                 and coalesce(s.state, 'waiting')
                     in ('waiting', 'reconciling', 'ingesting', 'merging')
                then 'loading' else s.state end as state,
           nullif(d.last_batch, 0) as last_batch, d.committed_at, d.source_read_at,
           greatest(statement_timestamp() - d.source_read_at, interval '0') as lag,
           o.dataset_group,
           make_interval(secs => o.latency) as latency,
           case when o.latency is not null
                then coalesce(statement_timestamp() - d.source_read_at
                                <= make_interval(secs => o.latency), false) end as on_time
         from (values
             {rows})
           as o(schema_name, view_name, dataset_group, platform, store, dataset, latency)
         left join teal.view v on v.schema_name = o.schema_name and v.view_name = o.view_name
         left join teal.stream_state s on s.stream_id = v.stream_id
         left join teal.merge_table m on m.stream_id = v.stream_id and m.dataset = v.dataset
          and m.retired_at is null
         left join teal.stream_state d on d.stream_id = v.stream_id and m.loaded
         where o.view_name is not null",
        rows
    )
}

fn row(view: &ViewSpec) -> Sql {
    let [schema, name, group, platform, store, dataset] = [
        &view.view.schema,
        &view.view.name,
        &view.group,
        view.stream.platform(),
        view.stream.store(),
        &view.dataset,
    ]
    .map(literal);
    let latency = view.latency_seconds.map_or_else(|| Sql::text("null"), |n| sql!("{n}", n));
    sql!(
        "({schema}, {name}, {group}, {platform}, {store}, {dataset}, {latency})",
        schema,
        name,
        group,
        platform,
        store,
        dataset,
        latency
    )
}

/// A status view as it is.
#[derive(Debug)]
pub struct Stamp {
    /// What the server makes of it.
    definition: String,
    /// Its comment.
    comment: String,
}

impl Stamp {
    /// Whether this is the view that the workspace should have.
    pub fn is_of(&self, workspace: &WorkspaceSpec) -> bool {
        self.comment == comment(&query(workspace), &self.definition)
    }
}

/// Reads the view that is there; `None`: there is none. Call it in a transaction.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn stamp(conn: &mut PgConnection, view: &TableName) -> Result<Option<Stamp>> {
    let Some(definition) = views::definition(conn, view).await? else { return Ok(None) };
    let comment: Option<String> =
        sqlx::query_scalar("select obj_description(to_regclass($1), 'pg_class')")
            .bind(Ident::from(view).to_string())
            .fetch_one(conn)
            .await
            .during("reading the comment of a status view")?;
    Ok(Some(Stamp { definition, comment: comment.unwrap_or_default() }))
}

/// Creates it, or brings it up to date; one that is as it should be stays untouched. In the
/// caller's transaction.
///
/// # Errors
/// Those of PostgreSQL; `DDL0002` when something else has its name.
pub async fn put(
    conn: &mut PgConnection,
    workspace: &WorkspaceSpec,
    view: &TableName,
) -> Result<()> {
    views::lock_workspace(conn, &workspace.name).await?;
    if stamp(conn, view).await?.is_some_and(|stamp| stamp.is_of(workspace)) {
        return Ok(());
    }
    let query = query(workspace);
    views::put(conn, view, &query).await?;
    let definition = views::definition(conn, view).await?.unwrap_or_default();
    let (name, text) = (Ident::from(view), literal(&comment(&query, &definition)));
    sqlx::query(sql!("comment on view {name} is {text}", name, text))
        .execute(conn)
        .await
        .during("describing a status view")?;
    Ok(())
}

fn comment(query: &Sql, definition: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(query.as_str().as_bytes()).update(&[0]).update(definition.as_bytes());
    let hash = hasher.finalize().to_hex();
    format!("{COMMENT}{}", hash.get(..16).unwrap_or_default())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> WorkspaceSpec {
        let view = |name: &str, shows, latency_seconds| ViewSpec {
            view: TableName { schema: "reporting".into(), name: name.into() },
            stream: "live/shop".parse().unwrap(),
            dataset: "orders".into(),
            shows,
            group: "core".into(),
            latency_seconds,
        };
        WorkspaceSpec {
            name: "reporting".into(),
            formerly: Vec::new(),
            team: "retail/online".into(),
            reader_role: None,
            members: Vec::new(),
            views: vec![
                view("core__shop__orders", Shows::Current, Some(300)),
                view("core__shop__orders__history", Shows::History, Some(300)),
                view("core__shop__people", Shows::Current, None),
            ],
        }
    }

    #[test]
    fn each_current_view_is_one_row_with_its_objective() {
        let text = query(&workspace()).as_str().to_owned();
        let rows: Vec<&str> = text.lines().map(str::trim).filter(|l| l.starts_with('(')).collect();
        assert_eq!(
            rows,
            [
                "(null, null, null, null, null, null, null::integer),",
                "('reporting', 'core__shop__orders', 'core', 'live', 'shop', 'orders', 300),",
                "('reporting', 'core__shop__people', 'core', 'live', 'shop', 'orders', null))",
            ]
        );
    }

    #[test]
    fn a_stamp_tells_another_objective_and_another_definition() {
        let there = |query: &Sql, definition: &str| Stamp {
            definition: definition.to_owned(),
            comment: comment(query, "as printed"),
        };
        let (mut other, query) = (workspace(), query(&workspace()));
        assert!(there(&query, "as printed").is_of(&workspace()));
        assert!(!there(&query, "changed by hand").is_of(&workspace()));
        other.views[0].latency_seconds = Some(60);
        assert!(!there(&query, "as printed").is_of(&other));
    }
}
