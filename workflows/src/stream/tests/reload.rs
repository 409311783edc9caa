//! Reload and retire.

use teal_model::Kind;
use teal_proto::v1::ReconcileReport;

use super::super::Command::{Cancel, Close};
use super::{
    ABANDON, EPOCH, Event, LoadReport, NOTE, Word, Work, failed, ingested, ingesting, load,
    load_for_reconcile, merged, merging, play, play_from, reconciled, run_now, start, step,
    waiting,
};

#[test]
fn reload_while_waiting_loads_and_reconciles() {
    let state = play_from(
        waiting(),
        [
            (10, Event::Reload, Word::Waiting, vec![start(Work::Load)]),
            (20, load_for_reconcile(0, ""), Word::Reconciling, vec![start(Work::Reconcile)]),
        ],
    );
    assert_eq!((state.reloads.asked, state.reloads.done), (1, 0));
    let state = play_from(state, [(30, reconciled("h2"), Word::Waiting, vec![NOTE])]);
    assert_eq!((state.reloads.done, state.reloads.failure.clone()), (1, None));
    assert_eq!(state.running_hash, "h2");
}

#[test]
fn tables_that_changed_are_read_at_once() {
    let reloading = || {
        play_from(
            waiting(),
            [
                (10, Event::Reload, Word::Waiting, vec![start(Work::Load)]),
                (20, load_for_reconcile(0, ""), Word::Reconciling, vec![start(Work::Reconcile)]),
            ],
        )
    };
    let changed = |statements| {
        Event::Reconciled(ReconcileReport {
            config_hash: "h2".into(),
            statements,
            ..ReconcileReport::default()
        })
    };
    play_from(reloading(), [(30, changed(1), Word::Ingesting, vec![start(Work::Ingest)])]);
    play_from(reloading(), [(30, changed(0), Word::Waiting, vec![NOTE])]);
    let mut external = reloading();
    external.config.next_due_at_ms = 0;
    external.next_due_at_ms = 0;
    play_from(external, [(30, changed(1), Word::Waiting, vec![NOTE])]);
}

#[test]
fn reload_while_ingesting_cancels_and_goes_on_with_the_new_shape() {
    for end in [Event::Cancelled, failed(Kind::Transient), failed(Kind::Bug)] {
        play_from(
            ingesting(),
            [
                (1_100, Event::Reload, Word::Ingesting, vec![Cancel]),
                (1_150, Event::Reload, Word::Ingesting, vec![]),
                (1_200, end, Word::Ingesting, vec![start(Work::Load)]),
                (
                    1_300,
                    load_for_reconcile(1, "started"),
                    Word::Reconciling,
                    vec![start(Work::Reconcile)],
                ),
                (1_400, reconciled("h2"), Word::Ingesting, vec![start(Work::Ingest)]),
            ],
        );
    }
}

#[test]
fn batch_staged_before_the_cancel_is_merged_under_the_old_shape() {
    play_from(
        ingesting(),
        [
            (1_100, Event::Reload, Word::Ingesting, vec![Cancel]),
            (1_200, ingested(1), Word::Ingesting, vec![start(Work::Load)]),
            (
                1_300,
                load_for_reconcile(1, "ingested"),
                Word::Merging,
                vec![start(Work::Merge { batch: 1, epoch: EPOCH, rows: 0 })],
            ),
            (1_400, merged(1, 61_000), Word::Merging, vec![start(Work::Load)]),
            (1_500, load_for_reconcile(0, ""), Word::Reconciling, vec![start(Work::Reconcile)]),
            (1_600, reconciled("h2"), Word::Waiting, vec![NOTE]),
        ],
    );
}

#[test]
fn batch_that_cannot_be_merged_does_not_block_the_reload() {
    let state = play_from(
        waiting(),
        [
            (10, Event::Reload, Word::Waiting, vec![start(Work::Load)]),
            (
                20,
                load_for_reconcile(1, "ingested"),
                Word::Merging,
                vec![start(Work::Merge { batch: 1, epoch: EPOCH, rows: 0 })],
            ),
            (30, failed(Kind::Data), Word::Merging, vec![ABANDON, start(Work::Load)]),
            (40, load_for_reconcile(0, ""), Word::Reconciling, vec![start(Work::Reconcile)]),
            (50, reconciled("h2"), Word::Ingesting, vec![start(Work::Ingest)]),
        ],
    );
    assert_eq!(state.reloads.done, 1);
}

#[test]
fn reload_during_a_merge_waits_for_the_commit() {
    play_from(
        merging(),
        [
            (1_600, Event::Reload, Word::Merging, vec![]),
            (2_000, merged(1, 61_000), Word::Merging, vec![start(Work::Load)]),
        ],
    );
}

#[test]
fn reload_of_a_paused_stream_takes_the_new_shape_and_stays_paused() {
    let (paused, _) = step(waiting(), 10, Event::Pause);
    play_from(
        paused,
        [
            (20, Event::Reload, Word::Paused, vec![start(Work::Load)]),
            (
                30,
                Event::Loaded(Box::new(LoadReport {
                    intent: "paused".into(),
                    config_hash: "h2".into(),
                    needs_reconcile: true,
                    ..LoadReport::default()
                })),
                Word::Reconciling,
                vec![start(Work::Reconcile)],
            ),
            (40, reconciled("h2"), Word::Paused, vec![NOTE]),
        ],
    );
}

#[test]
fn reload_that_cannot_take_effect_is_answered_with_its_failure() {
    let state = play_from(
        waiting(),
        [
            (10, Event::Reload, Word::Waiting, vec![start(Work::Load)]),
            (20, load_for_reconcile(0, ""), Word::Reconciling, vec![start(Work::Reconcile)]),
            (30, failed(Kind::Config), Word::Failing, vec![NOTE]),
        ],
    );
    assert_eq!(state.reloads.done, 1);
    assert_eq!(state.reloads.failure.map(|f| f.code), Some("T1".into()));
}

#[test]
fn transient_failure_of_a_reload_is_tried_again_before_it_is_answered() {
    let mut state = play_from(
        waiting(),
        [
            (10, Event::Reload, Word::Waiting, vec![start(Work::Load)]),
            (20, load_for_reconcile(0, ""), Word::Reconciling, vec![start(Work::Reconcile)]),
        ],
    );
    for failure in 1..=5 {
        assert_eq!(state.reloads.done, 0, "after {} failures", failure - 1);
        state = play_from(state, [(20, failed(Kind::Transient), Word::BackingOff, vec![NOTE])]);
        if failure < 5 {
            state = play_from(
                state,
                [(999_999, Event::Due, Word::Reconciling, vec![start(Work::Reconcile)])],
            );
        }
    }
    assert_eq!(state.reloads.done, 1);
}

#[test]
fn retire_ends_at_once_or_after_the_merge_or_by_cancelling_the_ingest() {
    let end = |state| {
        let state = play_from(state, [(9_000, Event::Retired, Word::Retired, vec![Close])]);
        play_from(state, [(9_001, run_now(), Word::Retired, vec![])]);
    };
    end(play_from(waiting(), [(10, Event::Retire, Word::Retired, vec![start(Work::Retire)])]));
    end(play_from(
        merging(),
        [
            (1_600, Event::Retire, Word::Merging, vec![]),
            (2_000, merged(1, 61_000), Word::Retired, vec![start(Work::Retire)]),
        ],
    ));
    end(play_from(
        ingesting(),
        [
            (1_100, Event::Retire, Word::Ingesting, vec![Cancel]),
            (1_200, Event::Cancelled, Word::Retired, vec![start(Work::Retire)]),
        ],
    ));
}

#[test]
fn stream_that_the_catalog_does_not_know_ends() {
    play([
        (0, Event::Started, Word::Waiting, vec![start(Work::Load)]),
        (0, load("gone", 0), Word::Retired, vec![Close]),
    ]);
}
