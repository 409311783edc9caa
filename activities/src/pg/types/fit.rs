//! Whether each value of one type is exactly a value of another.

use super::PgType;

/// How a source column meets the type that the model says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// The same type: bytes pass as they are.
    Exact,
    /// Each value is held exactly after a cast (widening only).
    Cast,
    /// Some value could change or be refused: the source has drifted from the model.
    Drift,
}

/// Widening between different types; modifiers are judged by the caller (the wider type must have
/// none). What is not here loses something: `char(n)` to text its padding, json to jsonb its text.
const WIDER: &[(&str, &[&str])] = &[
    ("smallint", &["integer", "bigint", "numeric"]),
    ("integer", &["bigint", "numeric"]),
    ("bigint", &["numeric"]),
    ("real", &["double precision"]),
    ("character varying", &["text"]),
    ("text", &["character varying"]),
    ("money", &["numeric"]),
    ("name", &["text", "character varying"]),
    ("\"char\"", &["text", "character varying"]),
];

impl PgType {
    /// How values of this type go into a column of type `to`.
    pub fn fit(&self, to: &Self) -> Fit {
        if self == to {
            Fit::Exact
        } else if self.array == to.array && self.widens(to) {
            Fit::Cast
        } else {
            Fit::Drift
        }
    }

    fn widens(&self, to: &Self) -> bool {
        if self.builtin != to.builtin {
            let wider = WIDER.iter().find(|(from, _)| *from == self.builtin.name);
            return to.modifiers.is_empty()
                && wider.is_some_and(|(_, wider)| wider.contains(&to.builtin.name));
        }
        match (self.builtin.name, self.modifiers.as_slice(), to.modifiers.as_slice()) {
            ("character" | "bit", _, _) => false, // blank- or zero-padded: the length is the value
            (_, _, []) => true,
            (_, [], _) => false,
            ("numeric", [precision, scale], [wider_precision, wider_scale]) => {
                wider_scale >= scale && wider_precision - wider_scale >= precision - scale
            }
            ("interval", _, _) => false,
            (_, [length], [longer]) => longer >= length,
            _ => false,
        }
    }
}
