//! How far the running activity is, for `status`.

use sqlx::PgPool;
use teal_failpoint::Boundary;
use teal_model::{Epoch, Result};

use crate::{catalog::number::int8, pg, pulse::Progress};

/// Shows how far the running activity is; the caller throttles. Takes no lock of the stream, so it
/// works beside a long merge; does nothing when another attempt took over.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn progress(
    ledger: &PgPool,
    stream_id: i64,
    epoch: Epoch,
    progress: &Progress,
) -> Result<()> {
    let write = sqlx::query(
        "update teal.stream_state set progress_rows = $3, progress_bytes = $4,
             progress_total_rows = coalesce(nullif($5, 0), progress_total_rows),
             progress_at = clock_timestamp(), progress_doing = $6
         where stream_id = $1 and epoch = $2",
    )
    .bind(stream_id)
    .bind(epoch.0)
    .bind(int8(progress.rows))
    .bind(int8(progress.bytes))
    .bind(int8(progress.total_rows))
    .bind(&progress.doing);
    pg::alone_in(ledger, write, Boundary::StreamProgress).await?;
    Ok(())
}
