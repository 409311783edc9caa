//! Everything dies at random while the source changes: each image is there exactly once.
//!
//! Workers, sessions, both PostgreSQL servers and Temporal are real processes of the test's own, and
//! so are the commands of a person who applies one model after the other meanwhile.
//! Afterwards four checkers look, each in its own way: `testkit/sound.rs` (merge store against source,
//! the ledger against itself), `activities/src/verify` (as `teal verify`), [`history`] (each
//! batch against what the source's log says it must have seen), and [`left`] (what applies leave).
//! Read first: [`storm::Storm`], [`person::Person`], [`history::versions`].
//! docs/contributing/kills.md: the long run.

mod damage;
mod history;
mod left;
mod person;
mod said;
mod servers;
mod shop;
mod storm;
mod verdict;
mod victim;
mod wish;
mod writer;

use tokio_util::sync::CancellationToken;

use self::{person::Person, servers::Servers, storm::Storm, wish::Wish, writer::Writers};
use crate::testkit::{Db, LIMIT, eventually, merge_db, seed, source_db, temporal_address};

/// Kills of a run; `cargo x kills` sets it.
const KILLS: &str = "TEAL_TEST_KILLS";
const FEW: u32 = 40;

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_sound_after_everything_died_again_and_again() {
    const TEST: &str = "everything_died";
    let kills = std::env::var(KILLS).map_or(FEW, |kills| kills.parse().expect("a number"));
    let seed = seed();
    println!("{kills} kills, TEAL_TEST_SEED={seed}");
    let servers = Servers::start().await;
    let stack = servers.stack();
    let source = Db::at(&stack.source_url(), "src", TEST).await;
    let merge = Db::at(&stack.merge_url(), "mrg", TEST).await;
    let plant = shop::plant(source, merge, stack.temporal_address()).await;
    println!("PostgreSQL {}", plant.merge.rows("select version()").await.concat());
    plant.apply().await;

    let writers = Writers::start(&plant.source, seed);
    let (mut person, trigger) = Person::new(&plant, seed);
    let (storm, over) = (Storm::new(&plant, stack, trigger), CancellationToken::new());
    let storm = async {
        let ended = storm.blow(kills, seed).await;
        over.cancel();
        ended
    };
    let ((workers, tally), ()) = tokio::join!(storm, person.works(&over));
    let mut applied = person.settles().await;
    let changes = writers.stop().await;
    println!("{tally}\n{applied}\n  transactions at the source: {changes}");
    let took = shop::catches_up(&plant).await;
    println!("all streams caught up by themselves within {took:.1} s");
    let (seen, mut faults) = shop::faults(&plant).await;
    faults.append(&mut applied.faults);
    faults.extend(said::faults(&plant));
    println!("{seen}\n{} faults", faults.len());
    assert!(faults.is_empty(), "TEAL_TEST_SEED={seed}: {faults:#?}");

    for worker in workers {
        worker.end().await;
    }
    drop(plant); // its databases go while their servers are there
    servers.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_kills_is_sound_and_damage_by_hand_is_found() {
    const TEST: &str = "a_run_without_kills_is_sound";
    let (source, merge) = (source_db(TEST).await, merge_db(TEST).await);
    let plant = shop::plant(source, merge, temporal_address()).await;
    plant.apply().await;
    let worker = plant.worker("");
    let writers = Writers::start(&plant.source, seed());
    plant.write(&Wish { extra: true, audit: true, slower: true, split: false }.model());
    plant.teal(&["apply", "--yes"]).await;
    let extra =
        "select count(*) from teal.batch b join teal.batch_dataset d using (stream_id, batch)
                 join teal.merge_table t on t.id = d.merge_table_id
                 where t.dataset = 'extra' and b.status = 'committed'";
    eventually("some batches of it", LIMIT, || async {
        (plant.merge.number(extra).await >= 9).then_some(())
    })
    .await;
    plant.write(&Wish::default().model());
    plant.teal(&["apply", "--yes"]).await;
    plant.is_applied().await;
    eventually("some batches", LIMIT, || async {
        (shop::committed(&plant).await >= 30).then_some(())
    })
    .await;
    writers.stop().await;
    // There is something to swap, and a version that lived for more than a batch, after another one.
    for (name, from, to) in [("a", 1, 9), ("b", 1, 9), ("c", 10, 10), ("end", 1, 9)] {
        let different = format!(
            "insert into people select g, '{name}' || g from generate_series({from}, {to}) g
             on conflict (id) do update set name = excluded.name"
        );
        plant.source.run(&different).await;
        shop::keeps_up(&plant).await;
    }
    shop::catches_up(&plant).await;
    let (seen, faults) = shop::faults(&plant).await;
    println!("{seen}");
    assert!(faults.is_empty(), "{faults:#?}");
    damage::all_is_found(&plant).await;
    worker.end().await;
}
