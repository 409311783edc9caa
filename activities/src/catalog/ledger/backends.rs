//! Connections of an attempt carry its name, so that a successor can end them.

use sqlx::PgConnection;
use teal_model::{Epoch, Result, StreamId};

use crate::pg::PgResultExt;

/// Longest `application_name` that PostgreSQL keeps (NAMEDATALEN − 1).
const NAME_BYTES: usize = 63;

/// Name of every bulk connection of one attempt: `teal/<stream>/<epoch>`, or
/// `teal/<8 hex of BLAKE3 of the stream>/<epoch>` where that would be cut.
pub fn application_name(stream: &StreamId, epoch: Epoch) -> String {
    let name = format!("teal/{stream}/{epoch}");
    if name.len() <= NAME_BYTES {
        return name;
    }
    let hash = blake3::hash(stream.to_string().as_bytes()).to_hex();
    format!("teal/{}/{epoch}", hash.chars().take(8).collect::<String>())
}

/// Ends the backends of older attempts at this server and waits until they are gone (5 s each at
/// most). Names are compared as a whole: two ecosystems that read one source under the same stream
/// name never meet. Our own backend is spared, and those of roles that we may not touch (fencing
/// holds without it). Returns how many there were.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn terminate_older_backends(
    connection: &mut PgConnection,
    stream: &StreamId,
    older: &[Epoch],
) -> Result<usize> {
    if older.is_empty() {
        return Ok(0);
    }
    let names: Vec<String> = older.iter().map(|epoch| application_name(stream, *epoch)).collect();
    let ended: Vec<bool> = sqlx::query_scalar(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity
         where application_name = any($1) and pid <> pg_backend_pid()
         and (pg_has_role(usesysid, 'usage') or pg_has_role('pg_signal_backend', 'usage'))",
    )
    .bind(&names)
    .fetch_all(connection)
    .await
    .during("ending the backends of older attempts")?;
    Ok(ended.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_stream_names_are_hashed_and_never_cut() {
        let epoch = Epoch(255);
        assert_eq!(
            application_name(&StreamId::multi("live", "shop"), epoch),
            "teal/live/shop/00000000000000ff"
        );
        let long = application_name(&StreamId::single("live", &"s".repeat(40), "orders"), epoch);
        assert_eq!(long.len(), "teal/".len() + 8 + 1 + 16);
        assert!(long.ends_with("/00000000000000ff"), "{long}");
    }
}
