//! Where progress lines go.

use std::{fmt, io::Write, sync::Arc};

/// Takes one line of progress at a time. Cheap to clone.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(&str) + Send + Sync>);

impl Progress {
    /// Lines go to a function: a printer, a test.
    pub fn to(show: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(show))
    }

    /// Lines go to stderr, indented by two spaces.
    pub fn stderr() -> Self {
        Self::to(|line| {
            // A closed stderr must not end the work.
            writeln!(std::io::stderr(), "  {line}").ok();
        })
    }

    /// Nobody looks.
    pub fn silent() -> Self {
        Self::to(|_line| {})
    }

    /// Shows one line.
    pub fn say(&self, line: impl AsRef<str>) {
        (self.0)(line.as_ref());
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Progress")
    }
}
