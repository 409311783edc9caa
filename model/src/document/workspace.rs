//! `kind: Workspace`: a consumer and what it needs.

use super::period::Period;
use crate::{
    code,
    release::Priority,
    yaml::{Entries, Refusal, Scalar, Shape, Spanned, Word, mapping::mapping},
};

mapping! {
    /// A consumer and the datasets that it wants. Its name is the schema of its views.
    ///
    /// ```yaml
    /// kind: Workspace
    /// name: reporting
    /// team: finance/analytics
    /// priority: critical
    /// readers: [dashboards]
    /// groups:
    ///   core:
    ///     needs: {history: none, latency: 5m}
    ///     sinks: [shop:customers, shop:orders]
    ///   audit:
    ///     needs: {history: full}
    ///     sinks: [shop:orders]
    /// ```
    pub struct Workspace {
        /// Its name, and that of the schema of its views.
        name: Spanned<String>,
        /// Earlier names: its schema and role are renamed.
        formerly: Vec<Spanned<String>>,
        /// Its owner, as `zone/team`.
        team: Spanned<String>,
        /// What it is, for people who read the model.
        description: Option<Spanned<String>>,
        /// How much it matters; what it needs is worked on accordingly.
        priority: Option<Spanned<Priority>> = "medium",
        /// Who makes its reader role, `teal_<workspace>_reader`.
        roles: Option<Spanned<Roles>> = "managed",
        /// Roles of PostgreSQL that become members of its reader role.
        readers: Vec<Spanned<String>>,
        /// Groups of wanted datasets, by name.
        groups: Entries<Group>,
    }
    later {
        "transformer": "workspaces read views for now",
    }
}

mapping! {
    /// A group of datasets that are kept in one way; its name begins those of its views.
    pub struct Group {
        /// What it is, for people who read the model.
        description: Option<Spanned<String>>,
        /// What the consumer needs of them.
        needs: Option<Needs>,
        /// Name of the platform, where several fit.
        platform: Option<Spanned<String>>,
        /// The wanted datasets.
        sinks: Vec<Spanned<Sink>>,
    }
}

mapping! {
    /// What a consumer needs.
    pub struct Needs {
        /// How much of the past.
        history: Option<Spanned<History>> = "none",
        /// How old the data may be; schedules that are too slow for it are refused.
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

    fn shape() -> Shape {
        Shape::text(Self::EXPECTED, "^[^:]+:[^:]+$")
    }
}

impl Word for Priority {
    const EXPECTED: &str = "critical, high, medium or low";

    const WORDS: &'static [(&'static str, Self, &'static str)] = &[
        ("critical", Self::Critical, "before all"),
        ("high", Self::High, "before most"),
        ("medium", Self::Medium, "as most"),
        ("low", Self::Low, "may wait"),
    ];
}

impl Word for History {
    const EXPECTED: &str = "none or full";

    const WORDS: &'static [(&'static str, Self, &'static str)] = &[
        ("none", Self::None, "the latest rows"),
        ("full", Self::Full, "every version of every row"),
    ];
}

impl Word for Roles {
    const EXPECTED: &str = "managed or external";

    const WORDS: &'static [(&'static str, Self, &'static str)] = &[
        ("managed", Self::Managed, "Teal makes the reader role and grants it the views"),
        ("external", Self::External, "somebody else makes roles and grants"),
    ];
}
