//! `hints:` sizes of activities: the name of a class, or values.

use super::quantity::{Cpu, Memory};
use crate::yaml::{Content, Decode, Node, Report, Span, Spanned, mapping::mapping, wrong_shape};

mapping! {
    /// Sizes by activity.
    pub struct Hints {
        /// Of ingest activities.
        ingest: Option<Hint>,
        /// Of merge activities.
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
    /// Some of the four values.
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
        /// Processor.
        cpu: Spanned<Cpu>,
        /// Memory.
        memory: Spanned<Memory>,
    }
}

mapping! {
    /// Processor and memory, as far as said.
    pub struct PartialPair {
        /// Processor.
        cpu: Option<Spanned<Cpu>>,
        /// Memory.
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

impl Decode for Hint {
    fn decode(node: &Node, report: &mut Report) -> Self {
        match &node.content {
            Content::Scalar { .. } => Self::Class(Spanned::decode(node, report)),
            Content::Map(_) => Self::Values(HintValues::decode(node, report)),
            Content::Broken => Self::default(),
            Content::List(_) => {
                report.add(wrong_shape(node, "the name of a class, or `{requests: …, limits: …}`"));
                Self::default()
            }
        }
    }
}
