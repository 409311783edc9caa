//! Damage of each sort, made by hand: each is found, named and counted.

use teal_model::release::Style;

use super::lived;
use crate::{engine::world::World, testkit::Db};

/// A copy of everything that is damaged, and its return.
async fn save(merge: &Db, table: &str) {
    for (name, what) in saved(table) {
        merge.run(&format!("create table saved_{name} as table {what}")).await;
    }
}

async fn restore(merge: &Db, table: &str) {
    for (name, what) in saved(table) {
        merge
            .run(&format!("delete from {what}; insert into {what} select * from saved_{name}"))
            .await;
    }
}

fn saved(table: &str) -> [(&'static str, &str); 2] {
    [("rows", table), ("counts", "teal.batch_dataset")]
}

/// Every damage with what is found of it, one line each.
async fn found(world: &World, stream: &super::Stream, table: &str, damages: &[&str]) -> String {
    let merge = &world.bench.merge;
    save(merge, table).await;
    let mut lines = Vec::new();
    for damage in damages {
        merge.run(damage).await;
        let report = stream.verified().await;
        assert!(!report.is_sound(), "not found: {damage}");
        lines.push(format!("{damage}\n    {}", report.complaints().replace("; ", "\n    ")));
        restore(merge, table).await;
        merge.run("update teal.merge_table set rows = 6").await;
        assert_eq!(stream.verified().await.complaints(), "", "after {damage}");
    }
    lines.join("\n")
}

#[tokio::test]
async fn damage_of_a_live_table_is_found() {
    let (world, stream) = lived("damage_of_a_live_table_is_found", Style::Live).await;
    let table = "live.shop__things";
    let damages = [
        "update live.shop__things set note = 'x', amount = 2.0 where id = 2",
        "update live.shop__things set amount = amount + 0.0 where id = 1",
        "update live.shop__things set teal_hash = 1 where id = 5",
        "delete from live.shop__things where id = 2",
        "insert into live.shop__things values (9, 'a', 1, 'x', 1, 1)",
        "update live.shop__things set id = 8 where id = 1",
        "update live.shop__things set teal_batch = 99 where id = 1",
        "update live.shop__things set teal_batch = 6 where id = 1",
        "update teal.merge_table set rows = 7",
        "update teal.batch_dataset set inserted = 2 where batch = 6",
        "update teal.batch_dataset set deleted = 0 where batch = 4",
    ];
    insta::assert_snapshot!(found(&world, &stream, table, &damages).await, @"
    update live.shop__things set note = 'x', amount = 2.0 where id = 2
        things: 1 different
        different id = 2, part = a: amount, note
    update live.shop__things set amount = amount + 0.0 where id = 1
        things: 1 different
        different id = 1, part = a: amount
    update live.shop__things set teal_hash = 1 where id = 5
        things: 1 with a wrong hash
        hash id = 5, part = a
    delete from live.shop__things where id = 2
        things: 1 missing
        missing id = 2, part = a
        the ledger's number of rows is wrong: the ledger counts 6, the table holds 5
    insert into live.shop__things values (9, 'a', 1, 'x', 1, 1)
        things: 1 extra
        extra id = 9, part = a
        the ledger's number of rows is wrong: the ledger counts 6, the table holds 7
    update live.shop__things set id = 8 where id = 1
        things: 1 missing, 1 extra
        missing id = 1, part = a
        extra id = 8, part = a
    update live.shop__things set teal_batch = 99 where id = 1
        things: rows of batches that were never committed here: batch 99: 1 row
    update live.shop__things set teal_batch = 6 where id = 1
        things: batches whose counts are not those of the table: batch 6: 2 rows, the ledger says that it put 1
    update teal.merge_table set rows = 7
        things: the ledger's number of rows is wrong: the ledger counts 7, the table holds 6
        the counts of the batches do not add up: the batches come to 6, the ledger counts 7
    update teal.batch_dataset set inserted = 2 where batch = 6
        things: the counts of the batches do not add up: the batches come to 7, the ledger counts 6
    update teal.batch_dataset set deleted = 0 where batch = 4
        things: the counts of the batches do not add up: the batches come to 7, the ledger counts 6
    ");
}

#[tokio::test]
async fn damage_of_a_milestoned_table_is_found() {
    let (world, stream) = lived("damage_of_a_milestoned_table_is_found", Style::Milestoned).await;
    let table = "milestoned.shop__things";
    let damages = [
        // open versions
        "update milestoned.shop__things set note = 'x' where id = 2 and teal_batch_in = 3",
        "update milestoned.shop__things set teal_hash = 1 where id = 5",
        "update milestoned.shop__things set teal_batch_out = 5 where id = 5",
        "delete from milestoned.shop__things where id = 1",
        "insert into milestoned.shop__things values (9, 'a', 1, 'x', 6, 2147483647, 1)",
        "insert into milestoned.shop__things
         select id, part, amount, note, 6, 2147483647, teal_hash from milestoned.shop__things where id = 1",
        // the past
        "delete from milestoned.shop__things where id = 2 and teal_batch_in = 2",
        "update milestoned.shop__things set teal_batch_out = 3 where id = 2 and teal_batch_in = 2",
        "update milestoned.shop__things set teal_batch_out = 1 where id = 3 and teal_batch_in = 1",
        "update milestoned.shop__things set teal_batch_out = 4 where id = 3 and teal_batch_in = 1",
        "update milestoned.shop__things set teal_batch_out = 0 where id = 4",
        "update milestoned.shop__things set teal_batch_in = 0 where id = 6",
        "update milestoned.shop__things set teal_batch_in = 99 where id = 7",
        "update milestoned.shop__things set note = 'n2' where id = 2 and teal_batch_in = 2",
        // the ledger
        "update teal.merge_table set rows = 7",
        "update teal.batch_dataset set updated = 0, inserted = 1 where batch = 2",
        "update teal.batch set status = 'abandoned' where batch = 4",
    ];
    let text = found(&world, &stream, table, &damages[..damages.len() - 1]).await;
    insta::assert_snapshot!(text, @"
    update milestoned.shop__things set note = 'x' where id = 2 and teal_batch_in = 3
        things: 1 different
        different id = 2, part = a: note
    update milestoned.shop__things set teal_hash = 1 where id = 5
        things: 1 with a wrong hash
        hash id = 5, part = a
    update milestoned.shop__things set teal_batch_out = 5 where id = 5
        things: 1 missing
        missing id = 5, part = a
        the ledger's number of rows is wrong: the ledger counts 6, the table holds 5
        batches whose counts are not those of the table: batch 6: +1 ~0 −1 by its versions, +1 ~0 −0 by the ledger
    delete from milestoned.shop__things where id = 1
        things: 1 missing
        missing id = 1, part = a
        the ledger's number of rows is wrong: the ledger counts 6, the table holds 5
        batches whose counts are not those of the table: batch 1: +5 ~0 −0 by its versions, +6 ~0 −0 by the ledger
    insert into milestoned.shop__things values (9, 'a', 1, 'x', 6, 2147483647, 1)
        things: 1 extra
        extra id = 9, part = a
        the ledger's number of rows is wrong: the ledger counts 6, the table holds 7
        batches whose counts are not those of the table: batch 6: +2 ~0 −0 by its versions, +1 ~0 −0 by the ledger
    insert into milestoned.shop__things
             select id, part, amount, note, 6, 2147483647, teal_hash from milestoned.shop__things where id = 1
        things: the ledger's number of rows is wrong: the ledger counts 6, the table holds 7
        two open versions of one key: id = 1, part = a: 1..
        batches whose counts are not those of the table: batch 6: +2 ~0 −0 by its versions, +1 ~0 −0 by the ledger
    delete from milestoned.shop__things where id = 2 and teal_batch_in = 2
        things: batches whose counts are not those of the table (2): batch 2: +0 ~0 −1 by its versions, +0 ~1 −0 by the ledger
        batch 3: +1 ~0 −1 by its versions, +0 ~1 −1 by the ledger
    update milestoned.shop__things set teal_batch_out = 3 where id = 2 and teal_batch_in = 2
        things: versions of one key overlap: id = 2, part = a: 2..3
        batches whose counts are not those of the table (2): batch 3: +1 ~0 −1 by its versions, +0 ~1 −1 by the ledger
        batch 4: +0 ~0 −2 by its versions, +0 ~0 −1 by the ledger
    update milestoned.shop__things set teal_batch_out = 1 where id = 3 and teal_batch_in = 1
        things: batches whose counts are not those of the table (2): batch 2: +0 ~1 −1 by its versions, +0 ~1 −0 by the ledger
        batch 3: +0 ~1 −0 by its versions, +0 ~1 −1 by the ledger
    update milestoned.shop__things set teal_batch_out = 4 where id = 3 and teal_batch_in = 1
        things: batches whose counts are not those of the table (2): batch 3: +0 ~1 −0 by its versions, +0 ~1 −1 by the ledger
        batch 5: +0 ~1 −0 by its versions, +1 ~0 −0 by the ledger
    update milestoned.shop__things set teal_batch_out = 0 where id = 4
        things: versions end before they begin: id = 4, part = a: 1..0
        batches whose counts are not those of the table (2): batch 1: +6 ~0 −1 by its versions, +6 ~0 −0 by the ledger
        batch 4: +0 ~0 −0 by its versions, +0 ~0 −1 by the ledger
    update milestoned.shop__things set teal_batch_in = 0 where id = 6
        things: rows of batches that were never committed here: batch 0: 1 change by it
        batches whose counts are not those of the table: batch 1: +5 ~0 −0 by its versions, +6 ~0 −0 by the ledger
    update milestoned.shop__things set teal_batch_in = 99 where id = 7
        things: rows of batches that were never committed here: batch 99: 1 change by it
        batches whose counts are not those of the table: batch 6: +0 ~0 −0 by its versions, +1 ~0 −0 by the ledger
    update milestoned.shop__things set note = 'n2' where id = 2 and teal_batch_in = 2
        things: versions in which nothing changed: id = 2, part = a: 2..2
    update teal.merge_table set rows = 7
        things: the ledger's number of rows is wrong: the ledger counts 7, the table holds 6
        the counts of the batches do not add up: the batches come to 6, the ledger counts 7
    update teal.batch_dataset set updated = 0, inserted = 1 where batch = 2
        things: the counts of the batches do not add up: the batches come to 7, the ledger counts 6
        batches whose counts are not those of the table: batch 2: +0 ~1 −0 by its versions, +1 ~0 −0 by the ledger
    ");
    world.bench.merge.run(damages[damages.len() - 1]).await;
    insta::assert_snapshot!(stream.verified().await.complaints(), @"things: the counts of the batches do not add up: the batches come to 7, the ledger counts 6; rows of batches that were never committed here: batch 4: 1 change by it");
}

#[tokio::test]
async fn a_table_that_lost_its_shape_is_told_and_not_compared() {
    let (world, stream) = lived("a_table_that_lost_its_shape", Style::Live).await;
    let merge = &world.bench.merge;
    let mut texts = Vec::new();
    for damage in [
        "alter table live.shop__things drop constraint shop__things_key",
        "alter table live.shop__things drop column note",
        "drop table live.shop__things",
    ] {
        merge.run(damage).await;
        texts.push(stream.verified().await.complaints());
    }
    insta::assert_snapshot!(texts.join("\n"), @"
    things: the table has lost its shape: its key is not there
    things: the table has lost its shape: columns that are not there: note
    things: the table has lost its shape: the table is not there
    ");
}
