//! Codes of the model. One per situation; a number is never reused.

use crate::error::{Code, Kind};

/// Nothing to read.
pub const MODEL0018: Code = Code::new(
    "MODEL0018",
    Kind::Config,
    "there is no model here",
    "name a .yaml file or a folder that holds some",
);
