//! One moving line on stderr for work that takes longer than a moment.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use teal_activities::{Pulse, pulse::Progress};
use tokio_util::sync::CancellationToken;

use super::{Printer, units};

/// Where nobody watches a terminal, progress is said this often as an ordinary line.
const SAY_EVERY: Duration = Duration::from_secs(10);
/// How often the moving part turns.
const TICK: Duration = Duration::from_millis(120);

/// A line that says what is being done. It goes away when dropped.
pub(crate) struct Line {
    printer: Printer,
    bar: Option<ProgressBar>,
    /// What was being done at the last beat, and since when.
    doing: Mutex<(String, Instant)>,
    said: Mutex<Instant>,
    cancellation: CancellationToken,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").finish_non_exhaustive()
    }
}

impl Line {
    /// A line for work that `cancellation` ends.
    pub(crate) fn start(printer: Printer, cancellation: CancellationToken) -> Self {
        let bar = printer.shows_progress().then(|| {
            let bar = ProgressBar::new_spinner();
            // The template is a constant of this program and known to be right.
            if let Ok(style) = ProgressStyle::with_template("{spinner:.green} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(TICK);
            bar
        });
        let now = Instant::now();
        Self {
            printer,
            bar,
            doing: Mutex::new((String::new(), now)),
            said: Mutex::new(now),
            cancellation,
        }
    }

    /// What is being done now.
    pub(crate) fn show(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(text.to_owned());
            return;
        }
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.elapsed() >= SAY_EVERY {
            *said = Instant::now();
            self.printer.say(text);
        }
    }

    /// An ordinary line above the moving one.
    pub(crate) fn above(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.printer.say(text)),
            None => self.printer.say(text),
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Pulse for Line {
    fn beat(&self, progress: &Progress) {
        let elapsed = {
            let mut doing = self.doing.lock().unwrap_or_else(PoisonError::into_inner);
            if doing.0 != progress.doing {
                *doing = (progress.doing.clone(), Instant::now());
            }
            doing.1.elapsed()
        };
        self.show(&describe(progress, elapsed));
    }

    fn cancellation(&self) -> CancellationToken {
        self.cancellation.clone()
    }
}

/// `copying orders: 1.2 M of about 4.0 M rows (30 %), 210 MiB, 12 s`.
pub(crate) fn describe(progress: &Progress, elapsed: Duration) -> String {
    let mut parts = Vec::new();
    if progress.rows > 0 || progress.total_rows > 0 {
        parts.push(rows(progress.rows, progress.total_rows));
    }
    if progress.bytes > 0 {
        parts.push(units::bytes(progress.bytes));
    }
    parts.push(units::duration(elapsed));
    format!("{}: {}", progress.doing, parts.join(", "))
}

/// `1.2 M of about 4.0 M rows (30 %)`; `total` 0: nobody knows; `done` 0: it does not come row by row.
pub(crate) fn rows(done: u64, total: u64) -> String {
    if done == 0 {
        return format!("about {}", units::counted(total, "row"));
    }
    match done.saturating_mul(100).checked_div(total) {
        None => units::counted(done, "row"),
        // Estimates may be low; never show more than all.
        Some(percent) => format!(
            "{} of about {} ({} %)",
            units::count(done),
            units::counted(total, "row"),
            percent.min(100)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_shows_share_and_size_where_known() {
        let mut progress = Progress { doing: "copying orders".into(), ..Progress::default() };
        let after = Duration::from_secs(12);
        assert_eq!(describe(&progress, after), "copying orders: 12 s");
        progress.total_rows = 4_000_000;
        assert_eq!(describe(&progress, after), "copying orders: about 4.0 M rows, 12 s");
        progress.total_rows = 0;
        progress.rows = 1_200_000;
        assert_eq!(describe(&progress, after), "copying orders: 1.2 M rows, 12 s");
        progress.total_rows = 4_000_000;
        progress.bytes = 220_200_960;
        assert_eq!(
            describe(&progress, after),
            "copying orders: 1.2 M of about 4.0 M rows (30 %), 210 MiB, 12 s"
        );
    }
}
