//! Random changes at a source, batch by batch, against a small reference of live and milestoned.
//!
//! A run that fails is made as short as it gets and printed as statements with its seed.
//! `TEAL_TEST_SEED=<number>` plays another one, `TEAL_TEST_SEED=random` looks further.
//! Read first: [`model::Reference`] (all of SCD1 and SCD2), [`script`] (the changes), [`course`] (one
//! run).

mod course;
mod model;
mod mutation;
mod script;
mod shrink;

use std::{sync::Arc, time::Duration};

use rand::{SeedableRng, rngs::StdRng};
use teal_activities::source::Lens;
use teal_model::release::Style;

use self::{
    course::{Course, Failure},
    script::Op,
};
use super::world::World;
use crate::testkit::{SEED, seed};

/// Longest search for a shorter run that fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// Plays the script of a seed; a failure comes with the shortest script that has it.
async fn follow(
    test: &str,
    style: Style,
    (seed, rounds): (u64, u32),
    lens: Option<Arc<dyn Lens>>,
) -> Result<course::Seen, (Vec<Op>, Failure)> {
    println!("TEAL_TEST_SEED={seed}");
    let world = World::new(test).await;
    let course = Course::new(&world, style, lens);
    let whole = script::random(&mut StdRng::seed_from_u64(seed), rounds);
    let failure = match course.run(&whole).await {
        Ok(seen) => return Ok(seen),
        Err(failure) => failure,
    };
    let shrunk =
        shrink::shrink(whole, failure, PATIENCE, async |ops: &[Op]| course.run(ops).await.err());
    let (least, failure) = shrunk.await;
    println!(
        "{failure}\nthe shortest script that fails, of seed {seed}:\n{}",
        script::text(&least)
    );
    Err((least, failure))
}

#[tokio::test]
async fn live_follows_random_changes_as_the_reference_does() {
    let seen =
        follow("live_follows_random_changes", Style::Live, (seed(), 24), None).await.unwrap();
    assert!(seen.pulled_in_part > 0, "no batch was pulled in part");
}

#[tokio::test]
async fn milestoned_follows_random_changes_as_the_reference_does() {
    let test = "milestoned_follows_random_changes";
    let seen = follow(test, Style::Milestoned, (seed(), 24), None).await.unwrap();
    assert!(seen.pulled_in_part > 0, "no batch was pulled in part");
}

#[tokio::test]
async fn a_fault_of_some_values_is_shrunk_to_the_change_that_brings_them() {
    let lens = mutation::Bent::on_rows_with(mutation::Fault::Drop, b"Tresor");
    let test = "a_fault_of_some_values_is_shrunk";
    let (least, failure) = follow(test, Style::Live, (SEED, 6), Some(lens)).await.unwrap_err();
    let text = script::text(&least);
    assert!(least.len() <= 4 && text.contains("Tresor"), "{failure}\n{text}");
    assert!(matches!(least.last(), Some(Op::Batch)), "{text}");
}
