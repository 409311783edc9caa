//! What a person sees: one [`Printer`], and how errors, plans and tables look.

pub(crate) mod ask;
pub(crate) mod batch;
pub(crate) mod diagnostic;
pub(crate) mod error;
pub(crate) mod page;
pub(crate) mod plan;
pub(crate) mod printer;
pub(crate) mod progress;
pub(crate) mod screen;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod units;
pub(crate) mod wrap;

pub use printer::{Color, Format, Printer, Verbosity};
