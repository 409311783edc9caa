//! Scalars: single values with their places, and why a text is refused.

use std::{
    num::{NonZeroU16, NonZeroU32},
    ops::Deref,
    str::FromStr,
};

use super::{
    Content, Finding, Node, Report, Shape, Span, Text,
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
    /// What may be written.
    fn shape() -> Shape;
}

/// One word of a closed set.
pub(crate) trait Word: Clone + 'static {
    /// What is asked for, such as `multi or single`.
    const EXPECTED: &str;
    /// Each word, its value, and what it means. The first stands in after a mistake.
    const WORDS: &'static [(&'static str, Self, &'static str)];

    /// A word that is planned: why it is refused.
    fn planned(_: &str) -> Option<Refusal> {
        None
    }
}

impl<T: Word> Scalar for T {
    const EXPECTED: &str = <T as Word>::EXPECTED;

    fn placeholder() -> Self {
        Self::WORDS[0].1.clone()
    }

    fn parse(text: &str, _: bool) -> Result<Self, Refusal> {
        if let Some((_, value, _)) = Self::WORDS.iter().find(|(word, ..)| *word == text) {
            return Ok(value.clone());
        }
        if let Some(refusal) = Self::planned(text) {
            return Err(refusal);
        }
        let names: Vec<&str> = Self::WORDS.iter().map(|(word, ..)| *word).collect();
        let message = format!("`{text}` is not one of {}", list(&names));
        let refusal = Refusal::new(code::MODEL0010, message);
        Err(match closest(text, names.iter().copied()) {
            Some(close) => refusal.help(format!("did you mean `{close}`?")),
            None => refusal,
        })
    }

    fn shape() -> Shape {
        Shape::Words(Self::WORDS.iter().map(|(word, _, means)| (*word, *means)).collect())
    }
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
    fn shape() -> Shape {
        T::shape()
    }

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

    fn shape() -> Shape {
        Shape::Text(Text { expected: Self::EXPECTED, or_number: true, ..Text::default() })
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

    fn shape() -> Shape {
        Shape::Truth
    }
}

/// A number that is written without quotes; `otherwise` says which ones there are.
fn whole<T: FromStr>(
    text: &str,
    plain: bool,
    otherwise: impl Fn() -> String,
) -> Result<T, Refusal> {
    let message = match text.parse() {
        Ok(number) if plain => return Ok(number),
        Ok(_) => format!("the number {text} stands in quotes, which make it a text"),
        Err(_) => otherwise(),
    };
    Err(Refusal::new(code::MODEL0009, message).help("write digits, without quotes"))
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
                let most = <$number>::MAX;
                whole(text, plain, || format!("`{text}` is not a whole number up to {most}"))
            }

            fn shape() -> Shape {
                Shape::Whole { min: 0, max: <$number>::MAX.into() }
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
                let most = Self::MAX;
                whole(text, plain, || format!("`{text}` is not a whole number from 1 to {most}"))
            }

            fn shape() -> Shape {
                Shape::Whole { min: 1, max: Self::MAX.get().into() }
            }
        }
    )* };
}
count!(NonZeroU16, NonZeroU32);
