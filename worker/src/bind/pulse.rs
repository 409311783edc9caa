//! The heartbeat of an activity: what the engine says of its progress goes to the server, what the
//! server says of cancellation goes to the engine.

use teal_activities::{
    Pulse,
    pulse::{Progress, while_beating},
};
use teal_model::Result;
use teal_temporal::options::HEARTBEAT_THROTTLE;
use temporalio_sdk::activities::ActivityContext;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Lives as long as the activity.
pub(super) struct Heartbeat {
    progress: watch::Sender<Progress>,
    cancellation: CancellationToken,
}

impl Heartbeat {
    /// Starts to listen. Beats are sent on only when the work itself gave one: a task that beats by
    /// itself would keep an activity alive that hangs.
    pub(super) fn start(ctx: ActivityContext) -> Self {
        let (progress, latest) = watch::channel(Progress::default());
        let cancellation = CancellationToken::new();
        tokio::spawn(carry(ctx, latest, cancellation.clone()));
        Self { progress, cancellation }
    }
}

/// Short work that has no progress of its own, with a beat every two seconds.
pub(super) async fn beating<T>(
    ctx: &ActivityContext,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let progress = Progress { doing: ctx.info().activity_type.clone(), ..Progress::default() };
    while_beating(&Heartbeat::start(ctx.clone()), &progress, work).await
}

impl Pulse for Heartbeat {
    fn beat(&self, progress: &Progress) {
        self.progress.send_replace(progress.clone());
    }

    fn cancellation(&self) -> CancellationToken {
        self.cancellation.clone()
    }
}

/// Ends when the activity drops its end of the channel.
async fn carry(
    ctx: ActivityContext,
    mut latest: watch::Receiver<Progress>,
    cancellation: CancellationToken,
) {
    loop {
        tokio::select! {
            () = ctx.cancelled(), if !cancellation.is_cancelled() => cancellation.cancel(),
            changed = latest.changed() => {
                // a last beat may still lie there when the activity has ended: nobody waits for it
                if changed.is_err() || latest.has_changed().is_err() {
                    return;
                }
                let progress = latest.borrow_and_update().clone();
                if let Err(error) = ctx.record_heartbeat(progress).await {
                    tracing::warn!(%error, "heartbeat could not be written");
                }
                // the SDK throttles too; this keeps a chatty copy loop from waking it for nothing
                tokio::select! {
                    () = tokio::time::sleep(HEARTBEAT_THROTTLE / 2) => {}
                    () = ctx.cancelled(), if !cancellation.is_cancelled() => cancellation.cancel(),
                }
            }
        }
    }
}
