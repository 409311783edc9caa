//! The life of one stream: wait, ingest, merge, wait; and what people and failures do to it.
//!
//! Read first: [`step()`] (every decision), then [`State`].

mod event;
mod failure;
mod intent;
mod line;
mod links;
mod listed;
mod outcome;
mod pause;
mod policy;
mod runs;
mod show;
mod state;
mod step;
#[cfg(test)]
mod tests;
mod word;
mod workflow;

pub use event::{Command, Event, Work};
pub use outcome::{Again, Outcome, outcome};
pub use policy::{LONGEST_PAUSE_SECONDS, pause_ms};
pub use runs::Runs;
pub use state::{Intent, Reloads, Resync, Stage, State};
pub use step::step;
pub use word::Word;
pub use workflow::StreamWorkflow;
