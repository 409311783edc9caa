//! Entries: mappings whose names the author chooses.

use std::{ops::Deref, rc::Rc};

use super::{
    Content, Key, Node, Report, Shape, Spanned,
    decode::{Decode, wrong_shape},
};

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
    const REQUIRED: bool = false;

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

    fn shape() -> Shape {
        Shape::Named(Box::new(T::shape()))
    }
}
