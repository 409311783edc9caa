//! From one step of a plan to one printed line and what stands below it.

use anstyle::Style;
use teal_model::{
    plan::{Action, Field, Load, LoadKind, TableFate, TakenTable, ViewChange},
    release::TableName,
};

use crate::ui::{
    style::{DONE, ERROR, FAINT, NAME, WARNING},
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

/// A line below an entry.
pub(super) struct Detail {
    pub(super) style: Style,
    pub(super) text: String,
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

/// `about 1.2 M rows, 340 MiB, 40 s`, with what the source's statistics do not know.
pub(super) fn volume(loads: &[&Load]) -> String {
    let sum = |of: fn(&Load) -> Option<u64>| loads.iter().filter_map(|load| of(load)).sum::<u64>();
    let (rows, size) = (sum(|load| load.rows), sum(|load| load.bytes));
    let unknown = loads.iter().filter(|load| load.rows.is_none()).count();
    let mut known = format!("{}, {}", units::counted(rows, "row"), units::bytes(size));
    if loads.iter().any(|load| load.seconds.is_some()) {
        let seconds = std::time::Duration::from_secs(sum(|load| load.seconds));
        known.push_str(&format!(", {}", units::duration(seconds)));
    }
    match unknown {
        0 => format!("about {known}"),
        n if n == loads.len() => "an unknown number of rows".to_owned(),
        n => format!("about {known} and {} of unknown size", units::counted(n as u64, "dataset")),
    }
}

/// Lines in the order in which they are read.
#[derive(Default)]
struct Details(Vec<Detail>);

impl Details {
    fn plain(&mut self, text: impl Into<String>) {
        self.0.push(Detail { style: Style::new(), text: text.into() });
    }

    fn needed(&mut self, by: &[String]) {
        if !by.is_empty() {
            self.plain(format!("needed by {}", by.join(", ")));
        }
    }

    fn fields(&mut self, fields: &[Field]) {
        for each in fields {
            let (style, mark) = match (&each.old, &each.new) {
                (None, Some(_)) => (DONE, '+'),
                (Some(_), None) => (ERROR, '-'),
                _ => (WARNING, '~'),
            };
            self.0.push(Detail { style, text: format!("{mark} {}", field(each)) });
        }
    }

    fn loads(&mut self, loads: &[Load]) {
        for load in loads {
            let (dataset, volume) = (&load.dataset, volume(&[load]));
            self.plain(match load.kind {
                LoadKind::First => format!("loads {dataset}: {volume}"),
                LoadKind::Anew => {
                    format!("loads {dataset} anew, beside the table in place: {volume}")
                }
                LoadKind::Compare => {
                    format!("reads all of {dataset} again and compares it: {volume}")
                }
            });
            if load.rewrites {
                let why = "a column comes that is never NULL, which makes a new version of it";
                self.plain(format!(
                    "writes each row of {dataset} again: {why} where history is kept"
                ));
            }
        }
    }

    fn interrupts(&mut self, text: impl Into<String>) {
        self.0.push(Detail { style: WARNING, text: format!("interrupts: {}", text.into()) });
    }

    fn losses(&mut self, losses: &[String]) {
        for loss in losses {
            self.0.push(Detail { style: ERROR, text: format!("destroys: {loss}") });
        }
    }

    fn statements(&mut self, ddl: &[String]) {
        for line in ddl.iter().flat_map(|statement| statement.trim().lines()) {
            self.0.push(Detail { style: FAINT, text: line.trim_end().to_owned() });
        }
    }

    fn views(&mut self, views: &[ViewChange]) {
        let names = |of: fn(&ViewChange) -> bool| {
            let those = views.iter().filter(|view| of(view));
            those.map(|view| view.view.to_string()).collect::<Vec<_>>().join(", ")
        };
        let replaced = names(|view| !view.recreated && !view.after_load);
        let (recreated, waiting) = (names(|view| view.recreated), names(|view| view.after_load));
        if !replaced.is_empty() {
            self.plain(format!("replaces in the same transaction: {replaced}"));
        }
        if !waiting.is_empty() {
            self.plain(format!("until that is committed these show what they showed: {waiting}"));
        }
        if !recreated.is_empty() {
            let wait = "queries on them wait until it is done";
            self.interrupts(format!("{recreated} created again in one transaction: {wait}"));
        }
    }

    fn taken(&mut self, taken: &[TakenTable]) {
        for table in taken {
            let rows = units::counted(table.rows, "row");
            self.plain(format!("goes on with {} of {}: {rows}, no load", table.table, table.from));
        }
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
            let style = std::iter::once(format!("style {}", style.as_str()));
            details.plain(style.chain(facts.iter().map(field)).collect::<Vec<_>>().join("; "));
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
            details.plain(names(views));
            (Group::Streams, plain(Verb::Wait, "load", &stream.to_string(), note))
        }
        Action::RetireStream { stream, why, tables } => {
            for one in tables {
                details.0.push(Detail { style: ERROR, text: fate(one) });
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
                details.plain(format!("select on {view}"));
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
    Some((group, Entry { details: details.0, ..entry }))
}

fn names(views: &[TableName]) -> String {
    views.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
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

fn fate(fate: &TableFate) -> String {
    let rows = units::counted(fate.rows, "row");
    match fate.kept_days {
        0 => format!("table {} is dropped with {rows}", fate.table),
        days => format!("table {} with {rows} is kept for {days} days", fate.table),
    }
}
