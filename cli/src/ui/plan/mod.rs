//! A plan as a person reads it: what happens to streams, views, schemas and roles and to what only
//! the catalog holds, in this order.
//!
//! One line for each object, details indented below it; equal plans give equal text.

use std::borrow::Cow;

use teal_model::plan::{Load, Plan};

use self::{
    details::volume,
    entry::{Entry, Group, Verb, entry, loads},
    fold::folded,
};
use super::{
    Printer, Verbosity,
    style::{ERROR, NAME, STRONG, WARNING, paint},
};

mod details;
mod entry;
mod fold;

/// How much of a plan is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// One line for each object.
    Brief,
    /// Changes, reasons, loads, interruptions and losses as well; what is alike is summed up.
    Usual,
    /// Every statement and every grant.
    Full,
}

impl Depth {
    /// What `--brief` and `--verbose` ask for.
    pub(crate) fn asked(brief: bool, printer: Printer) -> Self {
        match (brief, printer.verbosity()) {
            (true, _) => Self::Brief,
            (false, Verbosity::Verbose) => Self::Full,
            (false, _) => Self::Usual,
        }
    }
}

/// The whole plan. `command`: what carries it out, for the last line; `None`: it is on its way.
pub(crate) fn render(plan: &Plan, depth: Depth, command: Option<&str>) -> String {
    let entries: Vec<(Group, Entry)> =
        plan.steps.iter().filter_map(|step| entry(&step.action)).collect();
    let mut text = String::new();
    for group in Group::ALL {
        let members = entries.iter().filter(|(its, _)| *its == group).map(|(_, entry)| entry);
        let members: Vec<Cow<'_, Entry>> = match depth {
            Depth::Usual => folded(&members.collect::<Vec<_>>()),
            Depth::Brief | Depth::Full => members.map(Cow::Borrowed).collect(),
        };
        push_group(&mut text, group, &members, depth);
    }
    push_credentials(&mut text, plan);
    for warning in &plan.warnings {
        push(&mut text, &format!("{}: {warning}", paint(WARNING, "warning")));
    }
    let of = |verb| entries.iter().filter(|(_, entry)| entry.verb == verb).count();
    push(&mut text, &summary(plan, of(Verb::Create), of(Verb::Change), of(Verb::Remove), command));
    text
}

fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn push_group(text: &mut String, group: Group, entries: &[Cow<'_, Entry>], depth: Depth) {
    if entries.is_empty() {
        return;
    }
    push(text, &paint(STRONG, group.title()));
    let width = |of: fn(&Entry) -> usize| entries.iter().map(|entry| of(entry)).max().unwrap_or(0);
    let object = width(|entry| entry.object.chars().count());
    let name = width(|entry| entry.name.chars().count());
    for entry in entries {
        let (style, verb) = entry.verb.look();
        let mut line = format!(
            "  {}  {:<object$}  {}",
            paint(style, verb),
            entry.object,
            paint(NAME, &entry.name)
        );
        let mut rest: Vec<&str> = Vec::new();
        let mark = paint(ERROR, "DESTRUCTIVE");
        if entry.destructive {
            rest.push(&mark);
        }
        let note = match (&entry.short, depth) {
            (Some(short), Depth::Usual | Depth::Full) => short,
            (Some(_), Depth::Brief) | (None, _) => &entry.note,
        };
        if !note.is_empty() {
            rest.push(note);
        }
        if !rest.is_empty() {
            let gap = name - entry.name.chars().count();
            line.push_str(&format!("{:gap$}  {}", "", rest.join("  ")));
        }
        push(text, &line);
        for detail in entry.details.iter().filter(|detail| detail.is_shown(depth)) {
            push(text, &format!("            {}", paint(detail.style, &detail.text)));
        }
    }
    text.push('\n');
}

/// Names and places only; a secret is never looked at.
fn push_credentials(text: &mut String, plan: &Plan) {
    if plan.missing_credentials.is_empty() {
        return;
    }
    push(text, &paint(STRONG, "Missing credentials"));
    for missing in &plan.missing_credentials {
        let by = missing.needed_by.join(", ");
        let name = paint(NAME, &missing.name);
        push(text, &format!("  {}  {name}  needed by {by}", paint(WARNING, "missing")));
        push(text, &format!("            looked at {}", missing.looked_at));
        push(text, "            workers need it; here it is only needed for estimates");
    }
    text.push('\n');
}

fn summary(
    plan: &Plan,
    create: usize,
    change: usize,
    remove: usize,
    command: Option<&str>,
) -> String {
    let title = paint(STRONG, "Plan:");
    if plan.is_empty() {
        return format!("{title} nothing to do: what runs is what the model says.");
    }
    let run = command.map_or_else(String::new, |command| format!(" Run `{command}`"));
    if create + change + remove == 0 {
        return format!("{title} only the catalog takes over the new release.{run}");
    }
    let loads: Vec<&Load> = plan.steps.iter().flat_map(|step| loads(&step.action)).collect();
    let volume = match loads.as_slice() {
        [] => String::new(),
        loads => format!(" Loads {}.", volume(loads)),
    };
    let destructive = match plan.steps.iter().filter(|s| s.action.is_destructive()).count() {
        0 => String::new(),
        1 => " 1 step is destructive.".to_owned(),
        n => format!(" {n} steps are destructive."),
    };
    format!(
        "{title} {create} to create, {change} to change, {remove} to remove.{volume}{destructive}{run}"
    )
}

#[cfg(test)]
mod tests;
