//! The plan: what `apply` will do, step by step, and what it will not do without asking.
//!
//! Computed by `activities/src/plan/` from two releases and the facts of source and merge store;
//! stored in `teal.plan`; printed by the command line; run by `activities/src/apply/`, one durable
//! activity for each step. Read first: [`Plan`], [`Action`]; then [`changes`] (what differs between
//! two configurations) and [`tables`] (what that does to a merge table).

pub mod changes;
pub mod tables;

use serde::{Deserialize, Serialize};

use crate::{
    ids::StreamId,
    release::{Style, TableName, ViewSpec},
};

/// What has to be done to make the wanted release true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Name of the ecosystem.
    pub ecosystem: String,
    /// Name of the services stack.
    pub services: String,
    /// Hash of the release in force when the plan was made; `None`: nothing was installed.
    pub base: Option<String>,
    /// Hash of the wanted release.
    pub release: String,
    /// In the order of execution; steps of one phase may run side by side.
    pub steps: Vec<Step>,
    /// What a person should know and may ignore (drift found, a load that cannot resume, …).
    pub warnings: Vec<String>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When it runs; phases run one after another.
    pub phase: Phase,
    /// What it does.
    pub action: Action,
}

/// Groups of steps, in the order of execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Schemas and roles exist.
    Prepare,
    /// Desired state of streams and workspaces stands in the catalog.
    Install,
    /// Jobs that are no longer wanted end.
    Retire,
    /// Jobs are started or reloaded; each creates or alters its own tables and views.
    Jobs,
    /// Views that no job re-created, grants, memberships.
    Publish,
    /// Views, tables and roles that are no longer wanted go.
    Drop,
}

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
        /// Whether a statement destroys data.
        destructive: bool,
    },
    /// A stream whose configuration is the wanted one, but which is not as the catalog says.
    RepairStream {
        /// Which.
        stream: StreamId,
        /// What was found: no open workflow, a table that somebody dropped, …
        why: String,
    },
    /// A stream that nobody needs any more.
    RetireStream {
        /// Which.
        stream: StreamId,
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
    /// A view that shows something else from now on.
    ReplaceView {
        /// Whose.
        workspace: String,
        /// What it shows.
        view: ViewSpec,
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
    /// The desired state is written to the catalog (always there, never shown as a change).
    InstallRelease,
}

/// A named value, or the change of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Such as `schedule`, `merge class`, `column customers.vip`.
    pub name: String,
    /// Before; `None`: was not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// After; `None`: is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// What a load will read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// Dataset.
    pub dataset: String,
    /// Estimated rows, from the source's statistics; `None`: never analysed.
    pub rows: Option<u64>,
    /// Estimated bytes.
    pub bytes: Option<u64>,
}

/// What happens to a table of a retired stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFate {
    /// Which.
    pub table: TableName,
    /// Current rows.
    pub rows: u64,
    /// Days it is kept as retired; 0: dropped by this apply.
    pub kept_days: u32,
}

impl Action {
    /// Whether data that cannot be read again from the source may be lost, or a consumer loses a
    /// view: such a step needs a yes.
    pub fn is_destructive(&self) -> bool {
        match self {
            Self::RetireStream { .. }
            | Self::RenameSchema { .. }
            | Self::DropView { .. }
            | Self::DropSchema { .. }
            | Self::DropRole { .. } => true,
            Self::ChangeStream { destructive, .. } => *destructive,
            Self::CreateSchema { .. }
            | Self::CreateRole { .. }
            | Self::RenameRole { .. }
            | Self::GrantMember { .. }
            | Self::RevokeMember { .. }
            | Self::CreateStream { .. }
            | Self::RepairStream { .. }
            | Self::CreateView { .. }
            | Self::ReplaceView { .. }
            | Self::CreateStatusView { .. }
            | Self::GrantReader { .. }
            | Self::InstallRelease => false,
        }
    }
}

impl Plan {
    /// Content address, under which `teal.plan` keeps it.
    pub fn hash(&self) -> String {
        crate::release::content_hash(self)
    }

    /// Whether applying it would change nothing.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether some step needs a yes.
    pub fn is_destructive(&self) -> bool {
        self.steps.iter().any(|step| step.action.is_destructive())
    }
}
