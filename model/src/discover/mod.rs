//! Discover: what a source has becomes documents of the model.
//!
//! In: the documents of today, and what somebody found in the catalogue of a source. Out: the files
//! that would change, and what a person should know. Pure: nobody reads or writes a file here.
//! Invariant: only files that begin with [`MARK`] are ever changed; what people wrote stays.
//! Read first: [`draft()`], [`FoundTable`].

mod compare;
mod dataset_text;
mod datastore_text;
mod draft;
mod found;
mod known;
mod naming;
mod selection;
#[cfg(test)]
mod tests;
mod workspace_text;

pub use dataset_text::MARK;
pub use datastore_text::{NewStore, datastore_text};
pub use draft::{Change, Draft, FileChange, Found, LeftOut, draft};
pub use found::{Estimate, FoundColumn, FoundTable, TableKind};
pub(crate) use known::is_ours;
pub use selection::{Selection, matches};
pub use workspace_text::workspace_text;

/// A legal name after anything: a folder, a database.
pub fn legal_name(real: &str) -> String {
    naming::legal(real, naming::What::Dataset)
}

/// Whether an object of a model may have this name.
pub fn is_legal_name(name: &str) -> bool {
    naming::What::Dataset.is_legal(name)
}
