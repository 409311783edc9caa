//! Text that nobody would write.
