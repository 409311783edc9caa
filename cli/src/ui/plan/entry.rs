//! From one step of a plan to one printed line and what stands below it.

use anstyle::Style;
use teal_model::plan::{Action, Load, TableFate};

use super::details::{Detail, Details, field, volume};
use crate::ui::{
    style::{DONE, ERROR, NAME, WARNING},
    units,
};

/// What a step does to its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Create,
    Change,
    Remove,
    /// Nothing changes: what follows waits for it.
    Wait,
}

/// One line of the plan with what stands below it.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) verb: Verb,
    pub(super) object: &'static str,
    pub(super) name: String,
    /// For plans of one line per object: all of it.
    pub(super) note: String,
    /// Above details: what they do not say.
    pub(super) short: Option<String>,
    pub(super) destructive: bool,
    pub(super) details: Vec<Detail>,
}

/// Sections of the printed plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Streams,
    Views,
    Access,
    Catalog,
}

impl Group {
    pub(super) const ALL: [Self; 4] = [Self::Streams, Self::Views, Self::Access, Self::Catalog];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Streams => "Streams",
            Self::Views => "Views",
            Self::Access => "Schemas and roles",
            Self::Catalog => "Catalog",
        }
    }
}

impl Verb {
    pub(super) fn look(self) -> (Style, &'static str) {
        match self {
            Self::Create => (DONE, "create"),
            Self::Change => (WARNING, "change"),
            Self::Remove => (ERROR, "remove"),
            Self::Wait => (NAME, "wait  "),
        }
    }
}

/// What this step will read from the source.
pub(super) fn loads(action: &Action) -> &[Load] {
    match action {
        Action::CreateStream { loads, .. }
        | Action::ChangeStream { loads, .. }
        | Action::RepairStream { loads, .. } => loads,
        _ => &[],
    }
}

/// The line for one step; none for what is always done.
pub(super) fn entry(action: &Action) -> Option<(Group, Entry)> {
    let plain = |verb, object, name: &str, note: String| Entry {
        verb,
        object,
        name: name.to_owned(),
        note,
        short: None,
        destructive: action.is_destructive(),
        details: Vec::new(),
    };
    let mut details = Details::default();
    let (group, entry) = match action {
        Action::CreateStream { stream, style, needed_by, facts, ddl, loads, takes_over } => {
            let all: Vec<&Load> = loads.iter().collect();
            let note = match (all.is_empty(), takes_over.len() as u64) {
                (true, 0) => "no load".to_owned(),
                (true, n) => format!("{}, no load", units::counted(n, "dataset")),
                (false, n) => {
                    let datasets = units::counted(all.len() as u64 + n, "dataset");
                    format!("{datasets}, {}", volume(&all))
                }
            };
            details.needed(needed_by);
            details.facts(style.as_str(), facts);
            details.taken(takes_over);
            details.loads(loads);
            details.statements(ddl);
            (Group::Streams, plain(Verb::Create, "stream", &stream.to_string(), note))
        }
        Action::ChangeStream {
            stream,
            formerly,
            needed_by,
            changes,
            ddl,
            loads,
            interrupts,
            views,
            destructive: _,
            losses,
        } => {
            let mut note: Vec<String> =
                formerly.iter().map(|old| format!("formerly {old}")).collect();
            let short = match formerly {
                Some(old) => format!("formerly {old}"),
                None => units::counted(changes.len() as u64, "change"),
            };
            note.extend(changes.iter().map(field));
            details.fields(changes);
            details.needed(needed_by);
            details.loads(loads);
            if *interrupts {
                details.interrupts("the running batch is given up and read again");
            }
            details.views(views);
            details.losses(losses);
            details.statements(ddl);
            let entry = plain(Verb::Change, "stream", &stream.to_string(), note.join("; "));
            (Group::Streams, Entry { short: Some(short), ..entry })
        }
        Action::RepairStream { stream, why, ddl, loads, losses } => {
            details.loads(loads);
            details.losses(losses);
            details.statements(ddl);
            let note = format!("repair: {why}");
            (Group::Streams, plain(Verb::Change, "stream", &stream.to_string(), note))
        }
        Action::HandOver { from, why, tables } => {
            for table in tables {
                details.plain(format!("{} goes to {} with its rows", table.table, table.to));
            }
            details.interrupts("its running batch is given up and read again by who follows");
            (Group::Streams, plain(Verb::Change, "tables", &from.to_string(), why.clone()))
        }
        Action::LoadStream { stream, views } => {
            let note = "until it is loaded its views show what they showed".to_owned();
            let views: Vec<String> = views.iter().map(ToString::to_string).collect();
            details.named(Style::new(), &views, str::to_owned);
            (Group::Streams, plain(Verb::Wait, "load", &stream.to_string(), note))
        }
        Action::RetireStream { stream, why, tables } => {
            for one in tables {
                details.fate(fate(one));
            }
            (Group::Streams, plain(Verb::Remove, "stream", &stream.to_string(), why.clone()))
        }
        Action::CreateView { view, .. } => {
            let note = format!("on {} {}", view.stream, view.dataset);
            (Group::Views, plain(Verb::Create, "view", &view.view.to_string(), note))
        }
        Action::ReplaceView { view, found, .. } => {
            let note = format!("repair: it {found}");
            (Group::Views, plain(Verb::Change, "view", &view.view.to_string(), note))
        }
        Action::MoveViews { workspace, views } => {
            for moved in views {
                let (view, to) = (&moved.view, &moved.view.stream);
                details.plain(format!(
                    "{}: {} {} → {to} {}",
                    view.view, moved.from, moved.dataset, view.dataset
                ));
            }
            let count = units::counted(views.len() as u64, "view");
            let note = format!("at one stroke: {count}, no moment without rows");
            (Group::Views, plain(Verb::Change, "views", workspace, note))
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
            for view in views {
                details.in_full(format!("select on {view}"));
            }
            (Group::Access, plain(Verb::Create, "grant", role, note))
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
        Action::RegisterAttributes { names } => {
            let note = "the namespace lacks them; Temporal's UI filters streams by them".to_owned();
            (Group::Catalog, plain(Verb::Create, "search attributes", &names.join(", "), note))
        }
        Action::InstallRelease { changes } if changes.is_empty() => return None,
        Action::InstallRelease { changes } => {
            details.fields(changes);
            let note = changes.iter().map(field).collect::<Vec<_>>().join("; ");
            let short = Some(units::counted(changes.len() as u64, "change"));
            (Group::Catalog, Entry { short, ..plain(Verb::Change, "release", "model", note) })
        }
    };
    Some((group, Entry { details: details.done(), ..entry }))
}

fn fate(fate: &TableFate) -> String {
    let rows = units::counted(fate.rows, "row");
    match fate.kept_days {
        0 => format!("table {} is dropped with {rows}", fate.table),
        days => format!("table {} with {rows} is kept for {days} days", fate.table),
    }
}
