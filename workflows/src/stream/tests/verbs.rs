//! Retry, resync and reset.

use teal_model::Kind;
use teal_proto::v1::{LoadReport, MergeReport, StreamCarry};

use super::super::{Command::Cancel, Word::Failing};
use super::{
    ABANDON, Event, NOTE, State, Word, Work, failed, ingested, ingesting, load, load_for_reconcile,
    merge, merging, play, play_from, run_now, start, step, waiting,
};

fn wishes(wanted: u64) -> Event {
    Event::Wishes { wanted, words: "compare every row of orders".into() }
}

fn resynced(batch: u32, due: i64, resync: u64) -> Event {
    Event::Merged(MergeReport { batch, next_due_at_ms: due, resync, ..MergeReport::default() })
}

#[test]
fn retry_tries_at_once_what_failed_and_else_nothing() {
    let (backing_off, _) = step(ingesting(), 1_100, failed(Kind::Transient));
    let (failing, _) = step(ingesting(), 1_100, failed(Kind::Data));
    let (bug, _) = step(merging(), 1_600, failed(Kind::Bug));
    for state in [backing_off, failing, bug] {
        let again = [(1_700, Event::Retry, Word::Ingesting, vec![start(Work::Ingest)])];
        if state.failures == 1 {
            play_from(state, again);
        }
    }
    play_from(waiting(), [(10, Event::Retry, Word::Waiting, vec![])]);
    play_from(ingesting(), [(1_100, Event::Retry, Word::Ingesting, vec![])]);
    play_from(merging(), [(1_600, Event::Retry, Word::Merging, vec![])]);
}

#[test]
fn retry_of_a_change_of_tables_changes_the_tables() {
    play([
        (0, Event::Started, Word::Waiting, vec![start(Work::Load)]),
        (0, load_for_reconcile(0, ""), Word::Reconciling, vec![start(Work::Reconcile)]),
        (10, failed(Kind::Config), Failing, vec![NOTE]),
        (20, Event::Retry, Word::Reconciling, vec![start(Work::Reconcile)]),
    ]);
}

#[test]
fn retry_while_a_renewed_stream_loads_is_not_lost() {
    let carry = StreamCarry { state: "failing".into(), failures: 2, ..StreamCarry::default() };
    let state = State::new("live/shop", &carry, 0);
    play_from(
        state,
        [
            (0, Event::Started, Failing, vec![start(Work::Load)]),
            (1, Event::Retry, Failing, vec![]),
            (2, load("run", 60_000), Word::Ingesting, vec![start(Work::Ingest)]),
        ],
    );
}

#[test]
fn a_resync_runs_at_once_and_is_over_with_the_batch_that_did_it() {
    let done = play_from(
        waiting(),
        [
            (10, wishes(1), Word::Waiting, vec![]),
            (10, run_now(), Word::Ingesting, vec![start(Work::Ingest)]),
            (20, ingested(1), Word::Merging, vec![merge(1)]),
            (30, resynced(1, 61_000, 1), Word::Waiting, vec![]),
        ],
    );
    assert_eq!((done.resync.wanted, done.resync.served, done.resync.words.as_str()), (0, 1, ""));
}

#[test]
fn a_resync_during_a_batch_is_done_by_the_next_one() {
    play_from(
        ingesting(),
        [
            (1_100, wishes(1), Word::Ingesting, vec![]),
            (1_100, run_now(), Word::Ingesting, vec![]),
            (1_500, ingested(1), Word::Merging, vec![merge(1)]),
            (2_000, resynced(1, 61_000, 0), Word::Ingesting, vec![start(Work::Ingest)]),
            (2_500, ingested(2), Word::Merging, vec![merge(2)]),
            (3_000, resynced(2, 61_000, 1), Word::Waiting, vec![]),
        ],
    );
}

#[test]
fn a_resync_that_stands_in_the_catalog_is_done_without_being_asked_again() {
    let wished = |intent: &str| {
        Event::Loaded(Box::new(LoadReport {
            intent: intent.into(),
            config_hash: "h1".into(),
            next_due_at_ms: 60_000,
            resync_wanted: 3,
            ..LoadReport::default()
        }))
    };
    play([
        (0, Event::Started, Word::Waiting, vec![start(Work::Load)]),
        (0, wished("run"), Word::Ingesting, vec![start(Work::Ingest)]),
    ]);
    play([
        (0, Event::Started, Word::Waiting, vec![start(Work::Load)]),
        (0, wished("paused"), Word::Paused, vec![NOTE]),
        (9, Event::Resume, Word::Paused, vec![start(Work::Load)]),
        (9, wished("run"), Word::Ingesting, vec![start(Work::Ingest)]),
    ]);
}

#[test]
fn a_batch_of_an_older_worker_does_not_run_in_a_circle_for_a_resync() {
    let state = play_from(
        waiting(),
        [
            (10, wishes(1), Word::Waiting, vec![]),
            (10, run_now(), Word::Ingesting, vec![start(Work::Ingest)]),
            (20, ingested(1), Word::Merging, vec![merge(1)]),
            (30, resynced(1, 61_000, 0), Word::Waiting, vec![]),
        ],
    );
    assert_eq!(state.resync.wanted, 1, "it still stands");
}

#[test]
fn reset_stops_an_ingest_or_a_merge_and_begins_anew() {
    for (state, word) in [(ingesting(), Word::Ingesting), (merging(), Word::Merging)] {
        for end in [Event::Cancelled, failed(Kind::Transient), failed(Kind::Fenced)] {
            let state = play_from(
                state.clone(),
                [
                    (1_600, Event::Reset, word, vec![Cancel]),
                    (1_600, Event::Reset, word, vec![]),
                    (1_700, end, word, vec![start(Work::Load)]),
                    (1_800, load("run", 61_000), Word::Ingesting, vec![start(Work::Ingest)]),
                ],
            );
            assert_eq!((state.failures, state.last_failure), (0, None));
        }
    }
    let late = [
        (1_100, Event::Reset, Word::Ingesting, vec![Cancel]),
        (1_200, ingested(1), Word::Ingesting, vec![start(Work::Load)]),
    ];
    play_from(ingesting(), late);
}

#[test]
fn reset_of_what_backs_off_begins_anew_and_a_pause_still_holds() {
    let (backing_off, _) = step(ingesting(), 1_100, failed(Kind::Transient));
    let fresh = play_from(
        backing_off.clone(),
        [
            (1_200, Event::Reset, Word::BackingOff, vec![start(Work::Load)]),
            (1_200, load("run", 61_000), Word::Ingesting, vec![start(Work::Ingest)]),
        ],
    );
    assert_eq!(fresh.failures, 0);
    let (paused, _) = step(backing_off, 1_150, Event::Pause);
    play_from(
        paused,
        [
            (1_200, Event::Reset, Word::Paused, vec![start(Work::Load)]),
            (1_200, load("paused", 61_000), Word::Paused, vec![NOTE]),
        ],
    );
}

#[test]
fn what_was_given_up_by_the_failure_itself_is_given_up_once() {
    play_from(
        ingesting(),
        [
            (1_100, failed(Kind::Data), Failing, vec![ABANDON]),
            (1_200, Event::Retry, Word::Ingesting, vec![start(Work::Ingest)]),
        ],
    );
}
