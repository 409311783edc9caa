//! Compile: linted documents become the release that `apply` installs.

use crate::{
    code,
    diagnostic::{Diagnostic, Diagnostics},
    document::Documents,
    release::Release,
};

/// Checks the documents and compiles them.
///
/// # Errors
/// All mistakes of the model.
pub fn compile(documents: &Documents) -> Result<Release, Diagnostics> {
    let message = format!("{} files hold no ecosystem", documents.files.len());
    Err(Diagnostics::new(vec![Diagnostic {
        code: code::MODEL0018,
        message,
        help: code::MODEL0018.help.to_owned(),
        place: None,
        related: Vec::new(),
    }]))
}
