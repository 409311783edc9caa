//! A process is killed on each side of every durable boundary and started again: all is well.
//!
//! Read first: [`scenario::ALL`] (which boundary dies where), `testkit/plant` (what dies and heals).

mod applies;
mod commands;
mod page;
mod people;
mod scenario;
mod sleeper;
mod streams;

use std::{any::Any, collections::BTreeSet, sync::Arc};

use futures::FutureExt;
use teal_failpoint::{Boundary, Point};

use self::scenario::Scenario;
use crate::testkit::plant::Deaths;

/// Runs only the scenarios of these names, while one works on them: `TEAL_TEST_SCENARIO=batch,drop`.
const ONLY: &str = "TEAL_TEST_SCENARIO";

#[test]
fn every_boundary_has_a_scenario() {
    let known: BTreeSet<Boundary> =
        scenario::ALL.iter().flat_map(|scenario| scenario.boundaries).copied().collect();
    let without: Vec<&str> = Boundary::ALL
        .iter()
        .filter(|boundary| !known.contains(boundary))
        .map(|boundary| boundary.name())
        .collect();
    assert!(without.is_empty(), "no process dies at {}", without.join(", "));
}

/// All scenarios side by side: most of their time they wait until a death is noticed.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_at_any_boundary_is_followed_by_one_that_mends_it() {
    let only = std::env::var(ONLY).ok();
    let wanted = |scenario: &&Scenario| {
        only.as_ref().is_none_or(|only| only.split(',').any(|name| name == scenario.name))
    };
    let deaths = Deaths::default();
    let mut running = tokio::task::JoinSet::new();
    for scenario in scenario::ALL.iter().filter(wanted) {
        let deaths = Arc::clone(&deaths);
        running.spawn(async move {
            let ended = std::panic::AssertUnwindSafe(scenario.run(deaths)).catch_unwind().await;
            ended.err().map(|panic| format!("{}: {}", scenario.name, said(&*panic)))
        });
    }
    let failed: Vec<String> = running.join_all().await.into_iter().flatten().collect();
    assert!(failed.is_empty(), "{} scenarios failed:\n{}", failed.len(), failed.join("\n"));
    let died = deaths.lock().expect("no scenario panicked").clone();
    println!("{} deaths survived", died.len());
    let alive: Vec<String> = scenario::ALL
        .iter()
        .filter(wanted)
        .flat_map(Scenario::points)
        .filter(|point: &Point| !died.contains(point))
        .map(|point| point.to_string())
        .collect();
    assert!(alive.is_empty(), "nobody died at {}", alive.join(", "));
}

/// What a panic says: where many scenarios print at once, the end of the test tells it again.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words")
}
