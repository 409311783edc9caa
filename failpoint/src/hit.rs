//! Passing a boundary.

use nix::sys::signal::{Signal, raise};
use teal_model::{Error, Result};

use crate::{
    Boundary, Point, Side,
    arm::{self, Action},
    code,
};

/// Just before something becomes durable. Costs one relaxed load unless something is armed, and
/// nothing in a build that cannot be armed.
///
/// # Errors
/// `FAIL0001` when a test armed this point so.
#[inline]
pub fn before(boundary: Boundary) -> Result<()> {
    if arm::is_armed() { pass(Point { boundary, side: Side::Before }) } else { Ok(()) }
}

/// Just after it became durable, before anybody else hears of it.
///
/// # Errors
/// `FAIL0001` when a test armed this point so: as if the answer had been lost.
#[inline]
pub fn after(boundary: Boundary) -> Result<()> {
    if arm::is_armed() { pass(Point { boundary, side: Side::After }) } else { Ok(()) }
}

/// Passes both sides of a boundary around `work`: a command to another server.
///
/// # Errors
/// Those of `work`; `FAIL0001` as [`before`] and [`after`].
pub async fn around<T>(boundary: Boundary, work: impl Future<Output = Result<T>>) -> Result<T> {
    before(boundary)?;
    let done = work.await?;
    after(boundary)?;
    Ok(done)
}

#[cold]
fn pass(point: Point) -> Result<()> {
    match arm::due(point) {
        None => Ok(()),
        Some(Action::Error) => Err(Error::new(code::FAIL0001).with("failpoint", point)),
        Some(Action::Kill) => {
            tracing::error!(failpoint = %point, "the process ends here, as a test wants it");
            end(Signal::SIGKILL)
        }
        Some(Action::Stop) => {
            tracing::error!(failpoint = %point, "the process stops here, as a test wants it");
            end(Signal::SIGSTOP)
        }
    }
}

/// No destructor runs, no buffer is flushed, no socket is closed in order. The signal is for this thread,
/// and through it for the process: one for the process might find another thread first, and this one
/// would pass the point.
fn end(signal: Signal) -> Result<()> {
    raise(signal).map_err(|errno| Error::new(code::FAIL0001).caused_by(errno))
}
