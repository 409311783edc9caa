//! Where output goes: data to stdout, everything else to stderr.

use std::io::{ErrorKind, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum;
use serde::Serialize;
use teal_model::{Error, Result};

use super::{
    error,
    screen::Screen,
    style::{HINT, WARNING, paint},
};
use crate::{code, config};

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Also into files and pipes.
    Always,
    /// Never.
    Never,
}

/// How data is written to stdout.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON document.
    Json,
}

/// How much is said on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// What happened.
    Normal,
    /// How it happened, with logs.
    Verbose,
}

/// Writes everything that `teal` says. Knows quiet, verbose, colour and whether a person watches.
#[derive(Debug, Clone, Copy)]
pub struct Printer {
    verbosity: Verbosity,
    color: Color,
}

impl Printer {
    /// A printer for one run of the command.
    pub fn new(verbosity: Verbosity, color: Color) -> Self {
        Self { verbosity, color }
    }

    /// Writes data: what a program behind a pipe reads.
    ///
    /// # Errors
    /// `CLI0003` when stdout cannot be written (a closed pipe is fine: the reader had enough).
    pub fn data(&self, text: &str) -> Result<()> {
        self.show(text).map(|_read| ())
    }

    /// As [`Printer::data`]; `false` when nobody reads any more, for who would go on writing.
    ///
    /// # Errors
    /// As [`Printer::data`].
    pub fn show(&self, text: &str) -> Result<bool> {
        let mut out = AutoStream::new(std::io::stdout(), self.choice()).lock();
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        match write!(out, "{text}{end}").and_then(|()| out.flush()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(Error::new(code::CLI0003).caused_by(error)),
        }
    }

    /// Writes data as one indented JSON document.
    ///
    /// # Errors
    /// As [`Printer::data`].
    pub fn json<T: Serialize>(&self, value: &T) -> Result<()> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| Error::new(code::CLI0003).caused_by(error))?;
        self.data(&text)
    }

    /// Says what happened. Not when quiet.
    pub fn say(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.stderr(text);
        }
    }

    /// Says how it happened. Only when verbose.
    pub fn detail(&self, text: &str) {
        if self.verbosity >= Verbosity::Verbose {
            self.stderr(text);
        }
    }

    /// Something to look at. Not when quiet.
    pub fn warn(&self, text: &str) {
        self.say(&format!("{}: {text}", paint(WARNING, "warning")));
    }

    /// What to do next. Not when quiet.
    pub fn hint(&self, text: &str) {
        self.say(&format!("{}: {text}", paint(HINT, "hint")));
    }

    /// An error with its context, causes and hint. Always.
    pub fn error(&self, error: &Error) {
        self.stderr(&error::render(error));
    }

    /// Text to stderr whatever the verbosity: errors, and questions that wait for an answer.
    pub fn stderr(&self, text: &str) {
        let mut err = AutoStream::new(std::io::stderr(), self.choice()).lock();
        // Nobody is left to tell when stderr is gone.
        writeln!(err, "{text}").ok();
    }

    /// Whether moving progress lines make sense: somebody watches and wants to see them.
    pub fn shows_progress(&self) -> bool {
        self.verbosity >= Verbosity::Normal && std::io::stderr().is_terminal()
    }

    /// The terminal behind stdout as a screen to draw on; `None`: there is none, or a dumb one.
    pub(crate) fn screen(&self) -> Option<Screen> {
        let stdout = std::io::stdout();
        if !stdout.is_terminal() || config::terminal_is_dumb() {
            return None;
        }
        let colored = match self.color {
            Color::Auto => AutoStream::choice(&stdout) != ColorChoice::Never,
            Color::Always => true,
            Color::Never => false,
        };
        Some(Screen::open(colored))
    }

    /// Whether there is a person to ask.
    pub fn can_ask(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// How much is said.
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    fn choice(&self) -> ColorChoice {
        match self.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        }
    }
}
