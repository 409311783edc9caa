//! Colours and what they mean: green done, red error, yellow warning, cyan names and hints.
//!
//! Text is painted always; [`Printer`](super::Printer) strips it where colour is unwanted, so every
//! line must keep its meaning without.

use std::fmt::Display;

use anstyle::AnsiColor;
pub(crate) use anstyle::Style;

/// Done, new.
pub(crate) const DONE: Style = AnsiColor::Green.on_default();
/// Failed, removed.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// To be looked at, changed.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// Names.
pub(crate) const NAME: Style = AnsiColor::Cyan.on_default();
/// What to do.
pub(crate) const HINT: Style = NAME;
/// Titles.
pub(crate) const STRONG: Style = Style::new().bold();
/// What may be skipped when reading.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// The text in this style.
pub(crate) fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// The text without any style: what a pipe sees.
pub(crate) fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
