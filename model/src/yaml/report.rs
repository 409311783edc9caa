//! The report: collects mistakes while reading and checking go on.

use super::{Span, place::Lines};
use crate::{
    code,
    diagnostic::{Diagnostic, Diagnostics},
    error::Code,
    read::ModelFile,
};

/// Mistakes that are kept; whoever has more does not read them.
const MOST: usize = 1_000;

/// One mistake, with a compact place.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    code: Code,
    at: Span,
    message: String,
    help: Option<String>,
    related: Vec<(String, Span)>,
}

impl Finding {
    /// A mistake of this code, at this place, in these words.
    pub(crate) fn new(code: Code, at: Span, message: impl Into<String>) -> Self {
        Self { code, at, message: message.into(), help: None, related: Vec::new() }
    }

    /// Advice that knows the names.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Another place that belongs to it.
    pub(crate) fn also(mut self, word: impl Into<String>, at: Span) -> Self {
        if at.is_somewhere() {
            self.related.push((word.into(), at));
        }
        self
    }

    fn locate(self, lines: &mut Lines<'_>) -> Diagnostic {
        let place = self.at.locate(lines);
        let located = |(word, at): (String, Span)| Some((word, at.locate(lines)?));
        Diagnostic {
            code: self.code,
            message: self.message,
            help: self.help.unwrap_or_else(|| self.code.help.to_owned()),
            place,
            related: self.related.into_iter().filter_map(located).collect(),
        }
    }
}

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    findings: Vec<Finding>,
    gaps: bool,
}

impl Report {
    /// Adds a mistake.
    pub(crate) fn add(&mut self, finding: Finding) {
        match self.findings.len() {
            kept if kept < MOST => self.findings.push(finding),
            MOST => self.findings.push(Finding::new(
                code::MODEL0019,
                Span::NOWHERE,
                format!("there are more than {MOST} mistakes"),
            )),
            _ => {}
        }
    }

    /// Notes that a document could not be read at all: what is missing may stand there.
    pub(crate) fn gap(&mut self) {
        self.gaps = true;
    }

    /// Whether something could not be read, so that nothing may be called undeclared.
    pub(crate) const fn has_gaps(&self) -> bool {
        self.gaps
    }

    /// Whether more mistakes would not be kept.
    pub(crate) const fn is_full(&self) -> bool {
        self.findings.len() > MOST
    }

    /// Whether nothing was found.
    pub(crate) const fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Everything, with file names and lines.
    pub(crate) fn finish(self, files: &[ModelFile]) -> Diagnostics {
        let mut lines = Lines::of(files);
        Diagnostics::new(self.findings.into_iter().map(|found| found.locate(&mut lines)).collect())
    }
}
