//! What is wrong with a model, where, and what to do: all of it, not the first.
//!
//! In: places and words from reading and lint. Out: text for a person, JSON for a program.
//! Invariant: a secret that somebody typed into a model is never shown.
//! Read first: [`Diagnostic`].

use std::{cmp::Ordering, collections::BTreeMap, fmt};

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::error::Code;

/// Further places that are shown of one mistake.
const MOST_PLACES: usize = 2;

/// One mistake in a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its situation.
    pub code: Code,
    /// What is wrong, with the names.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// Where; `None`: it concerns the model as a whole.
    pub place: Option<Place>,
    /// Another place that belongs to it, with a word on what it is.
    pub related: Vec<(String, Place)>,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file, as it was given.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Length in characters, at least 1; never past the end of the line.
    pub length: u32,
    /// The line itself, with secrets masked; of a long line the part around the column, of a line
    /// beyond 10,000 bytes nothing.
    pub source: String,
    /// Characters of the line before `source`.
    pub skipped: u32,
}

impl Diagnostic {
    /// Order in which a person reads: by file, line and column.
    fn order(&self, other: &Self) -> Ordering {
        let key = |d: &Self| d.place.as_ref().map(|p| (p.file.clone(), p.line, p.column));
        (key(self), self.code.id, &self.message).cmp(&(key(other), other.code.id, &other.message))
    }
}

/// All mistakes of a model, ordered by file, line and column. Never empty where it is an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Sorts them; what was found twice is kept once.
    pub fn new(mut found: Vec<Diagnostic>) -> Self {
        found.sort_by(Diagnostic::order);
        found.dedup();
        Self(found)
    }

    /// In order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As a person reads them: what is said in the same words of several places is one mistake.
    pub fn folded(&self) -> Vec<Folded<'_>> {
        let mut folded: Vec<Folded<'_>> = Vec::new();
        let mut known: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
        for diagnostic in &self.0 {
            let key = (diagnostic.code.id, &*diagnostic.message, &*diagnostic.help);
            match known.get(&key).and_then(|index| folded.get_mut(*index)) {
                Some(first) => first.others.extend(&diagnostic.place),
                None => {
                    known.insert(key, folded.len());
                    folded.push(Folded { first: diagnostic, others: Vec::new() });
                }
            }
        }
        folded
    }
}

/// One mistake, and the places where it shows again.
#[derive(Debug)]
pub struct Folded<'a> {
    /// Where it shows first.
    pub first: &'a Diagnostic,
    /// The other places, in order.
    pub others: Vec<&'a Place>,
}

impl fmt::Display for Folded<'_> {
    /// As [`Diagnostic`]'s, with the first of the other places and how many more there are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.others.iter().take(MOST_PLACES).map(|place| ("also here", *place));
        self.first.write(f, shown.collect(), self.others.len().saturating_sub(MOST_PLACES))
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl std::error::Error for Diagnostics {}

impl fmt::Display for Diagnostics {
    /// One after another, with an empty line between; see [`Folded`]'s `Display`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, folded) in self.folded().iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            folded.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Diagnostic {
    /// Plain text, several lines, no final line break: code and message, place, the line with its
    /// mark, what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, Vec::new(), 0)
    }
}

impl Diagnostic {
    /// `more`: places beyond its own, each with a word on what it is; `beyond`: how many others
    /// there are.
    fn write(
        &self,
        f: &mut fmt::Formatter<'_>,
        more: Vec<(&str, &Place)>,
        beyond: usize,
    ) -> fmt::Result {
        write!(f, "error[{}]: {}", self.code.id, self.message)?;
        let related: Vec<(&str, &Place)> =
            self.related.iter().map(|(word, place)| (&**word, place)).chain(more).collect();
        let places = self.place.iter().chain(related.iter().map(|(_, place)| *place));
        let margin = places.map(|p| p.line.to_string().len()).max().unwrap_or(0);
        if let Some(place) = &self.place {
            write_place(f, place, margin, '^', "")?;
        }
        for (word, place) in related {
            write_place(f, place, margin, '-', word)?;
        }
        if beyond > 0 {
            let noun = if beyond == 1 { "place" } else { "places" };
            write!(f, "\n{:margin$}--> and {beyond} more {noun}", "")?;
        }
        write!(f, "\n{:margin$} = help: {}", "", self.help)
    }
}

fn write_place(
    f: &mut fmt::Formatter<'_>,
    place: &Place,
    margin: usize,
    mark: char,
    word: &str,
) -> fmt::Result {
    let indent = place.column.saturating_sub(1).saturating_sub(place.skipped);
    let indent = usize::try_from(indent).unwrap_or(0);
    let shown = place.source.chars().count();
    let width = usize::try_from(place.length).unwrap_or(1).min(shown.saturating_sub(indent)).max(1);
    // Behind a secret nothing is shown, so nothing can be marked.
    let marks = if indent <= shown { mark.to_string().repeat(width) } else { String::new() };
    write!(f, "\n{:margin$}--> {}:{}:{}", "", place.file, place.line, place.column)?;
    if place.source.is_empty() {
        return if word.is_empty() { Ok(()) } else { write!(f, " ({word})") };
    }
    write!(f, "\n{:margin$} |", "")?;
    write!(f, "\n{:>margin$} | {}", place.line, place.source.trim_end())?;
    let indent = if marks.is_empty() { 0 } else { indent };
    let line = format!("{:margin$} | {:indent$}{marks} {word}", "", "");
    write!(f, "\n{}", line.trim_end())
}

impl Serialize for Diagnostic {
    /// Flat: `code`, `message`, `help`, `file`, `line`, `column`, `length`, `source`, `related`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let place = self.place.as_ref();
        let related: Vec<_> = self.related.iter().map(|(word, place)| (word, place)).collect();
        let mut fields = serializer.serialize_struct("Diagnostic", 10)?;
        fields.serialize_field("code", self.code.id)?;
        fields.serialize_field("message", &self.message)?;
        fields.serialize_field("help", &self.help)?;
        fields.serialize_field("file", &place.map(|p| &p.file))?;
        fields.serialize_field("line", &place.map(|p| p.line))?;
        fields.serialize_field("column", &place.map(|p| p.column))?;
        fields.serialize_field("length", &place.map(|p| p.length))?;
        fields.serialize_field("source", &place.map(|p| &p.source))?;
        fields.serialize_field("skipped", &place.map(|p| p.skipped))?;
        fields.serialize_field("related", &related)?;
        fields.end()
    }
}
