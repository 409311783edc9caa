//! Decoding: nodes become typed values. A mistake is reported and replaced by a placeholder, so
//! that the rest is read and checked too.

use super::{Content, Finding, Node, Report, Shape, Span};
use crate::code;

/// What can be read from a node. `Default` is the placeholder after a mistake: its places are
/// [`Span::NOWHERE`], and no release is ever made of it.
pub(crate) trait Decode: Default {
    /// Whether a field of this type must be there.
    const REQUIRED: bool = true;

    /// Reads it; mistakes go to the report.
    fn decode(node: &Node, report: &mut Report) -> Self;

    /// What may be written there.
    fn shape() -> Shape;

    /// The value of a field that is not there: a mistake of the mapping at `owner` where it must be.
    fn absent(field: &str, owner: Span, report: &mut Report) -> Self {
        if Self::REQUIRED {
            let message = format!("the field `{field}` is missing");
            let finding = Finding::new(code::MODEL0008, owner, message);
            report.add(finding.help(format!("add `{field}:`")));
        }
        Self::default()
    }
}

/// The mistake of a node that is something else than asked for.
pub(crate) fn wrong_shape(node: &Node, expected: &str) -> Finding {
    let message = format!("expected {expected}, found {}", node.describe());
    // `[shop: orders]` is what `[shop:orders]` becomes by one blank.
    let blank = match &node.content {
        Content::Map(entries) if entries.len() == 1 && expected.contains(':') => {
            "; a blank behind the colon makes it a mapping"
        }
        _ => "",
    };
    Finding::new(code::MODEL0009, node.at, message).help(format!("write {expected}{blank}"))
}

impl<T: Decode> Decode for Option<T> {
    const REQUIRED: bool = false;

    fn decode(node: &Node, report: &mut Report) -> Self {
        if node.is_null() { None } else { Some(T::decode(node, report)) }
    }

    fn shape() -> Shape {
        T::shape()
    }
}

impl<T: Decode> Decode for Vec<T> {
    const REQUIRED: bool = false;

    fn decode(node: &Node, report: &mut Report) -> Self {
        match &node.content {
            Content::List(items) => items.iter().map(|item| T::decode(item, report)).collect(),
            Content::Broken => Self::new(),
            Content::Scalar { .. } if node.is_null() => Self::new(),
            Content::Scalar { .. } | Content::Map(_) => {
                report.add(wrong_shape(node, "a list, such as [a, b]"));
                vec![T::default()] // something was meant: the list is not called empty
            }
        }
    }

    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }
}
