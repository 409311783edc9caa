//! `teal status --watch`: the same look again and again, in place.

use std::time::Duration;

use teal_model::Result;
use tokio::signal::unix::{SignalKind, signal};

use super::{Args, Desk};
use crate::{
    exit::Exit,
    ui::{
        Format, Printer, error,
        style::{FAINT, paint},
    },
};

/// How often `--watch` looks.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Looks until Ctrl-C. A catalog that is away for a moment does not end it: the last picture stays,
/// with what is wrong below. The last picture is left behind on the terminal.
pub(super) async fn run(desk: &mut Desk, args: &Args, printer: Printer) -> Result<Exit> {
    let mut text = desk.look(args).await?; // a wrong name or an empty catalog is told at once
    let mut screen = match args.output.format {
        Format::Text => printer.screen(),
        Format::Json => None,
    };
    let mut ended = signal(SignalKind::terminate()).ok();
    loop {
        let read = match &mut screen {
            Some(screen) => {
                screen.show(&format!("{text}\n\n{}", help_line()));
                true
            }
            None if args.output.format == Format::Text => printer.show(&format!("{text}\n\n"))?,
            None => printer.show(&text)?,
        };
        if !read {
            return Ok(Exit::Done); // nobody reads any more
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _pressed = tokio::signal::ctrl_c() => break,
            () = asked_to_end(&mut ended) => break,
        }
        match desk.look(args).await {
            Ok(seen) => text = seen,
            Err(error) => match &mut screen {
                Some(screen) => {
                    screen.show(&format!("{text}\n\n{}", error::render(&error)));
                    continue;
                }
                None => printer.error(&error),
            },
        }
    }
    if screen.take().is_some() {
        printer.data(&text)?;
    }
    Ok(Exit::Done)
}

fn help_line() -> String {
    paint(FAINT, "looks again every 2 s; Ctrl-C ends")
}

async fn asked_to_end(signals: &mut Option<tokio::signal::unix::Signal>) {
    match signals {
        Some(signals) => drop(signals.recv().await),
        None => std::future::pending().await,
    }
}
