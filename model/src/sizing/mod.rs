//! Sizing: four values for each activity, and the smallest resource class that holds them.

pub mod quantity;
pub mod resolve;

use std::fmt;

use serde::{Deserialize, Serialize};

/// Four values: what a container asks for and what it may take at most.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sizing {
    /// What the scheduler reserves.
    pub requests: Quantities,
    /// What the container may use.
    pub limits: Quantities,
}

/// Processor and memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Quantities {
    /// Thousandths of a processor.
    pub cpu_millis: u64,
    /// Bytes.
    pub memory_bytes: u64,
}

/// A size of worker: one task queue and one Deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// Its four values.
    pub sizing: Sizing,
    /// Activities that one worker of it runs at a time.
    pub slots: u32,
}

/// What was decided for one activity of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSize {
    /// Name of the class whose task queue it uses.
    pub class: String,
    /// The demand that was resolved from defaults and hints.
    pub sizing: Sizing,
}

impl fmt::Display for Sizing {
    /// `requests 100m/128Mi, limits 500m/256Mi`: processors, then memory.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "requests {}, limits {}", self.requests, self.limits)
    }
}

impl fmt::Display for Quantities {
    /// `100m/128Mi`: processors, then memory.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cpu, memory) =
            (quantity::format_cpu(self.cpu_millis), quantity::format_bytes(self.memory_bytes));
        write!(f, "{cpu}/{memory}")
    }
}
