//! What the verbs on streams share: choosing streams, asking before what is dangerous, telling many
//! at once, waiting for their batches, showing how each ended.
//!
//! Read first: [`Choice`], [`Desk`], [`Outcomes`].

mod choice;
mod confirm;
mod desk;
mod local;
mod outcome;
mod report;
mod wait;

pub(crate) use choice::{Choice, Chosen};
pub(crate) use confirm::{Danger, agree};
pub(crate) use desk::{Desk, ask};
pub(crate) use local::{batches as local_batches, each as each_locally, may_run};
pub(crate) use outcome::{Done, Outcome, Outcomes};
pub(crate) use wait::{Ticket, served};
