//! Sizing: four values for each activity, and the smallest resource class that holds them.

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
