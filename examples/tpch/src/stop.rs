//! Ctrl-C and SIGTERM, as a token that whoever waits looks at.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that is cancelled by the first Ctrl-C or SIGTERM.
pub(crate) fn on_signal() -> CancellationToken {
    let token = CancellationToken::new();
    let fired = token.clone();
    tokio::spawn(async move {
        let streams = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
        // Without handlers the signals end the process at once, which stops it too.
        if let (Ok(mut interrupt), Ok(mut terminate)) = streams {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
            fired.cancel();
        }
    });
    token
}
