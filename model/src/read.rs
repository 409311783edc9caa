//! Reading: the text of many files becomes typed documents, each with its place.

use crate::{
    code, compile,
    diagnostic::Diagnostics,
    document::Documents,
    yaml::{Finding, MOST_BYTES, Report, Span, compose},
};

/// One file of a model. Walking folders is the caller's job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFile {
    /// As errors should name it.
    pub path: String,
    /// Its content; of a file that is no UTF-8 text, with marks in place of what cannot be read.
    pub text: String,
    /// Byte of the content at which it is no UTF-8 text any more.
    pub broken_at: Option<usize>,
}

impl ModelFile {
    /// Bytes of the largest file that is read (`MODEL0003`); a longer one need not be loaded whole.
    pub const MOST_BYTES: usize = MOST_BYTES;

    /// A file of this path and content.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), broken_at: None }
    }

    /// As [`ModelFile::new`], from bytes that may be no text: that is a mistake of the model, told
    /// with all others. A file that is cut at [`ModelFile::MOST_BYTES`] may end within a character.
    pub fn from_bytes(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        let is_cut = bytes.len() > Self::MOST_BYTES;
        match String::from_utf8(bytes) {
            Ok(text) => Self::new(path, text),
            Err(error) => {
                let broken_at = (!is_cut).then(|| error.utf8_error().valid_up_to());
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                Self { broken_at, ..Self::new(path, text) }
            }
        }
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
    let mut report = Report::default();
    let documents = parse(files, &mut report);
    if report.is_empty() {
        return Ok(documents);
    }
    compile::check(&documents, &mut report);
    Err(report.finish(&documents.files))
}

/// Reads what can be read.
fn parse(files: &[ModelFile], report: &mut Report) -> Documents {
    let mut files = files.to_vec();
    files.sort_by(|a, b| (&a.path, &a.text).cmp(&(&b.path, &b.text)));
    files.dedup();
    let mut documents = Documents { files, ..Documents::default() };
    let mut nodes = Vec::new();
    for (index, file) in documents.files.iter().enumerate() {
        match file.broken_at {
            None => nodes.extend(compose(index, &file.text, report)),
            Some(byte) => no_text(index, file, byte, report),
        }
    }
    if nodes.iter().all(|node| node.is_null()) && report.is_empty() {
        let message = match &documents.files[..] {
            [] => "no file was given".to_owned(),
            [file] => format!("{} holds no document", file.path),
            files => format!("none of {} files holds a document", files.len()),
        };
        report.add(Finding::new(code::MODEL0018, Span::NOWHERE, message));
        report.gap();
    }
    for node in nodes {
        documents.add(&node, report);
    }
    documents
}

/// A file in another encoding than that of YAML: nothing of it is read.
fn no_text(index: usize, file: &ModelFile, byte: usize, report: &mut Report) {
    let at = Span::of_byte(index, &file.text, byte);
    let finding = Finding::new(code::MODEL0001, at, "the file is not UTF-8 text");
    report.add(finding.help("save it as UTF-8: the byte at the mark is of another encoding"));
    report.gap();
}
