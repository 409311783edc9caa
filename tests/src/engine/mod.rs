//! The data path on real servers: what each batch leaves in the merge tables.
//!
//! Read first: [`world::Stream`] (a stream and its batches), `golden` (the scripts), `reference`
//! (random changes against the obvious implementation).

mod failures;
mod fencing;
mod frames;
mod golden;
mod guards;
mod lateness;
mod names;
mod network;
mod pulse;
mod reference;
mod relations;
mod reset;
mod resync;
mod snapshots;
mod types;
mod user_types;
mod verify;
mod versions;
mod world;
