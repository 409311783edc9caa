//! Decoding: nodes become typed values. A mistake is reported and replaced by a placeholder, so
//! that the rest is read and checked too.

use super::{Content, Finding, Node, Report, Span};
use crate::code;

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
                vec![T::default()] // something was meant: the list is not called empty
            }
        }
    }

    fn absent(_: &str, _: Span, _: &mut Report) -> Self {
        Self::new()
    }
}
