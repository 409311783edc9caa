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
    if ask(&question, code::CLI0007, printer)? { Ok(()) } else { Err(Error::new(code::CLI0007)) }
}
