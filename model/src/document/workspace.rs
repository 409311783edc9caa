//! `kind: Workspace`: a consumer and what it needs.

use super::period::Period;
use crate::{
    code,
    release::Priority,
    yaml::{Entries, Refusal, Scalar, Spanned, mapping::mapping, one_of},
};

mapping! {
    /// A consumer. Its name is the schema of its views.
    pub struct Workspace {
        /// Its name.
        name: Spanned<String>,
        /// Earlier names.
        formerly: Vec<Spanned<String>>,
        /// Owner, `zone/team`.
        team: Spanned<String>,
        /// For people.
        description: Option<Spanned<String>>,
        /// How much it matters; `medium` where it is not said.
        priority: Option<Spanned<Priority>>,
        /// Whether Teal makes its reader role; `managed` where it is not said.
        roles: Option<Spanned<Roles>>,
        /// Roles that become members of its reader role.
        readers: Vec<Spanned<String>>,
        /// Groups of wanted datasets, by name.
        groups: Entries<Group>,
    }
    later {
        "transformer": "workspaces read views for now",
    }
}

mapping! {
    /// A group of datasets that are kept in one way (DSG).
    pub struct Group {
        /// For people.
        description: Option<Spanned<String>>,
        /// What the consumer needs of them.
        needs: Option<Needs>,
        /// The platform, where several fit.
        platform: Option<Spanned<String>>,
        /// The datasets.
        sinks: Vec<Spanned<Sink>>,
    }
}

mapping! {
    /// What a consumer needs.
    pub struct Needs {
        /// How much of the past; `none` where it is not said.
        history: Option<Spanned<History>>,
        /// How old the data may be.
        latency: Option<Spanned<Period>>,
    }
}

/// How much of the past a consumer needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum History {
    /// The latest rows.
    #[default]
    None,
    /// Every version of every row.
    Full,
}

/// Who makes the roles of a workspace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Roles {
    /// Teal.
    #[default]
    Managed,
    /// Somebody else.
    External,
}

/// A wanted dataset: `store:dataset`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sink {
    /// Its store.
    pub store: String,
    /// The dataset.
    pub dataset: String,
}

impl Workspace {
    /// Who makes its roles.
    pub fn roles(&self) -> Roles {
        self.roles.as_ref().map_or(Roles::Managed, |roles| roles.value)
    }
}

impl Group {
    /// How much of the past it needs.
    pub fn history(&self) -> History {
        let history = self.needs.as_ref().and_then(|needs| needs.history.as_ref());
        history.map_or(History::None, |history| history.value)
    }
}

impl Scalar for Sink {
    const EXPECTED: &str = "`store:dataset`";

    fn placeholder() -> Self {
        Self { store: String::new(), dataset: String::new() }
    }

    fn parse(text: &str, _: bool) -> Result<Self, Refusal> {
        match text.split(':').collect::<Vec<_>>()[..] {
            [store, dataset] if !store.is_empty() && !dataset.is_empty() => {
                Ok(Self { store: store.to_owned(), dataset: dataset.to_owned() })
            }
            _ => Err(Refusal::new(code::MODEL0051, format!("`{text}` is not `store:dataset`"))),
        }
    }
}

impl Scalar for Priority {
    const EXPECTED: &str = "critical, high, medium or low";

    fn placeholder() -> Self {
        Self::Medium
    }

    fn parse(text: &str, _: bool) -> Result<Self, Refusal> {
        let words = [
            ("critical", Self::Critical),
            ("high", Self::High),
            ("medium", Self::Medium),
            ("low", Self::Low),
        ];
        one_of(text, &words)
    }
}

impl Scalar for History {
    const EXPECTED: &str = "none or full";

    fn placeholder() -> Self {
        Self::None
    }

    fn parse(text: &str, _: bool) -> Result<Self, Refusal> {
        one_of(text, &[("none", Self::None), ("full", Self::Full)])
    }
}

impl Scalar for Roles {
    const EXPECTED: &str = "managed or external";

    fn placeholder() -> Self {
        Self::Managed
    }

    fn parse(text: &str, _: bool) -> Result<Self, Refusal> {
        one_of(text, &[("managed", Self::Managed), ("external", Self::External)])
    }
}
