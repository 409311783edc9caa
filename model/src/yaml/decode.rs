//! Decoding: nodes become typed values. A mistake is reported and replaced by a placeholder, so
//! that the rest is read and checked too.

use std::{
    collections::HashMap,
    num::{NonZeroU16, NonZeroU32},
    ops::Deref,
    rc::Rc,
};

use super::{Content, Finding, Key, Node, Report, Span, place::is_secret};
use crate::{code, error::Code};

/// What can be read from a node. `Default` is the placeholder after a mistake: its places are
/// [`Span::NOWHERE`], and no release is ever made of it.
pub(crate) trait Decode: Default {
    /// Reads it; mistakes go to the report.
    fn decode(node: &Node, report: &mut Report) -> Self;

    /// The value of a field that is not there. Optional things have one; for others it is a
    /// mistake of the mapping at `owner`.
    fn absent(field: &str, owner: Span, report: &mut Report) -> Self {
        let message = format!("the field `{field}` is missing");
        report.add(Finding::new(code::MODEL0008, owner, message).help(format!("add `{field}:`")));
        Self::default()
    }
}

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

/// The mistake of a node that is something else than asked for.
pub(crate) fn wrong_shape(node: &Node, expected: &str) -> Finding {
    let message = format!("expected {expected}, found {}", node.describe());
    Finding::new(code::MODEL0009, node.at, message).help(format!("write {expected}"))
}

impl<T: Decode> Decode for Option<T> {
    fn decode(node: &Node, report: &mut Report) -> Self {
        if node.is_null() { None } else { Some(T::decode(node, report)) }
    }

    fn absent(_: &str, _: Span, _: &mut Report) -> Self {
        None
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, report: &mut Report) -> Self {
        match &node.content {
            Content::List(items) => items.iter().map(|item| T::decode(item, report)).collect(),
            Content::Broken => Self::new(),
            Content::Scalar { .. } if node.is_null() => Self::new(),
            Content::Scalar { .. } | Content::Map(_) => {
                report.add(wrong_shape(node, "a list, such as [a, b]"));
                Self::new()
            }
        }
    }

    fn absent(_: &str, _: Span, _: &mut Report) -> Self {
        Self::new()
    }
}

/// A mapping from names that the author chooses, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries<T>(Vec<Entry<T>>);

/// One entry of [`Entries`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<T> {
    /// The name.
    pub name: Spanned<String>,
    /// What it names.
    pub value: T,
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for Entries<T> {
    type Target = [Entry<T>];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T> Entries<T> {
    /// What this name names.
    pub fn named(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|entry| entry.name.value == name).map(|entry| &entry.value)
    }

    pub(crate) fn push(&mut self, name: Spanned<String>, value: T) {
        self.0.push(Entry { name, value });
    }

    pub(crate) fn named_mut(&mut self, name: &str) -> Option<&mut T> {
        self.0.iter_mut().find(|entry| entry.name.value == name).map(|entry| &mut entry.value)
    }
}

impl<T: Decode> Decode for Entries<T> {
    fn decode(node: &Node, report: &mut Report) -> Self {
        let entry = |(key, node): &(Key, Rc<Node>), report: &mut Report| Entry {
            name: Spanned { value: key.text.clone(), at: key.at },
            value: T::decode(node, report),
        };
        match &node.content {
            Content::Map(map) => Self(map.iter().map(|pair| entry(pair, report)).collect()),
            Content::Broken => Self::default(),
            Content::Scalar { .. } if node.is_null() => Self::default(),
            Content::Scalar { .. } | Content::List(_) => {
                report.add(wrong_shape(node, "a mapping from names"));
                Self::default()
            }
        }
    }

    fn absent(_: &str, _: Span, _: &mut Report) -> Self {
        Self::default()
    }
}

/// The fields of one mapping, taken one after another.
pub(crate) struct Fields<'a> {
    pub(crate) at: Span,
    left: HashMap<&'a str, (&'a Key, &'a Node)>,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// `None`, reported, where the node is no mapping.
    pub(crate) fn of(node: &'a Node, report: &mut Report) -> Option<Self> {
        let Content::Map(entries) = &node.content else {
            if !matches!(node.content, Content::Broken) {
                report.add(wrong_shape(node, "a mapping"));
            }
            return None;
        };
        let left = entries.iter().map(|(key, node)| (key.text.as_str(), (key, &**node))).collect();
        // An error of the whole mapping points at its first field.
        let at = entries.first().map_or(node.at, |(key, _)| key.at);
        Some(Self { at, left, known: Vec::new() })
    }

    /// The value of a field, or what stands for its absence.
    pub(crate) fn take<T: Decode>(&mut self, field: &'static str, report: &mut Report) -> T {
        match self.take_node(field) {
            Some((_, node)) => T::decode(node, report),
            None => T::absent(field, self.at, report),
        }
    }

    /// The field as it is.
    pub(crate) fn take_node(&mut self, field: &'static str) -> Option<(&'a Key, &'a Node)> {
        self.known.push(field);
        self.left.remove(field)
    }

    /// Refuses a field that is planned, by name.
    pub(crate) fn refuse(
        &mut self,
        field: &'static str,
        code: Code,
        why: &str,
        report: &mut Report,
    ) {
        if let Some((key, _)) = self.left.remove(field) {
            report.add(Finding::new(code, key.at, format!("`{field}` is not built yet: {why}")));
        }
    }

    /// Reports what nobody took.
    pub(crate) fn finish(self, report: &mut Report) {
        let mut left: Vec<&Key> = self.left.values().map(|(key, _)| *key).collect();
        left.sort_by_key(|key| key.at);
        for key in left {
            report.add(self.unknown(key));
        }
    }

    fn unknown(&self, key: &Key) -> Finding {
        if is_secret(&key.text) {
            let message = format!("`{}` would put a secret into the model", key.text);
            return Finding::new(code::MODEL0013, key.at, message);
        }
        let finding = Finding::new(
            code::MODEL0007,
            key.at,
            format!("the field `{}` does not exist here", key.text),
        );
        if key.text == "<<" {
            return finding.help("merge keys are YAML 1.1: write the fields out");
        }
        finding.help(match closest(&key.text, self.known.iter().copied()) {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("the fields here are {}", list(&self.known)),
        })
    }
}

/// Names that are compared for "did you mean", so that a large broken model stays quick.
const MOST_CANDIDATES: usize = 2_000;

/// The candidate that was probably meant.
pub(crate) fn closest<'a>(
    text: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
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
