//! What the workflow decided, written down for people and for the next try.

use sqlx::{PgConnection, types::Json};
use teal_failpoint::Boundary;
use teal_model::{Result, StreamId};
use teal_proto::v1::{Failure, NoteReport, NoteRequest};

use crate::{
    Io,
    catalog::{
        clock::{Asker, theirs},
        control::{self, CatalogStream},
        due, ledger,
        number::int4,
    },
    pg::{self, PgResultExt},
};

/// Writes state, failures and due time; gives the open batch up when asked, so that the next try
/// takes a new number. Answers with the next tick of the schedule.
///
/// # Errors
/// Those of PostgreSQL. A stream that is gone has nothing to note.
pub async fn note(io: &Io, request: &NoteRequest) -> Result<NoteReport> {
    let asker = Asker::new(request.asked_at_ms);
    let stream = control::parse(&request.stream)?;
    let Some(wanted) = control::find(io.control(), &stream).await? else {
        return Ok(NoteReport::default());
    };
    let pool = io.ledger(&wanted.spec.merge).await?;
    let mut ledger = pool.acquire().await.during("connecting to the merge store")?;
    if request.abandon_open_batch {
        give_up(&mut ledger, &stream, wanted.id, request.failure.as_ref()).await?;
    } else if let Some(failure) = &request.failure {
        ledger::tell_failure(&mut ledger, wanted.id, failure, Boundary::BatchNote).await?;
    }
    let now_ms = ledger::state::read_state(&mut ledger, wanted.id).await?.now_ms;
    let next_tick = due::after(&wanted.spec, now_ms);
    let ahead_ms = asker.skew(&mut ledger).await?.counted_ms();
    let next_due_at_ms = theirs(request.next_due_at_ms, -ahead_ms); // the way back
    let noted = NoteRequest { next_due_at_ms, ..request.clone() };
    put_state(&mut ledger, &wanted, &noted, next_tick).await?;
    Ok(NoteReport { next_due_at_ms: theirs(next_tick.unwrap_or(0), ahead_ms) })
}

async fn give_up(
    ledger: &mut PgConnection,
    stream: &StreamId,
    stream_id: i64,
    failure: Option<&Failure>,
) -> Result<()> {
    let mut transaction = pg::begin(ledger, "giving a batch up").await?;
    ledger::seize(&mut transaction, stream, stream_id).await?;
    match failure {
        Some(failure) => ledger::fail(&mut transaction, stream_id, failure).await?,
        None => ledger::abandon(&mut transaction, stream_id).await?,
    };
    pg::commit(transaction, Boundary::BatchGiveUp).await
}

/// Takes no lock of the stream: a note never waits for a merge. `$4`: the asked due time; `$5`: the
/// next tick, for states that wait for one.
async fn put_state(
    ledger: &mut PgConnection,
    wanted: &CatalogStream,
    request: &NoteRequest,
    next_tick: Option<i64>,
) -> Result<()> {
    let write = sqlx::query(
        "update teal.stream_state set
             state_since = case when state = $2 then state_since else clock_timestamp() end,
             state = $2, failures = $3,
             next_due_at = case
                 when $2 in ('paused', 'retired') then null
                 when $4 > 0 then to_timestamp($4::bigint / 1000.0)
                 when $2 in ('waiting', 'backing_off', 'failing')
                     then to_timestamp($5::bigint / 1000.0)
                 else next_due_at end,
             last_failure = case when $6::jsonb is not null then $6
                                 when $3 = 0 then null else last_failure end,
             last_failure_at = case when $6::jsonb is not null then clock_timestamp()
                                    when $3 = 0 then null else last_failure_at end
         where stream_id = $1",
    )
    .bind(wanted.id)
    .bind(&request.state)
    .bind(int4(request.failures))
    .bind(request.next_due_at_ms)
    .bind(next_tick)
    .bind(request.failure.as_ref().map(Json));
    pg::alone(ledger, write, Boundary::StreamNote).await?;
    Ok(())
}
