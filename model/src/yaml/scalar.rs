//! Scalars: single values with their places, and why a text is refused.

use std::{
    num::{NonZeroU16, NonZeroU32},
    ops::Deref,
};

use super::{
    Content, Finding, Node, Report, Span,
    decode::{Decode, wrong_shape},
};
use crate::{code, error::Code};

/// A value and the place where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub at: Span,
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// What one scalar can say.
pub(crate) trait Scalar: Sized {
    /// What is asked for, such as `a number`.
    const EXPECTED: &str;
    /// Stands in after a mistake.
    fn placeholder() -> Self;
    /// Reads the text; `plain`: written without quotes.
    fn parse(text: &str, plain: bool) -> Result<Self, Refusal>;
}

/// Why a text was refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) message: String,
    /// Where the code's own advice is too general.
    pub(crate) help: Option<String>,
}

impl Refusal {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// As a mistake at a place.
    pub(crate) fn at(self, at: Span) -> Finding {
        let finding = Finding::new(self.code, at, self.message);
        match self.help {
            Some(help) => finding.help(help),
            None => finding,
        }
    }
}

impl<T: Scalar> Default for Spanned<T> {
    fn default() -> Self {
        Self { value: T::placeholder(), at: Span::NOWHERE }
    }
}

impl<T: Scalar> Decode for Spanned<T> {
    fn decode(node: &Node, report: &mut Report) -> Self {
        match &node.content {
            Content::Broken => Self::default(),
            Content::Scalar { text, plain } if !node.is_null() => match T::parse(text, *plain) {
                Ok(value) => Self { value, at: node.at },
                Err(refusal) => {
                    report.add(refusal.at(node.at));
                    Self::default()
                }
            },
            Content::Scalar { .. } | Content::List(_) | Content::Map(_) => {
                report.add(wrong_shape(node, T::EXPECTED));
                Self::default()
            }
        }
    }
}

/// Names that are compared for "did you mean", so that a large broken model stays quick.
const MOST_CANDIDATES: usize = 2_000;

/// The candidate that was probably meant: the nearest one, where at most a third of it differs.
pub fn closest<'a>(text: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let text = text.to_lowercase();
    candidates
        .take(MOST_CANDIDATES)
        .map(|candidate| (strsim::damerau_levenshtein(&text, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().div_ceil(3))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Words for a message: `a`, `b`, `c`.
pub(crate) fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// One word of a closed set.
pub(crate) fn one_of<T: Clone>(text: &str, words: &[(&str, T)]) -> Result<T, Refusal> {
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
        return Ok(value.clone());
    }
    let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let message = format!("`{text}` is not one of {}", list(&names));
    Err(match closest(text, names.iter().copied()) {
        Some(close) => {
            Refusal::new(code::MODEL0010, message).help(format!("did you mean `{close}`?"))
        }
        None => Refusal::new(code::MODEL0010, message),
    })
}

impl Scalar for String {
    const EXPECTED: &str = "a text";

    fn placeholder() -> Self {
        Self::new()
    }

    fn parse(text: &str, _: bool) -> Result<Self, Refusal> {
        if text.is_empty() {
            return Err(Refusal::new(code::MODEL0009, "the text is empty"));
        }
        Ok(text.to_owned())
    }
}

impl Scalar for bool {
    const EXPECTED: &str = "true or false";

    fn placeholder() -> Self {
        false
    }

    fn parse(text: &str, plain: bool) -> Result<Self, Refusal> {
        match text {
            "true" | "True" | "TRUE" if plain => Ok(true),
            "false" | "False" | "FALSE" if plain => Ok(false),
            _ => Err(Refusal::new(code::MODEL0009, format!("`{text}` is not true or false"))
                .help("write true or false, without quotes")),
        }
    }
}

/// Whole numbers that are written without quotes.
macro_rules! whole_number {
    ($($number:ty),*) => { $(
        impl Scalar for $number {
            const EXPECTED: &str = "a number";

            fn placeholder() -> Self {
                0
            }

            fn parse(text: &str, plain: bool) -> Result<Self, Refusal> {
                text.parse().ok().filter(|_| plain).ok_or_else(|| {
                    let message = format!("`{text}` is not a whole number up to {}", <$number>::MAX);
                    Refusal::new(code::MODEL0009, message).help("write digits, without quotes")
                })
            }
        }
    )* };
}
whole_number!(u8, u64);

/// Counts of things that must be there.
macro_rules! count {
    ($($number:ty),*) => { $(
        impl Scalar for $number {
            const EXPECTED: &str = "a number";

            fn placeholder() -> Self {
                Self::MIN
            }

            fn parse(text: &str, plain: bool) -> Result<Self, Refusal> {
                text.parse().ok().filter(|_| plain).ok_or_else(|| {
                    let message = format!("`{text}` is not a whole number from 1 to {}", Self::MAX);
                    Refusal::new(code::MODEL0009, message).help("write digits, without quotes")
                })
            }
        }
    )* };
}
count!(NonZeroU16, NonZeroU32);
