//! A person's intent, durable before an update answers.

use std::collections::BTreeMap;

use teal_failpoint::Boundary;
use teal_model::Result;
use teal_proto::v1::{IntentReport, IntentRequest};

use crate::{
    Io,
    catalog::control::{self, Audit, Intent},
    pg::{self, PgResultExt},
};

/// Writes the intent and its audit row in one transaction. An empty `wanted` leaves the intent as it
/// is and writes the audit only (`run_now`, `reload`). Saying the same again writes nothing.
///
/// # Errors
/// `LEDGER0001` when there is no such stream; `LEDGER0008` for another word.
pub async fn set_intent(io: &Io, request: &IntentRequest) -> Result<IntentReport> {
    let stream = control::parse(&request.stream)?;
    let wanted = control::require(io.control(), &stream).await?;
    let now = control::intent(io.control(), wanted.id).await?;
    let asked = Intent {
        wanted: request.wanted.clone(),
        reason: request.reason.clone(),
        by: request.by.clone(),
    };
    if asked == now {
        return Ok(IntentReport { wanted: now.wanted, ..IntentReport::default() });
    }
    let mut details: BTreeMap<&str, &str> =
        request.details.iter().map(|(name, value)| (&**name, &**value)).collect();
    let is_paused_again = now.wanted == control::PAUSED && asked.wanted == control::PAUSED;
    if is_paused_again {
        details.extend([("replaced_reason", &*now.reason), ("replaced_by", &*now.by)]);
    }
    let mut connection = io.control().acquire().await.during("connecting to the catalog")?;
    let mut transaction = pg::begin(&mut connection, "writing the stream's intent").await?;
    if !asked.wanted.is_empty() {
        control::put_intent(&mut transaction, wanted.id, &asked).await?;
    }
    let line = Audit {
        by: &request.by,
        verb: if request.verb.is_empty() { &request.wanted } else { &request.verb },
        object: &stream.workflow_id(),
        reason: &request.reason,
        details: (!details.is_empty()).then(|| serde_json::json!(details)),
    };
    control::audit(&mut transaction, &line).await?;
    pg::commit(transaction, Boundary::StreamIntent).await?;
    let replaced = if is_paused_again { now.words() } else { String::new() };
    let wanted = if asked.wanted.is_empty() { now.wanted } else { asked.wanted };
    Ok(IntentReport { wanted, replaced })
}
