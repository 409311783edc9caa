//! A source whose COPY is not what the protocol says: refused with a code, and nothing is staged.

use std::sync::{Arc, atomic::AtomicU64};

use async_trait::async_trait;
use futures::{StreamExt, stream};
use teal_activities::pg::{
    self, Sql,
    copy::{RowStream, Watched, Watcher},
};
use teal_model::Result;
use tokio_util::{bytes::Bytes, sync::CancellationToken};

use super::world::World;

struct Quiet;

#[async_trait]
impl Watcher for Quiet {
    async fn look(&mut self, _rows: u64, _bytes: u64) -> Result<Watched> {
        Ok(Watched::GoOn)
    }
}

const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: &[u8] = &[0xff, 0xff];

/// A row of one integer and one text.
fn row(id: i32, text: &[u8]) -> Vec<u8> {
    let mut row = vec![0, 2, 0, 0, 0, 4];
    row.extend(id.to_be_bytes());
    row.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
    row.extend(text);
    row
}

fn whole(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

#[tokio::test]
async fn malformed_copies_are_refused_and_leave_nothing() {
    let world = World::new("malformed_copies_are_refused").await;
    let merge = &world.bench.merge;
    merge.run("create table t (id integer not null, v text)").await;
    let good = row(1, b"one");
    let length = |bytes: [u8; 4]| [&[0, 2, 0, 0, 0, 4, 0, 0, 0, 1][..], &bytes, b"ab"].concat();
    let cases: [(&str, Vec<u8>, u64); 12] = [
        ("another signature", whole(&[b"PGCOPZ\n\xff\r\n\0\0\0\0\0\0\0\0\0", &good, TRAILER]), 1),
        ("no header", whole(&[&good, TRAILER]), 1),
        ("a critical flag", whole(&[b"PGCOPY\n\xff\r\n\0\0\xff\0\0\0\0\0\0", &good, TRAILER]), 1),
        ("a field more", whole(&[HEADER, &[0, 3], &good[2..], TRAILER]), 1),
        ("a field less", whole(&[HEADER, &[0, 1], &good[2..], TRAILER]), 1),
        ("a length beyond the end", whole(&[HEADER, &length([0, 1, 0, 0]), TRAILER]), 1),
        ("a negative length", whole(&[HEADER, &length([0xff, 0xff, 0xff, 0xf0]), TRAILER]), 1),
        ("cut in a row", whole(&[HEADER, &good, &good[..7]]), 2),
        ("bytes after the trailer", whole(&[HEADER, &good, TRAILER, &good]), 1),
        ("another number of rows", whole(&[HEADER, &good, &good, TRAILER]), 3),
        ("text that is not UTF-8", whole(&[HEADER, &row(1, b"\xc3\x28"), TRAILER]), 1),
        (
            "an integer of three bytes",
            whole(&[HEADER, &[0, 2, 0, 0, 0, 3, 0, 0, 1, 0, 0, 0, 0], TRAILER]),
            1,
        ),
    ];
    for (what, bytes, sent) in cases {
        let chunks: Vec<Result<Bytes>> =
            bytes.chunks(5).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        let rows = RowStream {
            bytes: stream::iter(chunks).boxed(),
            rows: Arc::new(AtomicU64::new(sent)),
            turn: Arc::default(),
        };
        let mut target = pg::connect(&merge.options()).await.unwrap();
        let into = Sql::text("copy t from stdin (format binary)");
        // within a transaction, as whoever calls it: what is not wholly right is rolled back
        let mut transaction = pg::aside(&mut target, "copying").await.unwrap();
        let copied =
            pg::copy::pipe(rows, &mut transaction, &into, &mut Quiet, CancellationToken::new())
                .await;
        let error = copied.expect_err(what);
        assert!(!error.code().id.is_empty() && !error.help().is_empty(), "{what}: {error:?}");
        drop(transaction);
        assert_eq!(merge.number("select count(*) from t").await, 0, "{what}");
    }
}
