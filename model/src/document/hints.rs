//! `hints:` sizes of activities: the name of a class, or values.

use super::quantity::{Cpu, Memory};
use crate::yaml::{
    Content, Decode, Node, Report, Shape, Span, Spanned, Text, mapping::mapping, wrong_shape,
};

mapping! {
    /// Sizes by activity. What a level does not say comes from the level above: dataset, store,
    /// platform, platform services.
    pub struct Hints {
        /// Of reading the source into staging.
        ingest: Option<Hint>,
        /// Of merging staged rows.
        merge: Option<Hint>,
        /// Of transformers.
        transform: Option<Hint>,
    }
}

/// What one activity needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// The name of a class.
    Class(Spanned<String>),
    /// Some of the four values; the others stay as they were.
    Values(HintValues),
}

mapping! {
    /// Some of the four values of a size; the smallest class that holds all of them is taken.
    pub struct HintValues {
        /// What the scheduler reserves.
        requests: Option<PartialPair>,
        /// What may be used.
        limits: Option<PartialPair>,
    }
    later {
        "dedicated": "jobs share the workers of their class for now",
    }
}

mapping! {
    /// Processor and memory, both said.
    pub struct QuantityPair {
        /// Processors, such as `500m` or `2`.
        cpu: Spanned<Cpu>,
        /// Memory, such as `256Mi` or `2Gi`.
        memory: Spanned<Memory>,
    }
}

mapping! {
    /// Processor and memory, as far as said.
    pub struct PartialPair {
        /// Processors, such as `500m` or `2`.
        cpu: Option<Spanned<Cpu>>,
        /// Memory, such as `256Mi` or `2Gi`.
        memory: Option<Spanned<Memory>>,
    }
}

impl Hint {
    /// Its place.
    pub const fn at(&self) -> Span {
        match self {
            Self::Class(name) => name.at,
            Self::Values(values) => values.at,
        }
    }
}

impl Default for Hint {
    fn default() -> Self {
        Self::Values(HintValues::default())
    }
}

/// What a hint may be.
const EXPECTED: &str = "the name of a class, or `{requests: …, limits: …}`";

impl Decode for Hint {
    fn shape() -> Shape {
        let class = Text { expected: "the name of a class", ..Text::default() };
        Shape::Either(vec![Shape::Text(class), HintValues::shape()])
    }

    fn decode(node: &Node, report: &mut Report) -> Self {
        match &node.content {
            Content::Scalar { .. } => Self::Class(Spanned::decode(node, report)),
            Content::Map(_) => Self::Values(HintValues::decode(node, report)),
            Content::Broken => Self::default(),
            Content::List(_) => {
                report.add(wrong_shape(node, EXPECTED));
                Self::default()
            }
        }
    }
}
