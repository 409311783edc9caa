//! What one stream does; each function is one activity.

pub mod ingest;
mod intent;
mod load;
pub mod merge;
mod note;
pub mod reconcile;
mod reset;
mod resync;
mod retire;

pub use ingest::ingest;
pub use intent::set_intent;
pub use load::load;
pub use merge::merge;
pub use note::note;
pub use reconcile::reconcile;
pub use reset::reset;
pub use resync::resync;
pub use retire::retire;
