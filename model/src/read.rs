//! Reading: the text of many files becomes typed documents, each with its place.

use crate::{
    diagnostic::{Diagnostic, Diagnostics},
    document::Documents,
};

/// One file of a model. Walking folders is the caller's job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFile {
    /// As errors should name it.
    pub path: String,
    /// Its content.
    pub text: String,
}

impl ModelFile {
    /// A file of this path and content.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// Whether a file of this name belongs to a model when a folder is given: `.yaml` or `.yml`,
    /// and not hidden.
    pub fn is_model(path: &std::path::Path) -> bool {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let extension = path.extension().and_then(std::ffi::OsStr::to_str);
        !hidden && matches!(extension, Some("yaml" | "yml"))
    }
}

/// Reads all documents of all files. The order of the files means nothing.
///
/// # Errors
/// All mistakes that were found, not only those of reading: what could be read is checked too.
pub fn read(files: &[ModelFile]) -> Result<Documents, Diagnostics> {
    if files.is_empty() {
        let code = crate::code::MODEL0018;
        return Err(Diagnostics::new(vec![Diagnostic {
            code,
            message: code.title.to_owned(),
            help: code.help.to_owned(),
            place: None,
            related: Vec::new(),
        }]));
    }
    Ok(Documents { files: files.to_vec() })
}
