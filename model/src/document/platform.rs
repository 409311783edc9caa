//! `kind: Platform`: a style of keeping data on a stack.

use super::hints::Hints;
use crate::{
    code,
    release::Style,
    yaml::{Refusal, Spanned, Word, mapping::mapping},
};

mapping! {
    /// A style of keeping data. Its name is the schema of its tables.
    ///
    /// ```yaml
    /// kind: Platform
    /// name: history
    /// services: main
    /// style: milestoned
    /// hints: {merge: {limits: {memory: 512Mi}}}
    /// ```
    pub struct Platform {
        /// Its name, and that of the schema of its merge tables.
        name: Spanned<String>,
        /// Earlier names: its data goes on under the new one.
        formerly: Vec<Spanned<String>>,
        /// What it is, for people who read the model.
        description: Option<Spanned<String>>,
        /// Name of the `kind: PlatformServices` that it runs on.
        services: Spanned<String>,
        /// How it keeps data. Never changes in place: add another platform instead.
        style: Spanned<Style>,
        /// Sizes of all its jobs.
        hints: Option<Hints>,
    }
}

impl Word for Style {
    const EXPECTED: &str = "a style: live or milestoned";

    const WORDS: &'static [(&'static str, Self, &'static str)] = &[
        ("live", Self::Live, "the latest rows (SCD1)"),
        ("milestoned", Self::Milestoned, "every version of every row (SCD2)"),
    ];

    fn planned(text: &str) -> Option<Refusal> {
        (text == "current_history")
            .then(|| Refusal::new(code::MODEL0014, "the style `current_history` is not built yet"))
    }
}
