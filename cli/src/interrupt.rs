//! Ctrl-C: the first asks the work to stop, the second drops it.

use std::pin::pin;

use teal_model::{Error, Result};
use tokio_util::sync::CancellationToken;

use crate::code;

/// Runs work that stops by itself when the token fires. Ctrl-C fires it; a second Ctrl-C does not
/// wait any longer: connections close and their transactions roll back.
///
/// # Errors
/// Those of the work; `CLI0009` at the second Ctrl-C.
pub(crate) async fn stoppable<T>(
    token: &CancellationToken,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let mut work = pin!(work);
    tokio::select! {
        done = &mut work => return done,
        _pressed = tokio::signal::ctrl_c() => token.cancel(),
    }
    tokio::select! {
        done = &mut work => done,
        _pressed = tokio::signal::ctrl_c() => Err(Error::new(code::CLI0009)),
    }
}

/// Runs work that goes on elsewhere: Ctrl-C ends only the waiting, with this advice.
///
/// # Errors
/// Those of the work; `CLI0009` at Ctrl-C.
pub(crate) async fn leaving<T>(advice: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
    leaving_when(tokio::signal::ctrl_c(), advice, work).await
}

async fn leaving_when<T>(
    pressed: impl Future<Output = std::io::Result<()>>,
    advice: &str,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    tokio::select! {
        done = work => done,
        _pressed = pressed => Err(Error::new(code::CLI0009).hint(advice)),
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn an_interrupt_ends_the_waiting_and_says_what_goes_on() {
        let error = leaving_when(ready(Ok(())), "it goes on", pending::<Result<()>>()).await;
        let error = error.unwrap_err();
        assert_eq!((error.code(), error.help()), (code::CLI0009, "it goes on"));
    }
}
