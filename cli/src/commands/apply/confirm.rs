//! Asking a person before something is removed.

use teal_model::{Error, Result, plan::Plan};

use crate::{
    code,
    ui::{Printer, ask::ask},
};

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
    agreed(ask(&question, code::CLI0007, printer)?)
}

/// Goes on after a yes only.
///
/// # Errors
/// `CLI0007`.
pub(super) fn agreed(yes: bool) -> Result<()> {
    if yes { Ok(()) } else { Err(Error::new(code::CLI0007)) }
}

/// Asks, after Ctrl-C, whether to cancel what runs; no answer, or a second Ctrl-C, leaves it.
pub(super) async fn cancelling(printer: Printer) -> bool {
    printer.stderr("Leave the apply running, or cancel it? [l/c]");
    let (answer, answered) = tokio::sync::oneshot::channel();
    // A thread of its own: reading a terminal cannot be interrupted, and the process may end first.
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = std::io::stdin().read_line(&mut text).is_ok();
        answer.send(read && text.trim().to_lowercase().starts_with('c')).ok(); // nobody waits any more
    });
    tokio::select! {
        answered = answered => answered.unwrap_or(false),
        _pressed = tokio::signal::ctrl_c() => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_no_changes_nothing() {
        assert!(agreed(true).is_ok());
        assert_eq!(agreed(false).unwrap_err().code(), code::CLI0007);
    }
}
