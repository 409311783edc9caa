//! What one stream does; each function is one activity.

pub mod reconcile;

pub use reconcile::reconcile;
