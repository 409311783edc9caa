//! Consumers: schemas, roles, views, grants and members that appear, change or go.

use std::collections::{BTreeMap, BTreeSet};

use teal_model::{
    plan::{Action, Phase},
    release::{Release, Shows, TableName, ViewSpec, WorkspaceSpec},
};

use super::{Draft, facts::Facts};
use crate::provision::{schemas, status_view, views::View};

/// Writes the steps of the phases `prepare`, `publish` and `drop`.
pub(super) fn compare(facts: &Facts, wanted: &Release, draft: &mut Draft) {
    let renames = renames(facts, wanted);
    let moved = prepare_schemas(facts, wanted, &renames, draft);
    let roles_moved = prepare_roles(facts, wanted, &renames, draft);
    let views = views_now(facts, &moved);
    for workspace in &wanted.workspaces {
        publish_views(facts, workspace, &views, draft);
    }
    for workspace in &wanted.workspaces {
        publish_status(facts, workspace, &moved, draft);
        publish_role(facts, workspace, &moved, &roles_moved, draft);
    }
    drop_views(&views, wanted, draft);
    drop_schemas(facts, wanted, &moved, draft);
    drop_roles(facts, wanted, &roles_moved, draft);
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
        if facts.schemas.contains(&schema) {
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
    facts: &Facts,
    workspace: &WorkspaceSpec,
    now: &BTreeMap<TableName, (&View, Option<&'static str>)>,
    draft: &mut Draft,
) {
    for view in &workspace.views {
        let (view, workspace) = (view.clone(), workspace.name.clone());
        match now.get(&view.view) {
            None => draft.step(Phase::Publish, Action::CreateView { workspace, view }),
            Some((there, touched)) => {
                if let Some(how) = touched {
                    draft.warn(format!("view {} {how}", view.view));
                }
                let same = shows_the_same(there, &view);
                if !same && !is_loaded(facts, &view) {
                    draft.warn(format!(
                        "view {} is empty until the first load of {} ({}) is through",
                        view.view, view.dataset, view.stream
                    ));
                }
                if touched.is_some() || !same {
                    draft.step(Phase::Publish, Action::ReplaceView { workspace, view });
                }
            }
        }
    }
}

fn shows_the_same(there: &View, wanted: &ViewSpec) -> bool {
    there.platform == wanted.stream.platform()
        && there.store == wanted.stream.store()
        && there.dataset == wanted.dataset
        && there.history == (wanted.shows == Shows::History)
}

/// Whether the table that a view is about to show holds its rows already.
fn is_loaded(facts: &Facts, view: &ViewSpec) -> bool {
    facts.streams.iter().filter(|stream| stream.spec.id == view.stream).any(|stream| {
        stream.tables.iter().any(|table| table.table.dataset == view.dataset && table.table.loaded)
    })
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
        draft.step(Phase::Publish, Action::GrantReader { role: role.clone(), views });
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
