//! The plan: what `apply` will do, step by step, and what it will not do without asking.
//!
//! Computed by `activities/src/plan/` from two releases and the facts of source and merge store;
//! stored in `teal.plan`; printed by the command line; run by `activities/src/apply/`, one durable
//! activity for each step. Read first: [`Plan`], [`Action`]; then [`changes`] (what differs between
//! two configurations) and [`tables`] (what that does to a merge table).

mod action;
pub mod changes;
mod details;
mod same;
pub mod tables;

use serde::{Deserialize, Serialize};

pub use action::Action;
pub use details::{
    Field, HandedTable, Load, LoadKind, MissingCredential, MovedView, TableFate, TakenTable,
    ViewChange,
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
    /// Credentials that were not found where the plan was made, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_credentials: Vec<MissingCredential>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When it runs; phases run one after another.
    pub phase: Phase,
    /// What it does.
    pub action: Action,
}

/// Groups of steps, in the order of execution (`docs/decisions/0009-phases-of-an-apply.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Schemas and roles exist.
    Prepare,
    /// Desired state of streams and workspaces stands in the catalog.
    Install,
    /// Tables go from streams that end to those that follow them.
    HandOver,
    /// Jobs are started or reloaded; each creates or alters its own tables and views.
    Jobs,
    /// First loads that views wait for.
    Load,
    /// Views move to their new tables; those that no job created; grants, memberships.
    Publish,
    /// Jobs that are no longer wanted end; tables that lost their last view go.
    Retire,
    /// Views and grants on streams that could change in `Retire` only.
    Settle,
    /// Views, schemas and roles that are no longer wanted go.
    Drop,
}

impl Phase {
    /// Its word, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Install => "install",
            Self::HandOver => "hand_over",
            Self::Jobs => "jobs",
            Self::Load => "load",
            Self::Publish => "publish",
            Self::Retire => "retire",
            Self::Settle => "settle",
            Self::Drop => "drop",
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
