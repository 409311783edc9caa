//! When a batch is due. Pure: the caller brings the time.

use serde::{Deserialize, Serialize};

/// Schedule of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// Every so many seconds, shifted by a fixed hash of the stream's name.
    Every {
        /// Period in seconds, at least 1.
        seconds: u32,
    },
    /// Five fields, minute first; keeps its minute.
    Cron {
        /// The expression.
        expression: String,
        /// IANA name, such as `Europe/Zurich`.
        timezone: String,
    },
    /// Only when somebody says `run_now`.
    External,
}
