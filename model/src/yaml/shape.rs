//! Shapes: what may be written at a place, said by the same declarations that read it. The JSON
//! Schema and the reference of the model are made from them.

use serde_json::Value;

/// What may be written at a place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    /// A single text.
    Text(Text),
    /// A whole number without quotes.
    Whole {
        /// Smallest.
        min: u64,
        /// Largest.
        max: u64,
    },
    /// `true` or `false`.
    Truth,
    /// One word of a closed set, with what it means.
    Words(Vec<(&'static str, &'static str)>),
    /// A list.
    List(Box<Self>),
    /// A mapping from names that the author chooses.
    Named(Box<Self>),
    /// A mapping whose names the model gives.
    Mapping(Mapping),
    /// Any of these.
    Either(Vec<Self>),
}

/// A text and what is known of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Text {
    /// What is asked for, such as `a duration, such as 5m`.
    pub(crate) expected: &'static str,
    /// Regular expression of the whole text; `None`: any.
    pub(crate) pattern: Option<String>,
    /// Texts that an editor should offer.
    pub(crate) suggestions: &'static [&'static str],
    /// Whether YAML may take it for a number, such as the quantity `2`.
    pub(crate) or_number: bool,
}

/// A mapping whose names the model gives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mapping {
    /// Name of its declaration; unique.
    pub(crate) name: &'static str,
    /// Its doc comment.
    pub(crate) doc: &'static str,
    /// In the order of the declaration.
    pub(crate) fields: Vec<Field>,
    /// Exactly one of these fields is there; empty: no such rule.
    pub(crate) one_of: &'static [&'static str],
}

/// One field of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    /// Name in the file.
    pub(crate) name: &'static str,
    /// Its doc comment.
    pub(crate) doc: &'static str,
    /// Whether it must be there.
    pub(crate) required: bool,
    /// What counts when it is not there, where that is one value.
    pub(crate) default: Option<Value>,
    /// What may be written there.
    pub(crate) shape: Shape,
}

impl Shape {
    /// A text of this pattern.
    pub(crate) fn text(expected: &'static str, pattern: &str) -> Self {
        Self::Text(Text { expected, pattern: Some(pattern.to_owned()), ..Text::default() })
    }

    /// A text of this pattern that YAML may take for a number.
    pub(crate) fn quantity(expected: &'static str, pattern: &str) -> Self {
        Self::Text(Text {
            expected,
            pattern: Some(pattern.to_owned()),
            or_number: true,
            ..Text::default()
        })
    }
}

impl Mapping {
    /// With the rule that exactly one of these fields is there.
    pub(crate) fn one_of(self, fields: &'static [&'static str]) -> Self {
        Self { one_of: fields, ..self }
    }

    /// Its doc comment without the example.
    pub(crate) fn text(&self) -> String {
        paragraphs(self.doc.split("```").next().unwrap_or_default())
    }

    /// The YAML of the example in its doc comment.
    pub(crate) fn example(&self) -> Option<String> {
        let (_, rest) = self.doc.split_once("```yaml\n")?;
        let (example, _) = rest.split_once("```")?;
        // A doc comment keeps the blank behind its slashes.
        let lines = example.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end());
        Some(lines.collect::<Vec<_>>().join("\n").trim_end().to_owned())
    }
}

impl Field {
    /// Its doc comment.
    pub(crate) fn text(&self) -> String {
        paragraphs(self.doc)
    }
}

/// A doc comment as text: lines of a paragraph joined.
fn paragraphs(doc: &str) -> String {
    let lines: Vec<&str> = doc.lines().map(str::trim).collect();
    let paragraphs = lines.split(|line| line.is_empty()).filter(|lines| !lines.is_empty());
    paragraphs.map(|lines| lines.join(" ")).collect::<Vec<_>>().join("\n\n")
}
