//! YAML with places: text becomes a tree in which every node knows its line and column.
//!
//! In: the text of one file. Out: one [`Node`] per document; mistakes go to a [`Report`].
//! Invariant: time and memory are bounded by the limits of [`compose()`], whatever the text is.
//! Read first: [`Node`], then [`Decode`].

mod compose;
mod decode;
pub(crate) mod emit;
mod entries;
mod fields;
pub(crate) mod mapping;
mod place;
mod report;
mod scalar;
mod shape;

use std::rc::Rc;

pub(crate) use compose::{MOST_BYTES, compose};
pub(crate) use decode::{Decode, wrong_shape};
pub use entries::{Entries, Entry};
pub(crate) use fields::Fields;
pub(crate) use place::Lines;
pub use place::Span;
pub(crate) use report::{Finding, Report};
pub(crate) use scalar::{Refusal, Scalar, Word, list};
pub use scalar::{Spanned, closest};
pub(crate) use shape::{Field, Mapping, Shape, Text};

/// One node of a document.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) at: Span,
    pub(crate) content: Content,
}

/// What a node holds.
#[derive(Debug)]
pub(crate) enum Content {
    /// Text; `plain`: written without quotes, so that it may also be a number, a word or nothing.
    Scalar { text: String, plain: bool },
    /// A list.
    List(Vec<Rc<Node>>),
    /// A mapping in the order of the file; keys are unique.
    Map(Vec<(Key, Rc<Node>)>),
    /// Something whose mistake is reported already.
    Broken,
}

/// Key of a mapping.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) at: Span,
    pub(crate) text: String,
}

impl Node {
    /// Whether nothing is written there (`null` of YAML 1.2).
    pub(crate) fn is_null(&self) -> bool {
        matches!(
            &self.content,
            Content::Scalar { text, plain: true }
                if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")
        )
    }

    /// What it is, for a message: `a list`, `a mapping`, `nothing`, …
    pub(crate) fn describe(&self) -> &'static str {
        match &self.content {
            _ if self.is_null() => "nothing",
            Content::Scalar { .. } => "a single value",
            Content::List(_) => "a list",
            Content::Map(_) => "a mapping",
            Content::Broken => "something unreadable",
        }
    }
}
