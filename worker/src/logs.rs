//! Logs: for people or as JSON, one line per event, with `stream` and `batch` as fields.

use std::io::IsTerminal;

use teal_model::{Error, Result};
use tracing_subscriber::{EnvFilter, fmt};

use crate::code;

/// How lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// For a person.
    #[default]
    Human,
    /// For a collector.
    Json,
}

/// The SDK says a lot at `info` that a person of Teal cannot use; its warnings stay.
const DEFAULT_FILTER: &str =
    "info,temporalio_sdk=warn,temporalio_sdk_core=warn,temporalio_client=warn,sqlx=warn";

/// Sends what the process logs to stderr. `filter` as of `RUST_LOG`; `None`: the default.
///
/// # Errors
/// `WORK0106` when the filter cannot be read.
pub fn init(format: Format, filter: Option<&str>) -> Result<()> {
    let filter = EnvFilter::try_new(filter.unwrap_or(DEFAULT_FILTER))
        .map_err(|error| Error::new(code::WORK0106).caused_by(error))?;
    // the library looks at NO_COLOR, but not at where the lines go
    let colored = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colored);
    let ready = match format {
        Format::Human => lines.with_target(false).try_init(),
        Format::Json => lines.json().flatten_event(true).with_current_span(true).try_init(),
    };
    ready.ok(); // a second init in one process keeps the first: only tests do that
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_of_no_known_level_is_refused() {
        let error = init(Format::Json, Some("teal_worker=loudly")).unwrap_err();
        assert_eq!(error.code(), code::WORK0106);
    }
}
