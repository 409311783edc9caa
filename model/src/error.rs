//! Errors of all of Teal: one code per situation, and the code fixes the kind.
//!
//! Invariant: context holds names, ids and counts; never row values, never secrets.
//! Read first: [`Code`], then [`Error`].

use std::fmt;

/// Who can do something about an error, and so what a retry is worth. One `match` on it decides
/// the policy of a stream (`workflows/src/stream/step.rs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The model, a setting or a credential must be changed; a retry alone helps nothing.
    Config,
    /// Network, deadlock, serialization, a server that is down: the same thing may work later.
    Transient,
    /// The data breaks its contract; someone must look at the source.
    Data,
    /// A newer attempt owns the batch: drop this one and read the ledger.
    Fenced,
    /// Somebody has to look: Teal is wrong, or a server is damaged.
    Bug,
}

impl Kind {
    /// The word that travels in histories, logs and the catalog.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Transient => "transient",
            Self::Data => "data",
            Self::Fenced => "fenced",
            Self::Bug => "bug",
        }
    }

    /// Reads the word of [`Kind::as_str`]; a word from a newer Teal is a [`Kind::Transient`], which
    /// is the only guess that loses nothing.
    pub fn from_word(word: &str) -> Self {
        match word {
            "config" => Self::Config,
            "data" => Self::Data,
            "fenced" => Self::Fenced,
            "bug" => Self::Bug,
            _ => Self::Transient,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One situation that a person may meet: its number, who can act, what happened, what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// Such as `MERGE0004`; never reused for another situation.
    pub id: &'static str,
    /// Decides what a stream does about it.
    pub kind: Kind,
    /// Lower-case phrase without full stop: what happened.
    pub title: &'static str,
    /// What to do, one line.
    pub help: &'static str,
}

impl Code {
    /// Declares a code; [`codes!`](crate::codes) does it for all codes of a crate.
    pub const fn new(
        id: &'static str,
        kind: Kind,
        title: &'static str,
        help: &'static str,
    ) -> Self {
        Self { id, kind, title, help }
    }
}

/// Declares the codes of a crate, in its `code.rs`, and the list of them. A code has a page
/// `docs/errors/<CODE>.md`, which says more than its one line of help.
///
/// ```
/// teal_model::codes! {
///     /// Two rows of one key.
///     SHOP0001: Data, "the shop holds one key twice",
///         "mend the rows";
/// }
/// assert_eq!(ALL, [SHOP0001]);
/// ```
#[macro_export]
macro_rules! codes {
    ($( $(#[$doc:meta])* $id:ident: $kind:ident, $title:literal, $help:literal; )*) => {
        $(
            $(#[$doc])*
            pub const $id: $crate::error::Code = $crate::error::Code::new(
                stringify!($id),
                $crate::error::Kind::$kind,
                $title,
                $help,
            );
        )*

        /// All codes of this crate.
        pub const ALL: &[$crate::error::Code] = &[$( $id ),*];
    };
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

/// A failure with its code, the names around it and its cause.
///
/// `Display` prints its own line only (`[CODE] title (stream: live/shop, batch: 7)`); a renderer
/// walks `source()`.
pub struct Error(Box<Inner>);

struct Inner {
    code: Code,
    context: Vec<(&'static str, String)>,
    hint: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Result of Teal's own functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of this situation, with no context yet.
    pub fn new(code: Code) -> Self {
        Self(Box::new(Inner { code, context: Vec::new(), hint: None, source: None }))
    }

    /// Adds a name, an id or a count. Never a value of a row, never a secret.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.0.context.push((key, value.to_string()));
        self
    }

    /// Replaces the code's general advice by one that knows the names.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The error underneath.
    #[must_use]
    pub fn caused_by(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Its code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Shorthand for the code's kind.
    pub fn kind(&self) -> Kind {
        self.0.code.kind
    }

    /// Names, ids and counts, in the order in which they were added.
    pub fn context(&self) -> &[(&'static str, String)] {
        &self.0.context
    }

    /// What to do.
    pub fn help(&self) -> &str {
        self.0.hint.as_deref().unwrap_or(self.0.code.help)
    }

    /// The whole story in one line: own line and causes, for a place that shows one line only
    /// (Temporal failures, `status`). At most about 1,000 characters.
    pub fn one_line(&self) -> String {
        let mut line = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            line.push_str(": ");
            line.push_str(&error.to_string().replace('\n', " "));
            cause = error.source();
        }
        if line.chars().count() > 1_000 {
            line = line.chars().take(999).chain(['…']).collect();
        }
        line
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.0.code.id, self.0.code.title)?;
        for (index, (key, value)) in self.0.context.iter().enumerate() {
            let lead = if index == 0 { " (" } else { ", " };
            write!(f, "{lead}{key}: {value}")?;
        }
        if !self.0.context.is_empty() {
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.one_line())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.source {
            Some(source) => Some(&**source),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: Code = Code::new("TEST0001", Kind::Data, "something is off", "look at it");

    #[test]
    fn one_line_holds_code_context_and_causes() {
        let error = Error::new(SAMPLE)
            .with("stream", "live/shop")
            .with("batch", 7)
            .caused_by(std::io::Error::other("disk is\nfull"));
        assert_eq!(
            error.one_line(),
            "[TEST0001] something is off (stream: live/shop, batch: 7): disk is full"
        );
        assert_eq!(error.help(), "look at it");
    }
}
