//! When a look was taken, in terms of the ledger: by numbers and epochs, never by a clock.

use sqlx::PgConnection;
use teal_model::{Error, Result};

use crate::{
    catalog::{
        control::CatalogStream,
        ledger::{batch::open_batch, state::read_state},
        number::small,
    },
    code,
    merge::Layout,
    pg::PgResultExt,
    provision::tables::InPlace,
};

/// The ledger after a source was opened: what begins later reads an image that is not older.
#[derive(Debug)]
pub(super) struct Moment {
    next_batch: i32,
    /// The batch that was open, which may have been read before, and its epoch; 0: none.
    open: (i32, i64),
    /// The tables in terms of which differences were seen.
    tables: Vec<(i64, String)>,
}

impl Moment {
    pub(super) async fn now(
        connection: &mut PgConnection,
        stream: &CatalogStream,
        tables: &[InPlace],
    ) -> Result<Self> {
        let state = read_state(connection, stream.id).await?;
        let open = open_batch(connection, stream.id).await?;
        Ok(Self {
            next_batch: state.next_batch,
            open: open.map_or((0, 0), |open| (open.number.as_i32(), open.epoch.0)),
            tables: shapes(tables)?,
        })
    }

    /// Whether a batch that began since is committed: one of a later number, or the open one, begun
    /// once more under another epoch.
    pub(super) async fn has_passed(
        &self,
        connection: &mut PgConnection,
        stream: &CatalogStream,
        tables: &[InPlace],
    ) -> Result<()> {
        let name = &stream.spec.id;
        if shapes(tables)? != self.tables {
            return Err(Error::new(code::VERIFY0001).with("stream", name));
        }
        let committed: bool = sqlx::query_scalar(
            "select exists (select from teal.batch where stream_id = $1 and status = 'committed'
             and (batch >= $2 or (batch = $3 and epoch <> $4)))",
        )
        .bind(stream.id)
        .bind(self.next_batch)
        .bind(self.open.0)
        .bind(self.open.1)
        .fetch_one(connection)
        .await
        .during("looking for a batch since the first look")?;
        if committed { Ok(()) } else { Err(Error::new(code::VERIFY0002).with("stream", name)) }
    }
}

/// Tables with what their hashes are computed from.
pub(super) fn shapes(tables: &[InPlace]) -> Result<Vec<(i64, String)>> {
    let shape = |InPlace { table, .. }: &InPlace| {
        let layout = Layout::of(&table.layout)?;
        let (columns, key) = (layout.column_list(), layout.key_list());
        Ok((table.id, format!("{} {columns} {key}", layout.recipe())))
    };
    tables.iter().map(shape).collect()
}

/// Number of the last committed batch, 0: none.
pub(super) async fn last_batch(connection: &mut PgConnection, stream_id: i64) -> Result<u32> {
    Ok(small(read_state(connection, stream_id).await?.last_batch))
}
