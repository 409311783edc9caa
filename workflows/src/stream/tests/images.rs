//! Whose image a batch brings, and whom it serves.

use teal_model::Kind;
use teal_proto::v1::IngestReport;

use super::{
    ABANDON, Command, EPOCH, Event, NOTE, State, Word, Work, failed, ingested, ingesting, load,
    load_for_reconcile, merge, merged, play_from, reconciled, run_now, start, waiting,
};

fn by_image(mut state: State) -> State {
    state.runs.by_image = true;
    state
}

fn staged_before(batch: u32) -> Event {
    Event::Ingested(IngestReport {
        batch,
        epoch: EPOCH,
        rows: 5,
        staged_before: true,
        ..IngestReport::default()
    })
}

const fn may_delete(work: Work) -> Command {
    Command::Do { work, accept_deletes: true }
}

/// Its batch is staged, and its worker died before it said so; nobody has asked for anything.
fn staged_in_silence() -> State {
    play_from(
        by_image(ingesting()),
        [(1_400, failed(Kind::Transient), Word::BackingOff, vec![NOTE])],
    )
}

#[test]
fn what_a_dead_attempt_staged_serves_nobody_who_asked_since() {
    let state = play_from(
        staged_in_silence(),
        [
            (1_500, run_now(), Word::Ingesting, vec![start(Work::Ingest)]),
            (1_600, staged_before(1), Word::Merging, vec![merge(1)]),
            (2_000, merged(1, 61_000), Word::Ingesting, vec![start(Work::Ingest)]),
        ],
    );
    assert_eq!((state.last_batch, state.runs.served), (1, 0));
    let state = play_from(
        state,
        [
            (2_100, ingested(2), Word::Merging, vec![merge(2)]),
            (2_200, merged(2, 61_000), Word::Waiting, vec![]),
        ],
    );
    assert_eq!(state.runs.served, 1);
}

#[test]
fn a_permission_is_not_for_what_a_dead_attempt_staged_and_holds_for_the_next_batch() {
    let state = play_from(
        by_image(waiting()),
        [
            (
                900,
                Event::RunNow { accept_deletes: true },
                Word::Ingesting,
                vec![may_delete(Work::Ingest)],
            ),
            (1_400, failed(Kind::Transient), Word::BackingOff, vec![NOTE]),
            (9_000, Event::Due, Word::Ingesting, vec![may_delete(Work::Ingest)]),
            (9_100, staged_before(1), Word::Merging, vec![merge(1)]),
            (9_200, merged(1, 61_000), Word::Ingesting, vec![may_delete(Work::Ingest)]),
            (
                9_300,
                ingested(2),
                Word::Merging,
                vec![may_delete(Work::Merge { batch: 2, epoch: EPOCH, rows: 5 })],
            ),
            (9_400, merged(2, 61_000), Word::Waiting, vec![]),
        ],
    );
    assert_eq!(state.runs.served, 1);
}

#[test]
fn one_who_asked_behind_a_batch_that_is_given_up_gets_another_one_at_once() {
    let again = vec![ABANDON, start(Work::Ingest)];
    let state = play_from(
        staged_in_silence(),
        [
            (1_500, run_now(), Word::Ingesting, vec![start(Work::Ingest)]),
            (1_600, staged_before(1), Word::Merging, vec![merge(1)]),
            (1_700, failed(Kind::Data), Word::Ingesting, again.clone()),
            (1_800, ingested(2), Word::Merging, vec![merge(2)]),
            (1_900, merged(2, 61_000), Word::Waiting, vec![]),
        ],
    );
    assert_eq!((state.runs.served, state.failures), (1, 0));
    let state = play_from(
        by_image(ingesting()),
        [
            (1_100, run_now(), Word::Ingesting, vec![]),
            (1_700, failed(Kind::Data), Word::Ingesting, again),
            (1_800, failed(Kind::Data), Word::Failing, vec![ABANDON]),
        ],
    );
    assert_eq!(state.runs.served, 1, "told that it failed");
}

#[test]
fn who_asks_behind_batches_that_fail_again_and_again_waits_between_them() {
    let mut state = by_image(ingesting());
    state.failures = 2;
    let state = play_from(
        state,
        [
            (1_100, run_now(), Word::Ingesting, vec![]),
            (1_700, failed(Kind::Data), Word::BackingOff, vec![ABANDON]),
        ],
    );
    let until = state.deadline().unwrap();
    play_from(state, [(until, Event::Due, Word::Ingesting, vec![start(Work::Ingest)])]);
}

#[test]
fn a_reload_that_merges_what_nobody_told_of_serves_nobody_who_asked_since() {
    let state = play_from(
        staged_in_silence(),
        [
            (1_500, run_now(), Word::Ingesting, vec![start(Work::Ingest)]),
            (1_600, Event::Reload, Word::Ingesting, vec![Command::Cancel]),
            (1_700, Event::Cancelled, Word::Ingesting, vec![start(Work::Load)]),
            (
                1_800,
                load_for_reconcile(1, "ingested"),
                Word::Merging,
                vec![start(Work::Merge { batch: 1, epoch: EPOCH, rows: 0 })],
            ),
            (2_000, merged(1, 61_000), Word::Merging, vec![start(Work::Load)]),
            (2_100, load_for_reconcile(0, ""), Word::Reconciling, vec![start(Work::Reconcile)]),
            (2_200, reconciled("h2"), Word::Ingesting, vec![start(Work::Ingest)]),
        ],
    );
    assert_eq!(state.runs.served, 0);
}

#[test]
fn a_history_from_before_the_flag_goes_its_old_way() {
    let state = play_from(
        play_from(ingesting(), [(1_400, failed(Kind::Transient), Word::BackingOff, vec![NOTE])]),
        [
            (1_500, run_now(), Word::Ingesting, vec![start(Work::Ingest)]),
            (1_600, staged_before(1), Word::Merging, vec![merge(1)]),
            (2_000, merged(1, 61_000), Word::Waiting, vec![]),
        ],
    );
    assert_eq!(state.runs.served, 1);
    play_from(
        ingesting(),
        [
            (1_100, run_now(), Word::Ingesting, vec![]),
            (1_700, failed(Kind::Data), Word::Failing, vec![ABANDON]),
        ],
    );
}

#[test]
fn another_history_does_not_know_who_staged_what_it_finds() {
    let found = load_for_reconcile_done(1);
    let state = play_from(
        by_image(super::play([(0, Event::Started, Word::Waiting, vec![start(Work::Load)])])),
        [
            (0, run_now(), Word::Waiting, vec![]),
            (0, found, Word::Ingesting, vec![start(Work::Ingest)]),
            (1, staged_before(1), Word::Merging, vec![merge(1)]),
            (2, merged(1, 61_000), Word::Ingesting, vec![start(Work::Ingest)]),
        ],
    );
    assert_eq!(state.runs.served, 0);
}

/// A load that finds a staged batch under the tables that it wants.
fn load_for_reconcile_done(open: u32) -> Event {
    let Event::Loaded(report) = load("run", 61_000) else { unreachable!("it is a load") };
    Event::Loaded(Box::new(teal_proto::v1::LoadReport {
        open_batch: open,
        open_epoch: EPOCH,
        open_status: "ingested".into(),
        ..*report
    }))
}
