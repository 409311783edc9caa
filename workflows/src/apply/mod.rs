//! Carrying out a plan: begin, phases one after another, the steps of a phase side by side, finish.
//!
//! The plan lies in the catalog; the workflow knows only how many steps each phase has. Steps are
//! idempotent, so starting the same plan again goes on where it stopped.
//! Read first: [`step()`].

mod step;
#[cfg(test)]
mod tests;
mod workflow;

pub use step::{Command, Event, MOST_SIDE_BY_SIDE, Outcome, State, Work, step};
pub use workflow::ApplyWorkflow;
