//! `kind: Assignment`: which platform serves a group of a workspace. Overrides `platform:` of the
//! group; a second one for the same group is a parallel run.

use crate::yaml::{Refusal, Scalar, Spanned, mapping::mapping, one_of};

mapping! {
    /// One platform for one group of one workspace.
    pub struct Assignment {
        /// The workspace.
        workspace: Spanned<String>,
        /// The group within it.
        group: Spanned<String>,
        /// The platform.
        platform: Spanned<String>,
        /// How far it has come.
        state: Spanned<AssignmentState>,
        /// For people.
        description: Option<Spanned<String>>,
    }
}

/// How far an assignment has come. In the order of who serves the workspace's own schema: the
/// first of a group's assignments in this order does; others are parallel runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AssignmentState {
    /// Serves.
    Provisioned,
    /// Served; still runs until its consumers have moved.
    Decommissioning,
    /// Is being filled; serves only where nothing else does.
    Provisioning,
    /// Is over.
    Decommissioned,
}

impl Scalar for AssignmentState {
    const EXPECTED: &str = "provisioning, provisioned, decommissioning or decommissioned";

    fn placeholder() -> Self {
        Self::Decommissioned
    }

    fn parse(text: &str, _: bool) -> Result<Self, Refusal> {
        let words = [
            ("provisioning", Self::Provisioning),
            ("provisioned", Self::Provisioned),
            ("decommissioning", Self::Decommissioning),
            ("decommissioned", Self::Decommissioned),
        ];
        one_of(text, &words)
    }
}
