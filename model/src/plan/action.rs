//! What one step of a plan does.

use serde::{Deserialize, Serialize};

use super::details::{Field, HandedTable, Load, MovedView, TableFate, TakenTable, ViewChange};
use crate::{
    ids::StreamId,
    release::{Style, TableName, ViewSpec},
};

/// What one step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    /// A schema for a platform or a workspace.
    CreateSchema {
        /// Its name.
        schema: String,
    },
    /// A schema gets another name, with all that is in it (a workspace that was renamed).
    RenameSchema {
        /// Name until now.
        from: String,
        /// Name from now on.
        to: String,
    },
    /// A workspace's reader role.
    CreateRole {
        /// Its name.
        role: String,
    },
    /// A reader role gets another name and keeps its grants and members.
    RenameRole {
        /// Name until now.
        from: String,
        /// Name from now on.
        to: String,
    },
    /// A member of a reader role.
    GrantMember {
        /// Reader role.
        role: String,
        /// Role that becomes a member.
        member: String,
    },
    /// A member of a reader role goes.
    RevokeMember {
        /// Reader role.
        role: String,
        /// Role that is no longer a member.
        member: String,
    },
    /// A new stream: row in the catalog, workflow, tables, views.
    CreateStream {
        /// Which.
        stream: StreamId,
        /// How it keeps data.
        style: Style,
        /// Workspaces that need it.
        needed_by: Vec<String>,
        /// Facts for a person: schedule, classes.
        facts: Vec<Field>,
        /// Statements that the stream will run.
        ddl: Vec<String>,
        /// What the first load will read, from the source's statistics.
        loads: Vec<Load>,
        /// Tables with all their rows that it continues, so that they are not loaded again.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        takes_over: Vec<TakenTable>,
    },
    /// A stream whose configuration changed.
    ChangeStream {
        /// Which.
        stream: StreamId,
        /// Its earlier key, when it was renamed.
        formerly: Option<StreamId>,
        /// Workspaces that need it.
        needed_by: Vec<String>,
        /// What changed, old → new.
        changes: Vec<Field>,
        /// Statements that the stream will run.
        ddl: Vec<String>,
        /// What has to be read again or anew.
        loads: Vec<Load>,
        /// Whether the running batch is given up.
        interrupts: bool,
        /// Views that are replaced with it, and how consumers notice.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        views: Vec<ViewChange>,
        /// Whether a statement destroys data.
        destructive: bool,
        /// What is lost, in words.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        losses: Vec<String>,
    },
    /// A stream whose configuration is the wanted one, but which is not as the catalog says.
    RepairStream {
        /// Which.
        stream: StreamId,
        /// What was found: no open workflow, a table that somebody dropped, …
        why: String,
        /// Statements that the stream will run.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        ddl: Vec<String>,
        /// What has to be read again.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        loads: Vec<Load>,
        /// What is lost, in words; empty: nothing, and no yes is needed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        losses: Vec<String>,
    },
    /// Tables go from a stream that ends to those that follow it, with rows, history and views: the
    /// store runs as one stream from now on, or as one for each dataset.
    HandOver {
        /// The stream that ends.
        from: StreamId,
        /// Why.
        why: String,
        /// What goes where.
        tables: Vec<HandedTable>,
    },
    /// Waits for the first load of a stream, as views are about to move to it.
    LoadStream {
        /// Which.
        stream: StreamId,
        /// Views that show another stream's rows until then.
        views: Vec<TableName>,
    },
    /// A stream that nobody needs any more.
    RetireStream {
        /// Which.
        stream: StreamId,
        /// Why nobody needs it.
        #[serde(default)]
        why: String,
        /// What happens to its tables.
        tables: Vec<TableFate>,
    },
    /// A view that appears.
    CreateView {
        /// Whose.
        workspace: String,
        /// What it shows.
        view: ViewSpec,
    },
    /// A view that somebody changed or dropped by hand: it is put again.
    ReplaceView {
        /// Whose.
        workspace: String,
        /// What it shows.
        view: ViewSpec,
        /// What was found.
        #[serde(default)]
        found: String,
    },
    /// Views of one workspace that show other tables from now on, all in one transaction.
    MoveViews {
        /// Whose.
        workspace: String,
        /// Which, from where to where.
        views: Vec<MovedView>,
    },
    /// A view that goes.
    DropView {
        /// Whose.
        workspace: String,
        /// Which.
        view: TableName,
    },
    /// The view that tells a workspace how fresh its datasets are.
    CreateStatusView {
        /// Whose.
        workspace: String,
        /// Schema of the workspace, name `_status`.
        view: TableName,
        /// It is there already, with another text.
        #[serde(default)]
        replaces: bool,
    },
    /// SELECT on views for a reader role that does not have it yet.
    GrantReader {
        /// Reader role.
        role: String,
        /// Views that it may read from now on; USAGE on their schemas comes with them.
        views: Vec<TableName>,
    },
    /// A schema that goes, with what Teal itself put into it.
    DropSchema {
        /// Its name.
        schema: String,
    },
    /// A reader role that goes.
    DropRole {
        /// Its name.
        role: String,
    },
    /// Search attributes that the Temporal namespace lacks, by which its UI filters streams.
    RegisterAttributes {
        /// Their names.
        names: Vec<String>,
    },
    /// The desired state is written to the catalog (always there; what only stands there and
    /// touches no stream is named).
    InstallRelease {
        /// Differences of the releases that no other step shows: classes, priorities, members, …
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        changes: Vec<Field>,
    },
}

impl Action {
    /// Whether data that cannot be read again from the source may be lost, or a consumer loses a
    /// view: such a step needs a yes.
    pub fn is_destructive(&self) -> bool {
        match self {
            Self::RetireStream { tables, .. } => !tables.is_empty(),
            Self::RenameSchema { .. }
            | Self::DropView { .. }
            | Self::DropSchema { .. }
            | Self::DropRole { .. } => true,
            Self::ChangeStream { destructive, .. } => *destructive,
            Self::RepairStream { losses, .. } => !losses.is_empty(),
            Self::CreateSchema { .. }
            | Self::CreateRole { .. }
            | Self::RenameRole { .. }
            | Self::GrantMember { .. }
            | Self::RevokeMember { .. }
            | Self::CreateStream { .. }
            | Self::HandOver { .. }
            | Self::LoadStream { .. }
            | Self::MoveViews { .. }
            | Self::RegisterAttributes { .. }
            | Self::CreateView { .. }
            | Self::ReplaceView { .. }
            | Self::CreateStatusView { .. }
            | Self::GrantReader { .. }
            | Self::InstallRelease { .. } => false,
        }
    }

    /// What it is about, in a few words.
    pub fn label(&self) -> String {
        match self {
            Self::CreateSchema { schema } | Self::DropSchema { schema } => {
                format!("schema {schema}")
            }
            Self::RenameSchema { from, to } => format!("schema {from} → {to}"),
            Self::CreateRole { role } | Self::DropRole { role } => format!("role {role}"),
            Self::RenameRole { from, to } => format!("role {from} → {to}"),
            Self::GrantMember { role, member } | Self::RevokeMember { role, member } => {
                format!("member {member} of {role}")
            }
            Self::CreateStream { stream, .. }
            | Self::ChangeStream { stream, .. }
            | Self::RepairStream { stream, .. }
            | Self::LoadStream { stream, .. }
            | Self::RetireStream { stream, .. } => format!("stream {stream}"),
            Self::CreateView { view, .. } | Self::ReplaceView { view, .. } => {
                format!("view {}", view.view)
            }
            Self::DropView { view, .. } | Self::CreateStatusView { view, .. } => {
                format!("view {view}")
            }
            Self::HandOver { from, .. } => format!("tables of {from}"),
            Self::MoveViews { workspace, .. } => format!("views of {workspace}"),
            Self::RegisterAttributes { .. } => "search attributes".to_owned(),
            Self::GrantReader { role, .. } => format!("grants of {role}"),
            Self::InstallRelease { .. } => "release".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    /// Words of the JSON form, read from the source: what a program meets.
    fn words_of(file: &str) -> Vec<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/plan").join(file);
        let text = fs::read_to_string(path).unwrap();
        let code = text.split("\nimpl ").next().unwrap().to_owned();
        let fields = code.lines().filter_map(|line| {
            let line = line.trim().trim_start_matches("pub ");
            let (name, _) = line.split_once(": ")?;
            let is_name = name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            (is_name && line.ends_with(',')).then(|| name.to_owned())
        });
        fields.collect()
    }

    #[test]
    fn every_field_of_the_json_form_is_documented() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/plan.md");
        let text = fs::read_to_string(path).unwrap();
        let words = [words_of("action.rs"), words_of("details.rs")].concat();
        assert!(words.len() > 50, "the sources moved: {words:?}");
        for word in words {
            assert!(text.contains(&format!("`{word}`")), "docs/plan.md does not know `{word}`");
        }
    }
}
