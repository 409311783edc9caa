//! Asking a person a question that is answered with yes or no.

use std::io::BufRead;

use teal_model::{Code, Error, Result};

use super::Printer;

/// Asks until the answer is one; no answer is a no. `unreadable`: the code where none can be read.
///
/// # Errors
/// `unreadable`.
pub(crate) fn ask(question: &str, unreadable: Code, printer: Printer) -> Result<bool> {
    let mut answer = String::new();
    loop {
        printer.stderr(&format!("{question} [y/N]"));
        answer.clear();
        std::io::stdin()
            .lock()
            .read_line(&mut answer)
            .map_err(|error| Error::new(unreadable).caused_by(error))?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => return Ok(true),
            "" | "n" | "no" => return Ok(false),
            _unclear => {}
        }
    }
}
