//! Serving: which platforms serve a group of a workspace, and in which schema its views lie.
//!
//! Assignments decide; without one, `platform:` of the group; without that, the one platform whose
//! style fits what the group needs.

use crate::{
    code,
    document::{
        assignment::{Assignment, AssignmentState},
        platform::Platform,
        workspace::{Group, History, Workspace},
    },
    lint::index::Index,
    name,
    yaml::{Entry, Finding, Report, Spanned, list},
};

/// A platform that serves a group.
#[derive(Debug)]
pub(crate) struct Served<'a> {
    pub(crate) platform: &'a Platform,
    /// Schema of the views.
    pub(crate) schema: String,
}

/// Why no platform can be said; empty where the mistake is reported elsewhere.
type Faults = Vec<Finding>;

/// Reports what keeps a group from being served.
pub(crate) fn check(
    index: &Index<'_>,
    workspace: &Workspace,
    group: &Entry<Group>,
    report: &mut Report,
) {
    let faults = platforms(index, workspace, group).err().unwrap_or_default();
    if !report.has_gaps() {
        faults.into_iter().for_each(|fault| report.add(fault));
    }
}

/// The platforms that serve a group; the first in the workspace's own schema, others as parallel
/// runs. None at all where every assignment is over.
pub(crate) fn platforms<'a>(
    index: &Index<'a>,
    workspace: &Workspace,
    group: &Entry<Group>,
) -> Result<Vec<Served<'a>>, Faults> {
    let readable = group.value.at.is_somewhere()
        && group.value.needs.as_ref().is_none_or(|needs| {
            needs.history.as_ref().is_none_or(|history| history.at.is_somewhere())
        })
        && index.platforms.values().all(|platform| platform.style.at.is_somewhere());
    if !readable {
        return Err(Faults::new());
    }
    let own = |platform| vec![Served { platform, schema: workspace.name.value.clone() }];
    let key = (workspace.name.as_str(), group.name.as_str());
    if let Some(assignments) = index.assignments.get(&key) {
        return assigned(index, workspace, &group.value, assignments);
    }
    match &group.value.platform {
        Some(name) => named(index, &group.value, name).map(own),
        None => fitting(index, group).map(own),
    }
}

/// The platform of this name, if it keeps what the group needs.
fn named<'a>(
    index: &Index<'a>,
    group: &Group,
    name: &Spanned<String>,
) -> Result<&'a Platform, Faults> {
    let platform = *index.platforms.get(name.as_str()).ok_or_else(Faults::new)?;
    if fits(platform, group.history()) || group.history() == History::None {
        return Ok(platform);
    }
    let style = platform.style.as_str();
    let message = format!("`{}` is {style} and keeps no history", platform.name.value);
    Err(vec![Finding::new(code::MODEL0054, name.at, message)])
}

/// History none is what live platforms are for; every other may be asked for by name.
fn fits(platform: &Platform, history: History) -> bool {
    platform.style.has_history() == (history == History::Full)
}

fn fitting<'a>(index: &Index<'a>, group: &Entry<Group>) -> Result<&'a Platform, Faults> {
    let history = group.value.history();
    let fitting: Vec<&'a Platform> =
        index.platforms.values().copied().filter(|platform| fits(platform, history)).collect();
    let needs = if history == History::Full { "full" } else { "none" };
    match fitting[..] {
        [only] => Ok(only),
        [] => {
            let message =
                format!("no platform fits `{}`, which needs history {needs}", group.name.value);
            Err(vec![Finding::new(code::MODEL0052, group.name.at, message)])
        }
        [..] => {
            let names: Vec<&str> = fitting.iter().map(|platform| platform.name.as_str()).collect();
            let message = format!(
                "{} platforms fit `{}`, which needs history {needs}",
                names.len(),
                group.name.value
            );
            let finding = Finding::new(code::MODEL0053, group.name.at, message);
            Err(vec![finding.help(format!("add `platform:` with one of {}", list(&names)))])
        }
    }
}

fn assigned<'a>(
    index: &Index<'a>,
    workspace: &Workspace,
    group: &Group,
    assignments: &[&Assignment],
) -> Result<Vec<Served<'a>>, Faults> {
    let over = AssignmentState::Decommissioned;
    if assignments.iter().any(|assignment| !assignment.state.at.is_somewhere()) {
        return Err(Faults::new());
    }
    let mut active: Vec<&Assignment> =
        assignments.iter().copied().filter(|assignment| assignment.state.value != over).collect();
    active.sort_by_key(|assignment| (assignment.state.value, assignment.at));
    let mut faults = contradictions(&active);
    let mut served = Vec::new();
    for (rank, assignment) in active.iter().enumerate() {
        match named(index, group, &assignment.platform) {
            Ok(platform) => {
                let (own, name) = (workspace.name.as_str(), platform.name.as_str());
                let schema = if rank == 0 { own.to_owned() } else { name::physical(&[own, name]) };
                served.push(Served { platform, schema });
            }
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() && served.len() == active.len() { Ok(served) } else { Err(faults) }
}

/// One platform has one assignment, and one assignment comes first.
fn contradictions(active: &[&Assignment]) -> Faults {
    let mut faults = Faults::new();
    for (number, assignment) in active.iter().enumerate() {
        let mut before = active.iter().take(number);
        if let Some(first) = before.find(|first| first.platform.value == assignment.platform.value)
        {
            let message = format!("`{}` is assigned twice", assignment.platform.value);
            let finding = Finding::new(code::MODEL0055, assignment.platform.at, message);
            faults.push(finding.also("first assigned here", first.platform.at));
        }
    }
    if let [first, second, ..] = active
        && first.state.value == second.state.value
    {
        let message = format!(
            "both `{}` and `{}` would serve the group",
            first.platform.value, second.platform.value
        );
        let finding = Finding::new(code::MODEL0055, second.state.at, message);
        faults.push(finding.also("the other one", first.state.at));
    }
    faults
}
