//! Changes of a source, and the batches between them. Every part of a script can be played alone, so
//! that a script can be shortened: no change fails, whatever is left out before it.

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

pub(super) const THINGS: &str =
    "create table things (id integer, part text, amount numeric, note text,
    doc json, tags integer[], span interval, primary key (id, part))";

/// One step of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Op {
    /// Statements at the source.
    Change(String),
    /// The streams take what the source holds now.
    Batch,
}

/// The script as somebody would type it.
pub(super) fn text(ops: &[Op]) -> String {
    let mut batch = 0;
    let lines = ops.iter().map(|op| match op {
        Op::Change(statements) => format!("{statements};"),
        Op::Batch => {
            batch += 1;
            format!("-- batch {batch}")
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Three thousand things, then rounds of a few changes and a batch.
pub(super) fn random(random: &mut StdRng, rounds: u32) -> Vec<Op> {
    let start = "insert into things select g, '', g, 'n' || g, '{}', array[g], '1 day'
                 from generate_series(1, 3000) g";
    let mut ops = vec![Op::Change(start.to_owned())];
    for round in 1..=rounds {
        let most = if round % 7 == 0 { 3_000 } else { 12 };
        for _ in 0..random.random_range(0..4) {
            ops.push(Op::Change(change(random, most)));
        }
        ops.push(Op::Batch);
    }
    ops
}

/// Values that look equal and are not, values that come back, NULL and empty, large values that are
/// stored out of line.
fn values(random: &mut StdRng) -> String {
    let amounts = ["1", "1.0", "1.00", "-0.0", "null", "1e10", "'NaN'"];
    let notes = [
        "''",
        "null",
        "'a'",
        "'a '",
        "(select string_agg(md5(n::text), '') from generate_series(1, 400) n)",
        "'ü''\"'",
        "'Tresor'",
    ];
    let docs = ["'{}'", "'{ }'", "null", "'{\"a\":1.0}'", "'{\"a\":1.00}'"];
    let tags = ["'{1}'", "'{{1}}'", "'[0:0]={1}'", "'{}'", "null", "'{null}'"];
    let spans = ["'1 mon'", "'30 days'", "'720:00'", "null"];
    let columns: [&[&str]; 5] = [&amounts, &notes, &docs, &tags, &spans];
    let picked = columns.map(|all| *all.choose(random).unwrap());
    picked.join(", ")
}

fn change(random: &mut StdRng, most: u32) -> String {
    let (id, some) = (random.random_range(0..4_000), random.random_range(1..=most));
    let (other, values, again) = (random.random_range(0..4_000), values(random), values(random));
    let insert = format!(
        "insert into things select g, '', {values} from generate_series({id}, {id} + {some}) g
  on conflict do nothing"
    );
    let update = format!(
        "update things set (amount, note, doc, tags, span) = row({values})
  where id between {id} and {id} + {some}"
    );
    let delete = format!("delete from things where id between {id} and {id} + {some}");
    match random.random_range(0..14) {
        0 | 1 => insert,
        2 | 3 => update,
        4 | 5 => delete,
        6 => format!("update things set note = note where id between {id} and {id} + {some}"),
        7 => format!(
            "update things t set part = part || 'x' where id between {id} and {id} + {some}
  and not exists (select from things o where (o.id, o.part) = (t.id, t.part || 'x'))"
        ),
        8 => format!(
            "update things t set id = -id where id = {id}
  and not exists (select from things o where (o.id, o.part) = (-t.id, t.part))"
        ),
        9 => format!("update things set amount = amount + 0.00 where id % 97 = {some} % 97"),
        // two rows change places
        10 => format!(
            "update things set id = -1000000 where id = {id}; update things set id = {id} where id = {other};
  update things set id = {other} where id = -1000000"
        ),
        // one key several times between two batches, back where it was
        11 => format!(
            "{update}; {delete}; {insert};
  update things set (amount, note, doc, tags, span) = row({again}) where id = {id}"
        ),
        // what never was
        12 => format!("begin; {delete}; {insert}; truncate things; rollback"),
        // everything goes, and some of it comes back
        _ => format!(
            "create table kept as select * from things where id % 10 <> {some} % 10; truncate things;
  insert into things select * from kept; drop table kept"
        ),
    }
}
