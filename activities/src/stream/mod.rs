//! What one stream does; each function is one activity.
