//! Waiting, ingesting, merging, and what `run_now` adds.

use teal_model::Kind;
use teal_proto::v1::MergeReport;

use super::{
    Command, EPOCH, Event, NOTE, Word, Work, failed, ingested, ingesting, merge, merged, merging,
    play_from, run_now, start, waiting,
};

#[test]
fn merge_starts_only_after_the_batch_is_staged() {
    let state = play_from(merging(), [(2_000, merged(1, 61_000), Word::Waiting, vec![])]);
    assert_eq!((state.last_batch, state.deadline()), (1, Some(61_000)));
    play_from(waiting(), [(500, ingested(1), Word::Waiting, vec![])]);
}

#[test]
fn timer_that_fires_early_changes_nothing() {
    play_from(waiting(), [(999, Event::Due, Word::Waiting, vec![])]);
}

#[test]
fn missed_ticks_collapse_into_one_batch() {
    play_from(
        merging(),
        [(500_000, merged(1, 61_000), Word::Ingesting, vec![start(Work::Ingest)])],
    );
}

#[test]
fn batches_go_by_the_clock_and_not_by_a_commit_time_that_a_clock_set_back_left_ahead() {
    let report = MergeReport {
        batch: 1,
        committed_at_ms: 3_600_000, // never before that of the batch before
        now_ms: 2_000,
        next_due_at_ms: 61_000,
        ..MergeReport::default()
    };
    let state = play_from(merging(), [(2_100, Event::Merged(report), Word::Waiting, vec![])]);
    assert_eq!(state.deadline(), Some(61_000));
}

#[test]
fn run_now_during_a_run_queues_exactly_one_more() {
    let state = play_from(
        ingesting(),
        [
            (1_100, run_now(), Word::Ingesting, vec![]),
            (1_200, run_now(), Word::Ingesting, vec![]),
            (1_500, ingested(1), Word::Merging, vec![merge(1)]),
            (1_600, run_now(), Word::Merging, vec![]),
            (2_000, merged(1, 61_000), Word::Ingesting, vec![start(Work::Ingest)]),
        ],
    );
    assert_eq!((state.runs.requested, state.runs.served), (3, 0));
    let state = play_from(
        state,
        [
            (2_100, ingested(2), Word::Merging, vec![merge(2)]),
            (2_200, merged(2, 61_000), Word::Waiting, vec![]),
        ],
    );
    assert_eq!(state.runs.served, 3);
}

#[test]
fn permission_to_delete_holds_for_the_next_batch_only() {
    let state = play_from(
        merging(),
        [
            (1_600, Event::RunNow { accept_deletes: true }, Word::Merging, vec![]),
            (
                2_000,
                merged(1, 61_000),
                Word::Ingesting,
                vec![Command::Do { work: Work::Ingest, accept_deletes: true }],
            ),
            (2_050, failed(Kind::Transient), Word::BackingOff, vec![NOTE]),
        ],
    );
    assert!(state.carry().accept_deletes, "a retry still may");
    play_from(
        state,
        [
            (
                9_000,
                Event::Due,
                Word::Ingesting,
                vec![Command::Do { work: Work::Ingest, accept_deletes: true }],
            ),
            (
                9_100,
                ingested(2),
                Word::Merging,
                vec![Command::Do {
                    work: Work::Merge { batch: 2, epoch: EPOCH, rows: 5 },
                    accept_deletes: true,
                }],
            ),
            (9_200, merged(2, 61_000), Word::Waiting, vec![]),
            (61_000, Event::Due, Word::Ingesting, vec![start(Work::Ingest)]),
        ],
    );
}

#[test]
fn permission_given_during_a_merge_is_not_for_that_merge() {
    let state = play_from(
        merging(),
        [
            (1_600, Event::RunNow { accept_deletes: true }, Word::Merging, vec![]),
            (1_700, failed(Kind::Transient), Word::BackingOff, vec![NOTE]),
        ],
    );
    play_from(state, [(9_000, Event::Due, Word::Merging, vec![merge(1)])]);
}
