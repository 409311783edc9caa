//! What an ordinary batch mends, and what it does not.

use teal_model::release::Style;

use super::lived;

/// Each damage, and what is left of it after a batch that compared every row. What is sound again is
/// damaged next.
async fn left(test: &str, style: Style, damages: &[&str]) -> String {
    let (mut lines, mut sound) = (Vec::new(), None);
    for damage in damages {
        let (world, stream) = match sound.take() {
            Some(sound) => sound,
            None => lived(test, style).await,
        };
        world.bench.merge.run(damage).await;
        let report = stream.verified().await;
        assert!(!report.is_sound(), "not found: {damage}");
        if report.mendable().is_empty() {
            lines.push(format!("{damage}\n    no batch mends this"));
            continue;
        }
        assert_eq!(report.mendable(), ["things"]);
        stream.resync(&["things"], false).await.unwrap();
        stream.batch().await;
        let left = stream.verified().await.complaints();
        if left.is_empty() {
            lines.push(format!("{damage}\n    sound"));
            sound = Some((world, stream));
        } else {
            lines.push(format!("{damage}\n    {left}"));
        }
    }
    lines.join("\n")
}

#[tokio::test]
async fn a_batch_that_compares_every_row_mends_a_live_table() {
    let damages = [
        "update live.shop__things set note = 'x' where id = 2",
        "update live.shop__things set teal_hash = 1 where id = 5",
        "delete from live.shop__things where id = 2",
        "insert into live.shop__things values (9, 'a', 1, 'x', 1, 1)",
        "update teal.merge_table set rows = 7",
        "update teal.batch_dataset set inserted = 2 where batch = 6",
        "update live.shop__things set teal_batch = 99 where id = 1",
    ];
    let text = left("a_batch_mends_a_live_table", Style::Live, &damages).await;
    insta::assert_snapshot!(text, @"
    update live.shop__things set note = 'x' where id = 2
        sound
    update live.shop__things set teal_hash = 1 where id = 5
        sound
    delete from live.shop__things where id = 2
        sound
    insert into live.shop__things values (9, 'a', 1, 'x', 1, 1)
        sound
    update teal.merge_table set rows = 7
        sound
    update teal.batch_dataset set inserted = 2 where batch = 6
        sound
    update live.shop__things set teal_batch = 99 where id = 1
        no batch mends this
    ");
}

#[tokio::test]
async fn a_batch_mends_the_present_of_a_milestoned_table_and_the_past_stays_named() {
    let damages = [
        "update milestoned.shop__things set note = 'x' where id = 2 and teal_batch_out > 99",
        "update milestoned.shop__things set teal_hash = 1 where id = 5",
        "update milestoned.shop__things set teal_batch_out = 5 where id = 5",
        "delete from milestoned.shop__things where id = 7",
        "update teal.merge_table set rows = 7",
        "delete from milestoned.shop__things where id = 2 and teal_batch_in = 2",
    ];
    let text = left("a_batch_mends_the_present", Style::Milestoned, &damages).await;
    insta::assert_snapshot!(text, @"
    update milestoned.shop__things set note = 'x' where id = 2 and teal_batch_out > 99
        sound
    update milestoned.shop__things set teal_hash = 1 where id = 5
        sound
    update milestoned.shop__things set teal_batch_out = 5 where id = 5
        things: batches whose counts are not those of the table: batch 6: +1 ~0 −1 by its versions, +1 ~0 −0 by the ledger
    delete from milestoned.shop__things where id = 7
        things: batches whose counts are not those of the table: batch 6: +0 ~0 −0 by its versions, +1 ~0 −0 by the ledger
    update teal.merge_table set rows = 7
        sound
    delete from milestoned.shop__things where id = 2 and teal_batch_in = 2
        no batch mends this
    ");
}
