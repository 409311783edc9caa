//! `kind: Platform`: a style of keeping data on a stack.

use super::hints::Hints;
use crate::{
    code,
    release::Style,
    yaml::{Refusal, Scalar, Spanned, mapping::mapping, one_of},
};

mapping! {
    /// A style of keeping data. Its name is the schema of its tables.
    pub struct Platform {
        /// Its name.
        name: Spanned<String>,
        /// Earlier names.
        formerly: Vec<Spanned<String>>,
        /// For people.
        description: Option<Spanned<String>>,
        /// The stack that it runs on.
        services: Spanned<String>,
        /// How it keeps data; never changes in place.
        style: Spanned<Style>,
        /// Sizes of all its jobs.
        hints: Option<Hints>,
    }
}

impl Scalar for Style {
    const EXPECTED: &str = "a style: live or milestoned";

    fn placeholder() -> Self {
        Self::Live
    }

    fn parse(text: &str, _: bool) -> Result<Self, Refusal> {
        if text == "current_history" {
            let message = "the style `current_history` is not built yet";
            return Err(Refusal::new(code::MODEL0014, message));
        }
        one_of(text, &[("live", Self::Live), ("milestoned", Self::Milestoned)])
    }
}
