//! Ending a worker the hard way, at the worst moment, and seeing the batch come through.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use sqlx::PgPool;
use teal_devstack::Stack;

use crate::{
    Result, drive, programs, say,
    watch::{self, OpenBatch, Screen},
};

/// Tries until a kill hits a batch before its commit.
const TRIES: u32 = 10;

/// The batch that was hit, and when.
#[derive(Debug)]
pub(super) struct Killed {
    batch: OpenBatch,
    at: Instant,
}

/// Waits for a batch that is begun and not committed, and kills the worker there and then.
pub(super) async fn in_the_middle(stack: &Stack, catalog: &PgPool) -> Result<Killed> {
    for _try in 0..TRIES {
        let batch = watch::open_batch(catalog).await?;
        let worker = stack.programs().into_iter().find(|(name, _)| name == "worker");
        let (_name, worker) = worker.ok_or("the worker is gone")?;
        worker.signal(Signal::SIGKILL);
        let at = Instant::now();
        worker.gone_within(Duration::from_secs(5)).await;
        // A commit that was on its way may still arrive; then nothing was interrupted.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let (status, _attempts) = watch::batch(catalog, &batch).await?;
        if status == "started" || status == "ingested" {
            let (pid, OpenBatch { stream, batch: number }) = (worker.pid, &batch);
            say!("  killed worker {pid} while batch {number} of {stream} was {status}");
            return Ok(Killed { batch, at });
        }
        say!("  batch {} of {} was faster than the kill, once more", batch.batch, batch.stream);
        stack.spawn("worker", programs::worker()?).await?;
    }
    Err("no kill hit a batch in the middle".into())
}

/// Waits until the batch that was hit is committed (or was given up for a newer one that is).
pub(super) async fn healed(
    catalog: &PgPool,
    screen: &mut Screen,
    killed: &Killed,
    done: &drive::Done,
) -> Result {
    let hit = &killed.batch;
    let passed = |streams: &[watch::Stream]| {
        streams.iter().any(|stream| stream.name == hit.stream && stream.last_batch >= hit.batch)
    };
    screen.until(Duration::from_secs(180), || done.line(), passed).await?;
    let (status, attempts) = watch::batch(catalog, hit).await?;
    say!(
        "  batch {} of {} is {status}, attempt {attempts}, {:.0} s after the kill",
        hit.batch,
        hit.stream,
        killed.at.elapsed().as_secs_f64()
    );
    Ok(())
}
