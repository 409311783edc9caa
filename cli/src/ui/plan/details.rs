//! What stands below a line of the plan.

use anstyle::Style;
use teal_model::plan::{Field, Load, LoadKind, TakenTable, ViewChange};

use super::Depth;
use crate::ui::{
    style::{DONE, ERROR, FAINT, WARNING},
    units,
};

/// Loads of one stream that are listed one by one.
const MOST_LOADS: usize = 8;
/// Names of which a summary speaks.
const MOST_NAMES: usize = 3;
/// What is usually told of a new stream.
const USUAL_FACTS: [&str; 3] = ["schedule", "ingest class", "merge class"];

/// A line below an entry.
#[derive(Clone)]
pub(super) struct Detail {
    shown: Shown,
    pub(super) style: Style,
    pub(super) text: String,
}

/// Who reads a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// Whoever reads more than one line for each object.
    Always,
    /// Who does not want everything, in place of all that it sums up.
    Usually,
    /// Who wants everything.
    InFull,
}

impl Detail {
    pub(super) fn is_shown(&self, depth: Depth) -> bool {
        match (depth, self.shown) {
            (Depth::Brief, _) => false,
            (_, Shown::Always) => true,
            (Depth::Usual, shown) => shown == Shown::Usually,
            (Depth::Full, shown) => shown == Shown::InFull,
        }
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
pub(super) struct Details(Vec<Detail>);

impl Details {
    /// All of them.
    pub(super) fn done(self) -> Vec<Detail> {
        self.0
    }

    fn push(&mut self, shown: Shown, style: Style, text: impl Into<String>) {
        self.0.push(Detail { shown, style, text: text.into() });
    }

    pub(super) fn plain(&mut self, text: impl Into<String>) {
        self.push(Shown::Always, Style::new(), text);
    }

    /// A line that only who wants everything reads.
    pub(super) fn in_full(&mut self, text: impl Into<String>) {
        self.push(Shown::InFull, Style::new(), text);
    }

    /// What becomes of a table whose stream goes.
    pub(super) fn fate(&mut self, text: String) {
        self.push(Shown::Always, ERROR, text);
    }

    /// What a new stream is like; usually what decides about its rows.
    pub(super) fn facts(&mut self, style: &str, facts: &[Field]) {
        let style = format!("style {style}");
        let line = |facts: Vec<String>| {
            std::iter::once(style.clone()).chain(facts).collect::<Vec<_>>().join("; ")
        };
        let usual = facts.iter().filter(|fact| USUAL_FACTS.contains(&fact.name.as_str()));
        self.push(Shown::Usually, Style::new(), line(usual.map(field).collect()));
        self.in_full(line(facts.iter().map(field).collect()));
    }

    pub(super) fn needed(&mut self, by: &[String]) {
        if !by.is_empty() {
            self.plain(format!("needed by {}", by.join(", ")));
        }
    }

    pub(super) fn fields(&mut self, fields: &[Field]) {
        for each in fields {
            let (style, mark) = match (&each.old, &each.new) {
                (None, Some(_)) => (DONE, '+'),
                (Some(_), None) => (ERROR, '-'),
                _ => (WARNING, '~'),
            };
            self.push(Shown::Always, style, format!("{mark} {}", field(each)));
        }
    }

    pub(super) fn loads(&mut self, loads: &[Load]) {
        let is_long = loads.len() > MOST_LOADS;
        if is_long {
            let (all, count) = (loads.iter().collect::<Vec<_>>(), loads.len() as u64);
            let mut largest = all.clone();
            largest.sort_by_key(|load| std::cmp::Reverse(load.rows));
            let names: Vec<&str> =
                largest.iter().take(MOST_NAMES).map(|load| load.dataset.as_str()).collect();
            let datasets = units::counted(count, "dataset");
            let text =
                format!("loads {datasets}: {}; the largest: {}", volume(&all), names.join(", "));
            self.push(Shown::Usually, Style::new(), text);
        }
        for load in loads {
            let (dataset, volume) = (&load.dataset, volume(&[load]));
            let shown = if is_long { Shown::InFull } else { Shown::Always };
            let text = match load.kind {
                LoadKind::First => format!("loads {dataset}: {volume}"),
                LoadKind::Anew => {
                    format!("loads {dataset} anew, beside the table in place: {volume}")
                }
                LoadKind::Compare => {
                    format!("reads all of {dataset} again and compares it: {volume}")
                }
            };
            self.push(shown, Style::new(), text);
            if load.rewrites {
                let why = "a column comes that is never NULL, which makes a new version of it";
                self.plain(format!(
                    "writes each row of {dataset} again: {why} where history is kept"
                ));
            }
        }
    }

    pub(super) fn interrupts(&mut self, text: impl Into<String>) {
        self.push(Shown::Always, WARNING, format!("interrupts: {}", text.into()));
    }

    pub(super) fn losses(&mut self, losses: &[String]) {
        for loss in losses {
            self.push(Shown::Always, ERROR, format!("destroys: {loss}"));
        }
    }

    pub(super) fn statements(&mut self, ddl: &[String]) {
        if !ddl.is_empty() {
            let count = units::counted(ddl.len() as u64, "statement");
            self.push(Shown::Usually, FAINT, format!("{count} (-v shows them)"));
        }
        for line in ddl.iter().flat_map(|statement| statement.trim().lines()) {
            self.push(Shown::InFull, FAINT, line.trim_end());
        }
    }

    pub(super) fn views(&mut self, views: &[ViewChange]) {
        let names = |of: fn(&ViewChange) -> bool| {
            let those = views.iter().filter(|view| of(view));
            those.map(|view| view.view.to_string()).collect::<Vec<_>>()
        };
        let replaced = names(|view| !view.recreated && !view.after_load);
        self.named(Style::new(), &replaced, |names| {
            format!("replaces in the same transaction: {names}")
        });
        let waiting = names(|view| view.after_load);
        self.named(Style::new(), &waiting, |names| {
            format!("until that is committed these show what they showed: {names}")
        });
        self.named(WARNING, &names(|view| view.recreated), |names| {
            let wait = "queries on them wait until it is done";
            format!("interrupts: {names} created again in one transaction: {wait}")
        });
    }

    /// A line that holds names: usually the first ones, and how many more there are.
    pub(super) fn named(&mut self, style: Style, names: &[String], line: impl Fn(&str) -> String) {
        let all = line(&names.join(", "));
        match names {
            [] => {}
            few if few.len() <= MOST_NAMES + 1 => self.push(Shown::Always, style, all),
            many => {
                let first: Vec<&str> = many.iter().take(MOST_NAMES).map(String::as_str).collect();
                let more = many.len() - first.len();
                let usual = line(&format!("{} and {more} more", first.join(", ")));
                self.push(Shown::Usually, style, usual);
                self.push(Shown::InFull, style, all);
            }
        }
    }

    pub(super) fn taken(&mut self, taken: &[TakenTable]) {
        for table in taken {
            let rows = units::counted(table.rows, "row");
            self.plain(format!("goes on with {} of {}: {rows}, no load", table.table, table.from));
        }
    }
}

/// `schedule 5m → 1m`, `+ column customers.vip boolean`, `schedule every 1m`.
pub(super) fn field(field: &Field) -> String {
    let name = &field.name;
    match (&field.old, &field.new) {
        (Some(old), Some(new)) => format!("{name} {old} → {new}"),
        (Some(old), None) => format!("{name} {old} → gone"),
        (None, Some(new)) => format!("{name} {new}"),
        (None, None) => name.clone(),
    }
}
