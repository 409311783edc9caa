//! The model: what producers have, what consumers need, compiled to one immutable release.
//!
//! Pure: no database, no network, no clock. Read first: [`load`] (text to release),
//! [`release::Release`] (what a model becomes), [`error::Error`] (how every part of Teal says what
//! went wrong).
#![warn(missing_docs)]

pub mod advice;
pub mod code;
mod compile;
pub mod diagnostic;
pub mod discover;
pub mod document;
pub mod duration;
pub mod error;
pub mod graph;
pub mod ids;
mod known;
mod lint;
mod locate;
pub mod name;
pub mod plan;
mod read;
pub mod release;
pub mod schedule;
pub mod schema;
mod serving;
pub mod sizing;
#[cfg(test)]
mod tests;
pub mod types;
mod yaml;

pub use compile::{compile, graph, source_of};
pub use diagnostic::{Diagnostic, Diagnostics};
pub use document::Documents;
pub use error::{Code, Error, Kind, Result};
pub use ids::{BatchId, Epoch, StreamId};
pub use known::{Known, known};
pub use locate::Part;
pub use read::{ModelFile, read};
pub use yaml::{Entries, Entry, Span, Spanned, closest};

/// Reads, checks and compiles a model: [`read()`] then [`compile()`].
///
/// # Errors
/// All mistakes of the model, ordered by file and line.
pub fn load(files: &[ModelFile]) -> Result<release::Release, Diagnostics> {
    compile(&read(files)?)
}
