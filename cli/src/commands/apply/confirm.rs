//! Asking a person before something is removed.

use std::io::BufRead;

use teal_model::{Error, Result, plan::Plan};

use crate::{code, ui::Printer};

/// Lets a plan pass that removes nothing, or that `--yes` or a person agrees to.
///
/// # Errors
/// `CLI0006` when there is nobody to ask, `CLI0007` when the answer is no.
pub(super) fn destruction(plan: &Plan, yes: bool, printer: Printer) -> Result<()> {
    let steps = plan.steps.iter().filter(|step| step.action.is_destructive()).count();
    if steps == 0 || yes {
        return Ok(());
    }
    if !printer.can_ask() {
        return Err(Error::new(code::CLI0006).with("destructive_steps", steps));
    }
    let question = match steps {
        1 => "One step is destructive. Go on?".to_owned(),
        _ => format!("{steps} steps are destructive. Go on?"),
    };
    if ask(&question, printer)? { Ok(()) } else { Err(Error::new(code::CLI0007)) }
}

/// Asks until the answer is one; no answer is a no.
///
/// # Errors
/// `CLI0007` when the answer cannot be read.
pub(super) fn ask(question: &str, printer: Printer) -> Result<bool> {
    let mut answer = String::new();
    loop {
        printer.stderr(&format!("{question} [y/N]"));
        answer.clear();
        std::io::stdin()
            .lock()
            .read_line(&mut answer)
            .map_err(|error| Error::new(code::CLI0007).caused_by(error))?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => return Ok(true),
            "" | "n" | "no" => return Ok(false),
            _unclear => {}
        }
    }
}
