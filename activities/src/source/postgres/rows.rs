//! Queries on one table of a snapshot, and its rows as bytes.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use teal_model::{Error, Result};

use super::contract::Table;
use crate::{
    code,
    pg::{Ident, PgResultExt, Sql, copy::RowStream, sql},
    staging::{Buckets, Pull},
};

/// Rows and xor of hashes by bucket. `$1`: mask.
pub(super) fn digest(table: &Table) -> Sql {
    let (hash, from) = (table.layout.hash(&table.values), &table.from);
    sql!(
        "select (h & $1)::int4, count(*), bit_xor(h) from (select {hash} from {from} s) r(h) group by 1",
        hash,
        from,
    )
}

/// The COPY of the wanted rows: the dataset's columns, the batch columns, the hash.
pub(super) fn copy_out(table: &Table, pull: &Pull) -> Sql {
    let mut fields: Vec<Sql> = named(table).map(|(_name, field)| field).collect();
    fields.extend(pull.batch_columns().iter().map(|batch| sql!("{batch}::int4", batch)));
    let rows = hashed(table, fields);
    copy(&match pull.buckets() {
        None => rows,
        Some(buckets) => within(&rows, buckets),
    })
}

/// The COPY of keys (in their order) and hashes of the rows of some buckets.
pub(super) fn copy_keys(table: &Table, buckets: &Buckets) -> Sql {
    let key = table.layout.key().iter();
    let fields = key.filter_map(|key| named(table).find(|(name, _)| name == key));
    let rows = hashed(table, fields.map(|(_name, field)| field).collect());
    copy(&within(&rows, buckets))
}

/// The COPY of the rows with these hashes, in the shape of [`copy_out`].
pub(super) fn copy_hashed(table: &Table, hashes: &[i64]) -> Sql {
    let rows = hashed(table, named(table).map(|(_name, field)| field).collect());
    copy(&sql!(
        "select * from ({rows}) r where {hash} = any('{{{hashes}}}'::int8[])",
        rows,
        hash = hash_column(),
        hashes = Sql::join(hashes, ","),
    ))
}

/// Name and value of each column, in the order of the model.
fn named(table: &Table) -> impl Iterator<Item = (&str, Sql)> {
    let named = table.layout.columns().iter().zip(&table.values);
    named.map(|(column, v)| (column.name.as_str(), sql!("{v} as {name}", v, name = &column.ident)))
}

/// These fields of each row, and its hash.
fn hashed(table: &Table, fields: Vec<Sql>) -> Sql {
    sql!(
        "select {fields}, {hash} as {name} from {from} s",
        fields = Sql::join(fields, ", "),
        hash = table.layout.hash(&table.values),
        name = hash_column(),
        from = &table.from,
    )
}

fn within(rows: &Sql, buckets: &Buckets) -> Sql {
    sql!(
        "select * from ({rows}) r where ({hash} & {mask}) = any('{{{numbers}}}'::int8[])",
        rows,
        hash = hash_column(),
        mask = buckets.mask,
        numbers = Sql::join(&buckets.numbers, ","),
    )
}

fn copy(rows: &Sql) -> Sql {
    sql!("copy ({rows}) to stdout (format binary)", rows)
}

fn hash_column() -> Ident {
    Ident::new("teal_hash")
}

/// Counts the messages of a COPY: the server sends one for each row (the first with the header) and
/// one for the trailer.
pub(super) fn stream(
    messages: BoxStream<'_, sqlx::Result<Bytes>>,
    most_row_bytes: usize,
) -> RowStream<'_> {
    /// A 16-bit field count of −1.
    const TRAILER: usize = 2;
    /// Signature, flags, length of the extension.
    const HEADER: usize = 19;
    let rows = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&rows);
    let mut first = true;
    let checked = messages.map(move |message| -> Result<Bytes> {
        let bytes = message.during("copying rows out of the source")?;
        if bytes.len() > most_row_bytes {
            return Err(Error::new(code::SOURCE0014)
                .with("bytes", bytes.len())
                .with("allowed", most_row_bytes)
                .with("rows_before", counter.load(Ordering::Relaxed)));
        }
        // No row is that short, as each carries its hash.
        let trailer = bytes.len() == if first { HEADER + TRAILER } else { TRAILER };
        first = false;
        if !trailer {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        Ok(bytes)
    });
    RowStream { bytes: checked.boxed(), rows, turn: Arc::default() }
}

#[cfg(test)]
mod tests {
    use teal_model::{BatchId, release::Style};

    use super::*;
    use crate::merge::{Layout, postgres::ddl::tests::orders};

    fn table() -> Table {
        let layout = Layout::of(&orders()).unwrap();
        let values = layout
            .columns()
            .iter()
            .map(|c| c.pg_type.cast(&Ident::of_alias("s", &c.source)))
            .collect();
        Table {
            dataset: "orders".to_owned(),
            from: Ident::qualified("public", "Orders"),
            layout,
            values,
            estimated_rows: 0,
        }
    }

    #[test]
    fn a_first_load_carries_its_batch_columns() {
        let pull = Pull::FirstLoad { batch: BatchId::FIRST, style: Style::Milestoned };
        insta::assert_snapshot!(copy_out(&table(), &pull), @r#"copy (select s."id"::bigint as "id", s."note"::text as "note", s."shop"::character(3) as "shop", 1::int4, 2147483647::int4, hash_record_extended(row(s."id"::bigint, (s."note"::text) collate "C", bpcharsend(s."shop"::character(3))), 0) as "teal_hash" from "public"."Orders" s) to stdout (format binary)"#);
    }

    #[test]
    fn some_buckets_are_chosen_by_the_hash() {
        let pull = Pull::Buckets(Buckets { mask: 7, numbers: vec![1, 5] });
        insta::assert_snapshot!(copy_out(&table(), &pull), @r#"copy (select * from (select s."id"::bigint as "id", s."note"::text as "note", s."shop"::character(3) as "shop", hash_record_extended(row(s."id"::bigint, (s."note"::text) collate "C", bpcharsend(s."shop"::character(3))), 0) as "teal_hash" from "public"."Orders" s) r where ("teal_hash" & 7) = any('{1,5}'::int8[])) to stdout (format binary)"#);
        insta::assert_snapshot!(digest(&table()), @r#"select (h & $1)::int4, count(*), bit_xor(h) from (select hash_record_extended(row(s."id"::bigint, (s."note"::text) collate "C", bpcharsend(s."shop"::character(3))), 0) from "public"."Orders" s) r(h) group by 1"#);
    }

    #[test]
    fn a_verification_pulls_keys_then_the_rows_of_some_hashes() {
        let buckets = Buckets { mask: 7, numbers: vec![1, 5] };
        insta::assert_snapshot!(copy_keys(&table(), &buckets), @r#"copy (select * from (select s."shop"::character(3) as "shop", s."id"::bigint as "id", hash_record_extended(row(s."id"::bigint, (s."note"::text) collate "C", bpcharsend(s."shop"::character(3))), 0) as "teal_hash" from "public"."Orders" s) r where ("teal_hash" & 7) = any('{1,5}'::int8[])) to stdout (format binary)"#);
        insta::assert_snapshot!(copy_hashed(&table(), &[-4, 9]), @r#"copy (select * from (select s."id"::bigint as "id", s."note"::text as "note", s."shop"::character(3) as "shop", hash_record_extended(row(s."id"::bigint, (s."note"::text) collate "C", bpcharsend(s."shop"::character(3))), 0) as "teal_hash" from "public"."Orders" s) r where "teal_hash" = any('{-4,9}'::int8[])) to stdout (format binary)"#);
    }
}
