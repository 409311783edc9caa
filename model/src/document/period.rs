//! A period of time in the model, such as `5m`.

use crate::{
    code, duration,
    yaml::{Refusal, Scalar, Shape},
};

/// A period of whole seconds, at least one, at most a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    /// Seconds.
    pub seconds: u32,
}

/// A year; longer periods are mistakes.
const LONGEST_SECONDS: u32 = 365 * 86_400;

impl Scalar for Period {
    const EXPECTED: &str = "a duration, such as 5m";

    fn placeholder() -> Self {
        Self { seconds: 1 }
    }

    fn parse(text: &str, _: bool) -> Result<Self, Refusal> {
        let seconds = duration::parse(text)
            .map_err(|error| Refusal::new(code::MODEL0011, error.to_string()))?;
        match u32::try_from(seconds) {
            Ok(seconds @ 1..=LONGEST_SECONDS) => Ok(Self { seconds }),
            _ => Err(Refusal::new(code::MODEL0042, format!("`{text}` is out of bounds"))),
        }
    }

    fn shape() -> Shape {
        Shape::text(Self::EXPECTED, r"^(?=\d)(\d+d)?(\d+h)?(\d+m)?(\d+s)?$")
    }
}
