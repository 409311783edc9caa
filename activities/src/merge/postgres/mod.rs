//! Merge tables in PostgreSQL.
//!
//! ```text
//! prepare (may take long, nothing is locked)   key index and digest of what was staged
//! one transaction                              open_commit → each dataset → views → commit
//! ```
//! Read first: [`PostgresStore`], `commit.rs` (the transaction), `delta.rs` (what changed).

mod apply;
mod commit;
pub mod ddl;
mod delta;
mod digests;
mod live;
mod milestoned;
mod prepare;
mod publish;
mod stage;
pub(crate) mod verify;

use async_trait::async_trait;
use sqlx::PgConnection;
use teal_failpoint::Boundary;
use teal_model::{Epoch, Result, release::Style};
use teal_proto::v1::MergeReport;
use tokio_util::sync::CancellationToken;

use self::digests::Stored;
use super::{Layout, MergeOrder, MergeStore};
use crate::{
    Pulse,
    catalog::ledger::{MergeTable, STAGING_SCHEMA},
    pg::{
        self, Ident, PgResultExt, Sql,
        copy::{Copied, RowStream, Watcher},
    },
    staging::{Digest, Pull},
};

/// One connection to the merge store, for the bulk work of one attempt.
#[derive(Debug)]
pub struct PostgresStore {
    connection: PgConnection,
}

impl PostgresStore {
    /// Takes over a new connection, which carries the attempt's name, so that a successor can end
    /// what runs here.
    ///
    /// # Errors
    /// Those of PostgreSQL.
    pub async fn open(mut connection: PgConnection) -> Result<Self> {
        settle(&mut connection).await?;
        Ok(Self { connection })
    }

    /// Process id of the server's backend, for who watches a copy from another connection.
    ///
    /// # Errors
    /// Those of PostgreSQL.
    pub async fn backend(&mut self) -> Result<i32> {
        sqlx::query_scalar("select pg_backend_pid()")
            .fetch_one(&mut self.connection)
            .await
            .during("asking for the backend's number")
    }

    /// The connection itself: for ledger statements between the store's own.
    pub const fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// Its connection, for who only wanted its settings.
    pub(crate) fn into_connection(self) -> PgConnection {
        self.connection
    }
}

/// Settings of the session. The memory holds a hash join over keys, hashes and addresses of about a
/// million rows before it spills; no just-in-time compilation, as its cost follows estimates and
/// not rows; the connection check ends what a dead worker left running.
async fn settle(connection: &mut PgConnection) -> Result<()> {
    let settings = Sql::text(
        "set jit = off;
         set work_mem = '128MB';
         set maintenance_work_mem = '256MB';
         set lock_timeout = '10s';
         set default_transaction_isolation = 'read committed';
         set idle_in_transaction_session_timeout = '15min';
         set tcp_keepalives_idle = 30;
         set tcp_keepalives_interval = 10;
         set tcp_keepalives_count = 3;
         do $$ begin set client_connection_check_interval = '10s';
         exception when others then null; -- a platform without it
         end $$",
    );
    sqlx::raw_sql(&settings).execute(connection).await.during("preparing the session")?;
    Ok(())
}

#[async_trait]
impl MergeStore for PostgresStore {
    async fn digest(&mut self, table: &MergeTable) -> Result<Option<Digest>> {
        let recipe = Layout::of(&table.layout)?.recipe();
        match digests::read(&mut self.connection, table.id, &recipe).await? {
            None => Ok(None),
            Some(Stored::Known(digest)) => Ok(Some(digest)),
            Some(Stored::Deferred) => {
                let digest = digests::compute_current(&mut self.connection, table).await?;
                digests::keep(&mut self.connection, table.id, &digest).await?;
                Ok(Some(digest))
            }
        }
    }

    async fn stage(
        &mut self,
        table: &MergeTable,
        pull: &Pull,
        epoch: Epoch,
        rows: RowStream<'_>,
        watcher: &mut dyn Watcher,
        cancelled: CancellationToken,
    ) -> Result<Copied> {
        let layout = Layout::of(&table.layout)?;
        let first_load = matches!(pull, Pull::FirstLoad { .. });
        let name = if first_load { table.load_name(epoch) } else { table.staging_name(epoch) };
        let (style, table) = (table.style, staging(&name));
        let place = stage::Place { layout: &layout, style, table, first_load };
        let into = place.copy_in();
        let mut transaction = pg::begin(&mut self.connection, "creating a staging table").await?;
        place.create(&mut transaction).await?;
        let copied = pg::copy::pipe(rows, &mut transaction, &into, watcher, cancelled).await?;
        pg::commit(transaction, Boundary::BatchCopy).await?;
        Ok(copied)
    }

    async fn merge(&mut self, order: &MergeOrder<'_>, pulse: &dyn Pulse) -> Result<MergeReport> {
        commit::merge(&mut self.connection, order, pulse).await
    }
}

/// A staging table by its name.
fn staging(name: &str) -> Ident {
    Ident::qualified(STAGING_SCHEMA, name)
}

/// Which rows of a merge table are current, over the alias `t`.
fn current(style: Style) -> Sql {
    match style {
        Style::Live => live::current(),
        Style::Milestoned => milestoned::current(),
    }
}
