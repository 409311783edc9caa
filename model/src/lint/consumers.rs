//! Consumers: roles of workspaces, and platforms that serve their groups.

use super::index::Index;
use crate::{
    code,
    document::workspace::{Roles, Workspace},
    name, serving,
    yaml::{Finding, Report},
};

pub(super) fn check(index: &Index<'_>, report: &mut Report) {
    for workspace in &index.documents.workspaces {
        readers(workspace, report);
    }
    for workspace in index.workspaces.values() {
        for group in workspace.groups.iter() {
            serving::check(index, workspace, group, report);
        }
    }
}

fn readers(workspace: &Workspace, report: &mut Report) {
    let readers = workspace.readers.iter().filter(|reader| reader.at.is_somewhere());
    for (number, reader) in readers.enumerate() {
        if number == 0 && workspace.roles() == Roles::External {
            let message = "readers are listed, but `roles: external` says who reads elsewhere";
            report.add(Finding::new(code::MODEL0056, reader.at, message));
        }
        let length = 1..=name::LONGEST;
        if !length.contains(&reader.len())
            || reader.starts_with("pg_")
            || reader.contains('\0')
            || reader.as_str() == "public"
        {
            let message = format!("no role can be named `{}`", reader.escape_debug());
            report.add(Finding::new(code::MODEL0057, reader.at, message));
        }
    }
}
