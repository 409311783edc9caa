//! What a person wants compared or loaded again, durable before an update answers.

use serde_json::json;
use sqlx::PgConnection;
use teal_failpoint::Boundary;
use teal_model::{Error, Result};
use teal_proto::v1::{ResyncReport, ResyncRequest};

use crate::{
    Io,
    catalog::{
        control::{self, Audit},
        ledger,
        resync::{self, Resync, Wish},
    },
    code,
    pg::{self, PgResultExt},
};

const ENTERING: &str = "entering a resync";

/// Enters the wish, or takes back those that are open, with the audit row in one transaction. The
/// next batch that begins does it, whoever starts it.
///
/// # Errors
/// `LEDGER0001` when there is no such stream, `LEDGER0041` when it has no such dataset, `LEDGER0042`
/// when there is nothing to take back.
pub async fn resync(io: &Io, request: &ResyncRequest) -> Result<ResyncReport> {
    let stream = control::parse(&request.stream)?;
    let wanted = control::require(io.control(), &stream).await?;
    let datasets = wanted.datasets(&request.datasets)?;
    let served = {
        let pool = io.ledger(&wanted.spec.merge).await?;
        let mut ledger = pool.acquire().await.during("connecting to the merge store")?;
        ledger::state::read_state(&mut ledger, wanted.id).await?.resync_served
    };
    let mut connection = io.control().acquire().await.during("connecting to the catalog")?;
    let mut transaction = pg::begin(&mut connection, ENTERING).await?;
    lock(&mut transaction, wanted.id).await?;
    let (mut number, mut cancelled) = (0, 0);
    if request.cancel {
        cancelled = resync::cancel(&mut transaction, wanted.id, served).await?;
        if cancelled == 0 {
            return Err(Error::new(code::LEDGER0042).with("stream", &stream));
        }
    } else {
        let wish = Wish {
            datasets: datasets.clone(),
            discard_history: request.discard_history,
            reason: request.reason.clone(),
            by: request.by.clone(),
            ..Wish::default()
        };
        number = resync::put(&mut transaction, wanted.id, &wish, served).await?;
    }
    let line = Audit {
        by: &request.by,
        verb: "resync",
        object: &stream.workflow_id(),
        reason: &request.reason,
        details: Some(if request.cancel {
            json!({ "cancelled": cancelled })
        } else {
            json!({
                "number": number,
                "datasets": datasets,
                "discard_history": request.discard_history,
                "accept_deletes": request.accept_deletes,
            })
        }),
    };
    control::audit(&mut transaction, &line).await?;
    pg::commit(transaction, Boundary::StreamResync).await?;
    let open = Resync::of(resync::open(io.control(), wanted.id, served).await?);
    Ok(ResyncReport {
        wanted: open.number,
        resync: open.words(),
        number,
        cancelled: u32::try_from(cancelled).unwrap_or(u32::MAX),
    })
}

/// Two people at once get two numbers.
async fn lock(connection: &mut PgConnection, stream_id: i64) -> Result<()> {
    sqlx::query("select from teal.stream where id = $1 for no key update")
        .bind(stream_id)
        .execute(connection)
        .await
        .during(ENTERING)?;
    Ok(())
}
