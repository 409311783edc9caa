//! The data path on real servers: what each batch leaves in the merge tables.
//!
//! Read first: [`world::Stream`] (a stream and its batches), `golden` (the scripts).

mod golden;
mod world;
