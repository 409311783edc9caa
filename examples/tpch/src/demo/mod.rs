//! `make demo`: the whole story, from an empty machine to the proof.
//!
//! It always starts from an empty stack of its own (what a crashed run left is removed first), and
//! ends everything that it started, however it ends.

mod kill;
mod story;

use std::time::Instant;

use teal_devstack::{Options, Progress, Stack};

use crate::{Result, model, programs, say, stop};

/// What to show.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// TPC-H scale factor of the data: 0.1 is 600,000 lines
    #[arg(long, default_value_t = 0.1)]
    pub(crate) scale: f64,
    /// Changed rows per second at the source
    #[arg(long, default_value_t = 200.0)]
    pub(crate) rate: f64,
    /// Keep everything running at the end, until Ctrl-C
    #[arg(long)]
    pub(crate) hold: bool,
}

/// Runs the story and cleans up.
pub(crate) async fn run(arguments: &Arguments) -> Result {
    let started = Instant::now();
    let stop = stop::on_signal();
    let options = Options::named(model::project(), "demo", Progress::to(|line| say!("  {line}")));
    Stack::wipe(&options).await?;
    let told = tokio::select! {
        told = story::tell(&options, arguments, &stop) => told,
        () = stop.cancelled() => Err("interrupted".into()),
    };
    say!("\nStopping everything");
    match told {
        Ok(()) => {
            Stack::wipe(&options).await?;
            say!("Done in {:.0} s. Nothing is left running.", started.elapsed().as_secs_f64());
            Ok(())
        }
        Err(error) => {
            Stack::down(&options).await?;
            if let Ok(Some(stack)) = Stack::find(&options) {
                say!("Nothing is left running; logs: {}", programs::short(stack.folder()));
            }
            Err(error)
        }
    }
}
