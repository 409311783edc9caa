//! What one stream does; each function is one activity.

pub mod ingest;
pub mod merge;
pub mod reconcile;

pub use ingest::ingest;
pub use merge::merge;
pub use reconcile::reconcile;
