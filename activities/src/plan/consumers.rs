//! Consumers: schemas, roles, views, grants and members that appear, change or go.

use std::collections::{BTreeMap, BTreeSet};

use teal_model::{
    StreamId,
    plan::{Action, Phase},
    release::{Release, TableName, WorkspaceSpec},
};

use super::{
    Draft,
    facts::Facts,
    moves::{Moves, shows_the_same},
};
use crate::provision::{schemas, status_view, views::View};

/// What becomes of the names of schemas and roles, and the views that are there.
pub(super) struct Consumers<'a> {
    facts: &'a Facts,
    wanted: &'a Release,
    /// Schemas that get another name, former → new.
    moved: BTreeMap<String, String>,
    /// Roles that get another name, former → new.
    roles_moved: BTreeMap<String, String>,
    /// Views in place.
    pub(super) views: BTreeMap<TableName, (&'a View, Option<&'static str>)>,
}

impl<'a> Consumers<'a> {
    /// Writes the steps of the phase `prepare`.
    pub(super) fn prepare(facts: &'a Facts, wanted: &'a Release, draft: &mut Draft) -> Self {
        let renames = renames(facts, wanted);
        let moved = prepare_schemas(facts, wanted, &renames, draft);
        let roles_moved = prepare_roles(facts, wanted, &renames, draft);
        let views = views_now(facts, &moved);
        Self { facts, wanted, moved, roles_moved, views }
    }

    /// Writes those of `load`, `publish`, `settle` and `drop`. Of the jobs, `late` change in the
    /// phase `retire` only: what needs them comes after.
    pub(super) fn compare(&self, moves: &Moves, draft: &mut Draft) {
        let (facts, wanted) = (self.facts, self.wanted);
        let late = late_streams(draft);
        for (stream, views) in &moves.waits {
            let (stream, views) = (stream.clone(), views.clone());
            draft.step(Phase::Load, Action::LoadStream { stream, views });
        }
        for (workspace, views) in &moves.views {
            let (workspace, views) = (workspace.clone(), views.clone());
            draft.step(Phase::Publish, Action::MoveViews { workspace, views });
        }
        for workspace in &wanted.workspaces {
            publish_views(workspace, &self.views, &late, draft);
        }
        for workspace in &wanted.workspaces {
            publish_status(facts, workspace, &self.moved, draft);
            publish_role(facts, workspace, &self.moved, &self.roles_moved, &late, draft);
        }
        drop_views(&self.views, wanted, draft);
        drop_schemas(facts, wanted, &self.moved, draft);
        drop_roles(facts, wanted, &self.roles_moved, draft);
    }
}

/// Streams that take over their configuration in the phase `retire`.
fn late_streams(draft: &Draft) -> BTreeSet<StreamId> {
    let late = draft.steps.iter().filter(|step| step.phase == Phase::Retire);
    late.filter_map(|step| match &step.action {
        Action::ChangeStream { stream, .. } => Some(stream.clone()),
        _ => None,
    })
    .collect()
}

/// When a step about views on these streams runs.
fn phase_of<'a>(
    mut streams: impl Iterator<Item = &'a StreamId>,
    late: &BTreeSet<StreamId>,
) -> Phase {
    if streams.any(|stream| late.contains(stream)) { Phase::Settle } else { Phase::Publish }
}

/// Workspaces that got another name, former → new.
fn renames<'a>(facts: &'a Facts, wanted: &'a Release) -> BTreeMap<&'a str, &'a str> {
    let there = |name: &str| facts.workspaces.iter().find(|workspace| workspace.name == name);
    let is_wanted = |name: &str| wanted.workspaces.iter().any(|workspace| workspace.name == name);
    let mut renames = BTreeMap::new();
    for workspace in &wanted.workspaces {
        if there(&workspace.name).is_some() {
            continue;
        }
        let mut earlier = workspace.formerly.iter().filter(|name| !is_wanted(name));
        if let Some(before) = earlier.find_map(|name| there(name)) {
            renames.insert(before.name.as_str(), workspace.name.as_str());
        }
    }
    renames
}

/// Schemas that the wanted release has: of its tables and of its workspaces.
pub(crate) fn wanted_schemas(wanted: &Release) -> BTreeSet<String> {
    let mut names = BTreeSet::from([schemas::STAGING.to_owned(), schemas::RETIRED.to_owned()]);
    for dataset in wanted.jobs.iter().flat_map(|job| &job.stream.datasets) {
        names.insert(dataset.table.schema.clone());
    }
    for workspace in &wanted.workspaces {
        names.insert(workspace.name.clone());
        names.extend(workspace.views.iter().map(|view| view.view.schema.clone()));
    }
    names
}

/// Returns the schemas that get another name, former → new.
fn prepare_schemas(
    facts: &Facts,
    wanted: &Release,
    renames: &BTreeMap<&str, &str>,
    draft: &mut Draft,
) -> BTreeMap<String, String> {
    let mut moved = BTreeMap::new();
    for schema in wanted_schemas(wanted) {
        // The first apply migrates the catalog, which brings the schema of staging along.
        let comes_along = schema == schemas::STAGING && facts.installed.is_none();
        if facts.schemas.contains(&schema) || comes_along {
            continue;
        }
        // `<workspace>` and `<workspace>__<platform>` follow their workspace's name.
        let (head, tail) = schema.split_once("__").unwrap_or((&schema, ""));
        let former = renames.iter().find(|(_, new)| **new == head).map(|(old, _)| match tail {
            "" => (*old).to_owned(),
            platform => format!("{old}__{platform}"),
        });
        if let Some(former) = former
            && facts.schemas.contains(&former)
        {
            let action = Action::RenameSchema { from: former.clone(), to: schema.clone() };
            draft.step(Phase::Prepare, action);
            moved.insert(former, schema);
        } else {
            draft.step(Phase::Prepare, Action::CreateSchema { schema });
        }
    }
    moved
}

/// Returns the roles that get another name, former → new.
fn prepare_roles(
    facts: &Facts,
    wanted: &Release,
    renames: &BTreeMap<&str, &str>,
    draft: &mut Draft,
) -> BTreeMap<String, String> {
    let mut moved = BTreeMap::new();
    for workspace in &wanted.workspaces {
        let Some(role) = &workspace.reader_role else { continue };
        if facts.roles.contains_key(role) {
            continue;
        }
        let earlier = facts.workspaces.iter().find(|before| {
            before.name == workspace.name
                || renames.get(before.name.as_str()) == Some(&workspace.name.as_str())
        });
        let former = earlier
            .and_then(|before| before.reader_role.clone())
            .filter(|former| facts.roles.contains_key(former));
        if let Some(former) = former {
            let action = Action::RenameRole { from: former.clone(), to: role.clone() };
            draft.step(Phase::Prepare, action);
            moved.insert(former, role.clone());
        } else {
            draft.step(Phase::Prepare, Action::CreateRole { role: role.clone() });
        }
    }
    moved
}

/// The views that are there, under the names that their schemas are about to get, and what somebody
/// did to them.
fn views_now<'a>(
    facts: &'a Facts,
    moved: &BTreeMap<String, String>,
) -> BTreeMap<TableName, (&'a View, Option<&'static str>)> {
    let mut now = BTreeMap::new();
    for stream in &facts.streams {
        for view in &stream.views {
            let touched = stream.touched.iter().find(|(name, _)| *name == view.name);
            now.insert(renamed(&view.name, moved), (view, touched.map(|(_, how)| *how)));
        }
    }
    now
}

fn renamed(view: &TableName, moved: &BTreeMap<String, String>) -> TableName {
    let schema = moved.get(&view.schema).unwrap_or(&view.schema).clone();
    TableName { schema, name: view.name.clone() }
}

fn publish_views(
    workspace: &WorkspaceSpec,
    now: &BTreeMap<TableName, (&View, Option<&'static str>)>,
    late: &BTreeSet<StreamId>,
    draft: &mut Draft,
) {
    for view in &workspace.views {
        let phase = phase_of(std::iter::once(&view.stream), late);
        let (view, workspace) = (view.clone(), workspace.name.clone());
        match now.get(&view.view) {
            None => draft.step(phase, Action::CreateView { workspace, view }),
            Some((there, Some(found))) if shows_the_same(there, &view) => {
                let found = (*found).to_owned();
                draft.step(phase, Action::ReplaceView { workspace, view, found });
            }
            Some(_) => {}
        }
    }
}

fn publish_status(
    facts: &Facts,
    workspace: &WorkspaceSpec,
    moved: &BTreeMap<String, String>,
    draft: &mut Draft,
) {
    // A status view names its workspace: it is written anew when that was renamed.
    let is_new = moved.values().any(|schema| *schema == workspace.name);
    let there = facts.status_views.get(&workspace.name).filter(|_| !is_new);
    if there.is_none_or(|stamp| !stamp.is_of(workspace)) {
        let view = status_of(workspace);
        let (workspace, replaces) = (workspace.name.clone(), there.is_some());
        draft.step(Phase::Publish, Action::CreateStatusView { workspace, view, replaces });
    }
}

fn status_of(workspace: &WorkspaceSpec) -> TableName {
    TableName { schema: workspace.name.clone(), name: status_view::NAME.to_owned() }
}

fn publish_role(
    facts: &Facts,
    workspace: &WorkspaceSpec,
    moved: &BTreeMap<String, String>,
    roles_moved: &BTreeMap<String, String>,
    late: &BTreeSet<StreamId>,
    draft: &mut Draft,
) {
    let Some(role) = &workspace.reader_role else { return };
    let former = roles_moved.iter().find(|(_, new)| *new == role).map(|(old, _)| old);
    let known_as = former.unwrap_or(role);
    let granted: BTreeSet<TableName> = facts
        .granted
        .iter()
        .filter(|(grantee, _)| grantee == known_as)
        .map(|(_, view)| renamed(view, moved))
        .collect();
    let status = status_of(workspace);
    let own = workspace.views.iter().map(|view| &view.view).chain([&status]);
    let views: Vec<TableName> = own.filter(|view| !granted.contains(*view)).cloned().collect();
    if !views.is_empty() {
        let theirs = workspace.views.iter().filter(|view| views.contains(&view.view));
        let phase = phase_of(theirs.map(|view| &view.stream), late);
        draft.step(phase, Action::GrantReader { role: role.clone(), views });
    }
    let none = Vec::new();
    let members = facts.roles.get(known_as).unwrap_or(&none);
    for member in workspace.members.iter().filter(|member| !members.contains(member)) {
        let (role, member) = (role.clone(), member.clone());
        draft.step(Phase::Publish, Action::GrantMember { role, member });
    }
    for member in members.iter().filter(|member| !workspace.members.contains(member)) {
        let (role, member) = (role.clone(), member.clone());
        draft.step(Phase::Publish, Action::RevokeMember { role, member });
    }
}

fn drop_views(
    now: &BTreeMap<TableName, (&View, Option<&'static str>)>,
    wanted: &Release,
    draft: &mut Draft,
) {
    let kept: BTreeSet<&TableName> =
        wanted.workspaces.iter().flat_map(|w| &w.views).map(|view| &view.view).collect();
    for (name, (view, _)) in now.iter().filter(|(name, _)| !kept.contains(name)) {
        let action = Action::DropView { workspace: view.workspace.clone(), view: name.clone() };
        draft.step(Phase::Drop, action);
    }
}

/// Schemas of workspaces and platforms that are no longer there.
fn drop_schemas(
    facts: &Facts,
    wanted: &Release,
    moved: &BTreeMap<String, String>,
    draft: &mut Draft,
) {
    let mut known = BTreeSet::new();
    for workspace in &facts.workspaces {
        known.insert(workspace.name.clone());
        known.extend(workspace.views.iter().map(|view| view.view.schema.clone()));
    }
    for stream in &facts.streams {
        known.extend(stream.tables.iter().map(|table| table.table.table.schema.clone()));
        known.extend(stream.views.iter().map(|view| view.name.schema.clone()));
    }
    if let Some(installed) = &facts.installed {
        known.extend(installed.release.platforms.values().map(|platform| platform.schema.clone()));
    }
    let stay = wanted_schemas(wanted);
    for schema in known {
        if facts.schemas.contains(&schema)
            && !stay.contains(&schema)
            && !moved.contains_key(&schema)
        {
            draft.step(Phase::Drop, Action::DropSchema { schema });
        }
    }
}

fn drop_roles(
    facts: &Facts,
    wanted: &Release,
    roles_moved: &BTreeMap<String, String>,
    draft: &mut Draft,
) {
    let stay: BTreeSet<&String> =
        wanted.workspaces.iter().filter_map(|w| w.reader_role.as_ref()).collect();
    for workspace in &facts.workspaces {
        let Some(role) = &workspace.reader_role else { continue };
        // A workspace whose roles are external from now on keeps the role: others count on it.
        let external = wanted
            .workspaces
            .iter()
            .any(|other| other.name == workspace.name && other.reader_role.is_none());
        if facts.roles.contains_key(role)
            && !stay.contains(role)
            && !roles_moved.contains_key(role)
            && !external
        {
            draft.step(Phase::Drop, Action::DropRole { role: role.clone() });
        }
    }
}
