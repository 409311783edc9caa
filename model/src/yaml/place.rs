//! Places: compact while reading, with file name and line when shown.

use std::collections::HashMap;

use crate::{diagnostic::Place, read::ModelFile};

/// Where something stands. Compact: the file is an index, its text is kept by
/// [`crate::Documents`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Index of the file plus 1; 0: nowhere.
    pub(super) file: u32,
    /// From 1.
    pub(super) line: u32,
    /// In characters, from 1.
    pub(super) column: u32,
    /// In characters; 0 shows as 1.
    pub(super) length: u32,
}

impl Span {
    /// The place of what is not written in any file (filled in after a mistake).
    pub const NOWHERE: Self = Self { file: 0, line: 0, column: 0, length: 0 };

    /// Whether it stands in a file. What does not was made up after a mistake, and checks skip it.
    pub const fn is_somewhere(self) -> bool {
        self.file > 0
    }

    /// Which file of the model it stands in.
    pub(crate) fn file_index(self) -> Option<usize> {
        usize::try_from(self.file).ok()?.checked_sub(1)
    }

    /// Whether both stand in one line.
    pub(crate) fn is_in_line_of(self, other: Self) -> bool {
        (self.file, self.line) == (other.file, other.line)
    }

    /// The start of a file.
    pub(crate) fn start_of(file: usize) -> Self {
        Self { file: index(file), line: 1, column: 1, length: 0 }
    }

    /// The place of a byte of a file's text, at the start of a character.
    pub(crate) fn of_byte(file: usize, text: &str, byte: usize) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).saturating_add(1);
        Self {
            file: index(file),
            line: number(before.matches('\n').count()),
            column: number(line.chars().count()),
            length: 1,
        }
    }

    /// The place of a parser's span in the file of this index.
    pub(super) fn of(file: usize, span: &granit_parser::Span) -> Self {
        let (start, end) = (span.start, span.end);
        let length =
            if start.line() == end.line() { end.col() - start.col().min(end.col()) } else { 0 };
        Self::at(file, &start, length)
    }

    /// The place of a parser's mark.
    pub(super) fn at(file: usize, mark: &granit_parser::Marker, length: usize) -> Self {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            file: index(file),
            line: number(mark.line()).max(1),
            column: number(mark.col()).saturating_add(1),
            length: number(length),
        }
    }

    /// With file name and line.
    pub(crate) fn locate(self, lines: &mut Lines<'_>) -> Option<Place> {
        let (file, line) = lines.line(self)?;
        let line = if line.len() <= LONGEST_LINE { line } else { "" };
        let line = line.trim_end_matches('\r').replace('\t', " ");
        let column = usize::try_from(self.column).ok()?.saturating_sub(1);
        let rest = u32::try_from(line.chars().skip(column).count()).unwrap_or(u32::MAX);
        let skipped = if column >= SHOWN_CHARS { column - LEAD_CHARS } else { 0 };
        let source = mask_secrets(&line).chars().skip(skipped).take(SHOWN_CHARS).collect();
        Some(Place {
            file: file.path.clone(),
            line: self.line,
            column: self.column,
            length: self.length.clamp(1, rest.max(1)),
            source,
            skipped: u32::try_from(skipped).ok()?,
        })
    }
}

/// Files whose lines are looked up again and again: each is cut into lines once.
pub(crate) struct Lines<'a> {
    files: &'a [ModelFile],
    cut: HashMap<u32, Vec<&'a str>>,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(files: &'a [ModelFile]) -> Self {
        Self { files, cut: HashMap::new() }
    }

    /// The file of a place and its line.
    fn line(&mut self, at: Span) -> Option<(&'a ModelFile, &'a str)> {
        let file = self.files.get(at.file_index()?)?;
        let lines = self.cut.entry(at.file).or_insert_with(|| file.text.split('\n').collect());
        let line = lines.get(usize::try_from(at.line).ok()?.saturating_sub(1));
        Some((file, line.copied().unwrap_or_default()))
    }
}

/// Bytes of a line that is worth showing a part of; only machines write longer ones.
const LONGEST_LINE: usize = 10_000;
/// Longest part of a line that is shown.
const SHOWN_CHARS: usize = 100;
/// What is shown before the place when the line is longer.
const LEAD_CHARS: usize = 20;

fn index(file: usize) -> u32 {
    u32::try_from(file).unwrap_or(u32::MAX - 1).saturating_add(1)
}

/// Names of fields that hold secrets wherever people write them.
const SECRET_WORDS: [&str; 5] = ["password", "passwd", "secret", "token", "api_key"];

/// Whether a field of this name would hold a secret.
pub(crate) fn is_secret(field: &str) -> bool {
    let field = field.to_ascii_lowercase().replace('-', "_");
    SECRET_WORDS.iter().any(|word| field.ends_with(word))
}

/// The line up to the first value that may be a secret: what follows such a field's colon is cut
/// off, and so is the password of a URL with everything after it.
fn mask_secrets(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let field = SECRET_WORDS
        .iter()
        .filter_map(|word| {
            let end = lower.find(word)? + word.len();
            let rest = lower.get(end..)?;
            let gap = rest.len() - rest.trim_start_matches(['"', '\'', ' ']).len();
            (rest.get(gap..)?.starts_with([':', '=']) && rest.len() > gap + 1)
                .then_some(end + gap + 1)
        })
        .min();
    let url = lower.find("://").and_then(|start| {
        let at = lower.get(start..)?.find('@')?;
        lower.get(start + 3..start + at)?.find(':').map(|colon| start + 3 + colon + 1)
    });
    match field.into_iter().chain(url).min().and_then(|end| line.get(..end)) {
        Some(head) => format!("{head}…"),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_cut_off() {
        for (line, shown) in [
            ("  password: hunter2", "  password:…"),
            ("{host: a, db_password: x, prot: 1}", "{host: a, db_password:…"),
            ("\"secret\": \"x\"", "\"secret\":…"),
            ("host: postgres://shop:hunter2@db/shop", "host: postgres://shop:…"),
            ("tokens: bigint", "tokens: bigint"),
            ("password:", "password:"),
            ("host: https://db/x", "host: https://db/x"),
        ] {
            assert_eq!(mask_secrets(line), shown);
        }
        assert!(is_secret("db-password") && !is_secret("secrets_dir"));
    }
}
