//! Quantities in the model: processors and bytes as Kubernetes writes them.

use crate::{
    code,
    sizing::quantity::{parse_bytes, parse_cpu},
    yaml::{Refusal, Scalar, Shape},
};

/// Digits, perhaps a point; a suffix of Kubernetes or an exponent.
const PATTERN: &str = r"^(\d+\.?\d*|\.\d+)(m|[kMGTPE]|[KMGTPE]i|[eE]\d+)?$";

/// Thousandths of a processor: `100m`, `0.5`, `2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cpu(pub u64);

/// Bytes: `128Mi`, `2Gi`, `500M`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory(pub u64);

impl Scalar for Cpu {
    const EXPECTED: &str = "a quantity of processors, such as 500m or 2";

    fn placeholder() -> Self {
        Self(0)
    }

    fn parse(text: &str, _: bool) -> Result<Self, Refusal> {
        let millis = parse_cpu(text);
        millis.map(Self).map_err(|error| Refusal::new(code::MODEL0012, error.to_string()))
    }

    fn shape() -> Shape {
        Shape::quantity(Self::EXPECTED, PATTERN)
    }
}

impl Scalar for Memory {
    const EXPECTED: &str = "a quantity of bytes, such as 256Mi or 2Gi";

    fn placeholder() -> Self {
        Self(0)
    }

    fn parse(text: &str, _: bool) -> Result<Self, Refusal> {
        let bytes = parse_bytes(text);
        bytes.map(Self).map_err(|error| Refusal::new(code::MODEL0012, error.to_string()))
    }

    fn shape() -> Shape {
        Shape::quantity(Self::EXPECTED, PATTERN)
    }
}
