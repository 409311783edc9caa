//! The documents of a model, as people write them.

/// All documents of a model, read and typed, each with its place.
#[derive(Debug, Default)]
pub struct Documents {
    pub(crate) files: Vec<crate::read::ModelFile>,
}
