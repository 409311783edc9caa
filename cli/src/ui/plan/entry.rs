//! From one step of a plan to one printed line.

use anstyle::Style;
use teal_model::plan::{Action, Field, Load, TableFate};

use crate::ui::{
    style::{DONE, ERROR, WARNING},
    units,
};

/// What a step does to its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Create,
    Change,
    Remove,
}

/// One line of the plan with what stands below it.
pub(super) struct Entry {
    pub(super) verb: Verb,
    pub(super) object: &'static str,
    pub(super) name: String,
    pub(super) note: String,
    pub(super) destructive: bool,
    pub(super) details: Vec<String>,
}

/// Sections of the printed plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Streams,
    Views,
    Access,
}

impl Group {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Streams => "Streams",
            Self::Views => "Views",
            Self::Access => "Schemas and roles",
        }
    }
}

impl Verb {
    pub(super) fn look(self) -> (Style, &'static str) {
        match self {
            Self::Create => (DONE, "create"),
            Self::Change => (WARNING, "change"),
            Self::Remove => (ERROR, "remove"),
        }
    }
}

/// What this step will read from the source.
pub(super) fn loads(action: &Action) -> &[Load] {
    match action {
        Action::CreateStream { loads, .. } | Action::ChangeStream { loads, .. } => loads,
        _ => &[],
    }
}

/// `1.2 M rows, 340 MiB`, with `at least` where the source has no statistics for some dataset.
pub(super) fn volume(loads: &[&Load]) -> String {
    let rows: u64 = loads.iter().filter_map(|load| load.rows).sum();
    let size: u64 = loads.iter().filter_map(|load| load.bytes).sum();
    let unknown = loads.iter().filter(|load| load.rows.is_none()).count();
    let known = format!("{}, {}", units::counted(rows, "row"), units::bytes(size));
    match unknown {
        0 => format!("about {known}"),
        n if n == loads.len() => "an unknown number of rows".to_owned(),
        n => format!("about {known} and {} of unknown size", units::counted(n as u64, "dataset")),
    }
}

/// The line for one step; none for what is always done.
pub(super) fn entry(action: &Action) -> Option<(Group, Entry)> {
    let plain = |verb, object, name: &str, note: String| Entry {
        verb,
        object,
        name: name.to_owned(),
        note,
        destructive: action.is_destructive(),
        details: Vec::new(),
    };
    let (group, entry) = match action {
        Action::CreateStream { stream, style, needed_by, facts, ddl, loads } => {
            let all: Vec<&Load> = loads.iter().collect();
            let note = format!(
                "{}, {}",
                units::counted(loads.len() as u64, "dataset"),
                if all.is_empty() { "no load".to_owned() } else { volume(&all) }
            );
            let mut details = needed(needed_by);
            let style = std::iter::once(format!("style {}", style.as_str()));
            details.push(style.chain(facts.iter().map(field)).collect::<Vec<_>>().join("; "));
            details.extend(loads.iter().map(load));
            details.extend(ddl.iter().flat_map(|statement| statement_lines(statement)));
            let name = stream.to_string();
            (Group::Streams, Entry { details, ..plain(Verb::Create, "stream", &name, note) })
        }
        Action::ChangeStream {
            stream,
            formerly,
            needed_by,
            changes,
            ddl,
            loads,
            interrupts,
            destructive: _,
        } => {
            let mut note: Vec<String> =
                formerly.iter().map(|old| format!("formerly {old}")).collect();
            note.extend(changes.iter().map(field));
            let mut details = needed(needed_by);
            details.extend(loads.iter().map(load));
            if *interrupts {
                details.push("the running batch is given up and read again".to_owned());
            }
            details.extend(ddl.iter().flat_map(|statement| statement_lines(statement)));
            let entry = plain(Verb::Change, "stream", &stream.to_string(), note.join("; "));
            (Group::Streams, Entry { details, ..entry })
        }
        Action::RepairStream { stream, why } => {
            (Group::Streams, plain(Verb::Change, "stream", &stream.to_string(), why.clone()))
        }
        Action::RetireStream { stream, tables } => {
            let note = "no workspace needs it any more".to_owned();
            let details = tables.iter().map(fate).collect();
            let entry = plain(Verb::Remove, "stream", &stream.to_string(), note);
            (Group::Streams, Entry { details, ..entry })
        }
        Action::CreateView { view, .. } => {
            let note = format!("on {} {}", view.stream, view.dataset);
            (Group::Views, plain(Verb::Create, "view", &view.view.to_string(), note))
        }
        Action::ReplaceView { view, .. } => {
            let note = format!("now on {} {}", view.stream, view.dataset);
            (Group::Views, plain(Verb::Change, "view", &view.view.to_string(), note))
        }
        Action::DropView { workspace, view } => {
            let note = format!("of workspace {workspace}");
            (Group::Views, plain(Verb::Remove, "view", &view.to_string(), note))
        }
        Action::CreateStatusView { workspace, view, replaces } => {
            let note = format!("how fresh the datasets of {workspace} are");
            let verb = if *replaces { Verb::Change } else { Verb::Create };
            (Group::Views, plain(verb, "view", &view.to_string(), note))
        }
        Action::GrantReader { role, views } => {
            let note = format!("may read {}", units::counted(views.len() as u64, "view"));
            let details = views.iter().map(|view| format!("select on {view}")).collect();
            (Group::Access, Entry { details, ..plain(Verb::Create, "grant", role, note) })
        }
        Action::RenameSchema { from, to } => {
            let note = format!("renamed from {from}");
            (Group::Access, plain(Verb::Change, "schema", to, note))
        }
        Action::RenameRole { from, to } => {
            let note = format!("renamed from {from}");
            (Group::Access, plain(Verb::Change, "role", to, note))
        }
        Action::CreateSchema { schema } => {
            (Group::Access, plain(Verb::Create, "schema", schema, String::new()))
        }
        Action::CreateRole { role } => {
            (Group::Access, plain(Verb::Create, "role", role, String::new()))
        }
        Action::GrantMember { role, member } => {
            (Group::Access, plain(Verb::Create, "member", member, format!("of role {role}")))
        }
        Action::RevokeMember { role, member } => {
            (Group::Access, plain(Verb::Remove, "member", member, format!("of role {role}")))
        }
        Action::DropSchema { schema } => {
            (Group::Access, plain(Verb::Remove, "schema", schema, String::new()))
        }
        Action::DropRole { role } => {
            (Group::Access, plain(Verb::Remove, "role", role, String::new()))
        }
        Action::InstallRelease => return None,
    };
    Some((group, entry))
}

/// `schedule 5m → 1m`, `+ column customers.vip boolean`, `schedule every 1m`.
fn field(field: &Field) -> String {
    let name = &field.name;
    match (&field.old, &field.new) {
        (Some(old), Some(new)) => format!("{name} {old} → {new}"),
        (Some(old), None) => format!("{name} {old} → gone"),
        (None, Some(new)) => format!("{name} {new}"),
        (None, None) => name.clone(),
    }
}

fn needed(by: &[String]) -> Vec<String> {
    if by.is_empty() { Vec::new() } else { vec![format!("needed by {}", by.join(", "))] }
}

fn load(load: &Load) -> String {
    format!("load {}: {}", load.dataset, volume(&[load]))
}

fn fate(fate: &TableFate) -> String {
    let rows = units::counted(fate.rows, "row");
    match fate.kept_days {
        0 => format!("table {} is dropped with {rows}", fate.table),
        days => format!("table {} with {rows} is kept for {days} days", fate.table),
    }
}

fn statement_lines(statement: &str) -> Vec<String> {
    statement.trim().lines().map(|line| line.trim_end().to_owned()).collect()
}
