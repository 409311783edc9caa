//! What is there: the control catalog, the merge store, and what somebody did to it by hand.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{PgConnection, PgPool, types::Json};
use teal_model::{
    Result,
    release::{Release, StreamSpec, TableName, WorkspaceSpec},
};

use super::{Draft, jobs::JobPlan, speed::Speed};
use crate::{
    Io,
    catalog::{self, Installed},
    pg::{self, PgResultExt},
    provision::{
        alter::TableWork,
        dependants, roles, status_view,
        tables::{self, InPlace},
        views::{self, View},
    },
};

/// Everything that a plan looks at, but for the sources.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// The release in force.
    pub(super) installed: Option<Installed>,
    /// Streams of the catalog that are not retired, by name.
    pub(super) streams: Vec<StreamFacts>,
    /// Workspaces of the catalog, also those that are leaving.
    pub(super) workspaces: Vec<WorkspaceSpec>,
    /// Schemas of the merge store.
    pub(super) schemas: BTreeSet<String>,
    /// Reader roles that exist, with their members.
    pub(super) roles: BTreeMap<String, Vec<String>>,
    /// Views that a reader role may read.
    pub(super) granted: BTreeSet<(String, TableName)>,
    /// `_status` views that exist, by schema, with their stamps.
    pub(super) status_views: BTreeMap<String, status_view::Stamp>,
    /// Of the first loads so far.
    pub(super) speed: Option<Speed>,
}

/// One stream of the catalog.
#[derive(Debug)]
pub(super) struct StreamFacts {
    pub(super) id: i64,
    pub(super) spec: StreamSpec,
    pub(super) config_hash: String,
    /// Configuration whose tables are in place.
    pub(super) reconciled_hash: String,
    pub(super) tables: Vec<InPlace>,
    pub(super) views: Vec<View>,
    /// Views that somebody dropped or changed, and how.
    pub(super) touched: Vec<(TableName, &'static str)>,
}

impl Facts {
    /// Looks. A database that holds no catalog yet gives nothing; nothing is written.
    pub(super) async fn gather(io: &Io, wanted: &Release) -> Result<Self> {
        let mut facts = Self::default();
        let control = io.control();
        if is_catalog(control).await? {
            catalog::belongs_to(&catalog::open(control).await?, &wanted.ecosystem)?;
            facts.installed = catalog::installed(control).await?;
            facts.workspaces = workspaces(control).await?;
            facts.streams = streams(control).await?;
        }
        let merge = io.ledger(&wanted.services.merge).await?;
        let known = is_catalog(&merge).await?;
        let mut conn = merge.acquire().await.during("connecting to the merge store")?;
        let mut look = pg::aside(&mut conn, "looking at the merge store").await?;
        if known {
            for stream in &mut facts.streams {
                stream.look(&mut look).await?;
            }
            facts.speed = Speed::measured(&mut look).await?;
        }
        facts.look(&mut look, wanted).await?;
        Ok(facts)
    }

    async fn look(&mut self, conn: &mut PgConnection, wanted: &Release) -> Result<()> {
        let schemas: Vec<String> = sqlx::query_scalar("select nspname::text from pg_namespace")
            .fetch_all(&mut *conn)
            .await
            .during("reading the schemas")?;
        self.schemas = schemas.into_iter().collect();
        let all: Vec<WorkspaceSpec> =
            self.workspaces.iter().chain(&wanted.workspaces).cloned().collect();
        for workspace in &all {
            let status =
                TableName { schema: workspace.name.clone(), name: status_view::NAME.to_owned() };
            if let Some(stamp) = status_view::stamp(conn, &status).await? {
                self.status_views.insert(workspace.name.clone(), stamp);
            }
            let Some(role) = &workspace.reader_role else { continue };
            if !roles::exists(conn, role).await? {
                continue;
            }
            self.roles.insert(role.clone(), roles::members(conn, role).await?);
            let own = workspace.views.iter().map(|view| &view.view).chain([&status]);
            for view in own {
                if roles::has_select(conn, role, view).await? {
                    self.granted.insert((role.clone(), view.clone()));
                }
            }
        }
        Ok(())
    }

    /// Warns of objects of others that will stop the apply.
    pub(super) async fn dependants(
        &self,
        io: &Io,
        wanted: &Release,
        jobs: &[JobPlan<'_>],
        draft: &mut Draft,
    ) -> Result<()> {
        let pool = io.ledger(&wanted.services.merge).await?;
        let mut conn = pool.acquire().await.during("connecting to the merge store")?;
        let mut found = BTreeSet::new();
        for (stream, work) in jobs.iter().flat_map(|job| job.works.iter().map(|w| (job.stream, w)))
        {
            let (table, columns) = match work {
                TableWork::Create(_) | TableWork::Recreate(..) => continue,
                TableWork::Retire(table) | TableWork::Rebuild(table, ..) => (table, None),
                TableWork::Mend(table, _) | TableWork::Alter(table, _) => {
                    match work.contested_columns() {
                        columns if columns.is_empty() => continue,
                        columns => (table, Some(columns)),
                    }
                }
            };
            let place = &table.table.table;
            if columns.is_some() || !table.has_history() {
                let on_table = dependants::of(&mut conn, place, columns.as_deref()).await?;
                found.extend(on_table.into_iter().map(|other| (other, place.clone())));
            }
            let on_it = stream.iter().flat_map(|stream| &stream.views);
            for view in on_it.filter(|view| view.dataset == table.table.dataset) {
                let on_view = dependants::of(&mut conn, &view.name, None).await?;
                found.extend(on_view.into_iter().map(|other| (other, view.name.clone())));
            }
        }
        for view in draft.dropped_views() {
            let on_view = dependants::of(&mut conn, &view, None).await?;
            found.extend(on_view.into_iter().map(|other| (other, view.clone())));
        }
        for (other, relation) in found {
            draft.warn(format!(
                "{other} is not Teal's and depends on {relation}: apply stops there"
            ));
        }
        Ok(())
    }
}

impl StreamFacts {
    async fn look(&mut self, conn: &mut PgConnection) -> Result<()> {
        let hash: Option<String> = sqlx::query_scalar(
            "select reconciled_hash from teal.stream_state where stream_id = $1",
        )
        .bind(self.id)
        .fetch_optional(&mut *conn)
        .await
        .during("reading the stream's state")?;
        self.reconciled_hash = hash.unwrap_or_default();
        self.tables = tables::in_place(conn, self.id).await?;
        self.views = views::of_stream(conn, self.id).await?;
        for view in &self.views {
            if let Some(how) = views::touched(conn, view).await? {
                self.touched.push((view.name.clone(), how));
            }
        }
        Ok(())
    }
}

impl Draft {
    fn dropped_views(&self) -> Vec<TableName> {
        use teal_model::plan::Action;
        let dropped = self.steps.iter().filter_map(|step| match &step.action {
            Action::DropView { view, .. } => Some(view.clone()),
            _ => None,
        });
        dropped.collect()
    }
}

async fn is_catalog(pool: &PgPool) -> Result<bool> {
    sqlx::query_scalar("select to_regclass('teal.catalog') is not null")
        .fetch_one(pool)
        .await
        .during("looking for a catalog")
}

async fn workspaces(control: &PgPool) -> Result<Vec<WorkspaceSpec>> {
    let found: Vec<Json<WorkspaceSpec>> =
        sqlx::query_scalar("select config from teal.workspace order by name collate \"C\"")
            .fetch_all(control)
            .await
            .during("reading the workspaces")?;
    Ok(found.into_iter().map(|Json(workspace)| workspace).collect())
}

async fn streams(control: &PgPool) -> Result<Vec<StreamFacts>> {
    let found: Vec<(i64, Json<StreamSpec>, String)> = sqlx::query_as(
        "select id, config, config_hash from teal.stream where retired_at is null
         order by name collate \"C\"",
    )
    .fetch_all(control)
    .await
    .during("reading the streams")?;
    Ok(found
        .into_iter()
        .map(|(id, Json(spec), config_hash)| StreamFacts {
            id,
            spec,
            config_hash,
            reconciled_hash: String::new(),
            tables: Vec::new(),
            views: Vec::new(),
            touched: Vec::new(),
        })
        .collect())
}
