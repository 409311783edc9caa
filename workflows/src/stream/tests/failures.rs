//! What each kind of failure leads to.

use teal_model::Kind;

use super::super::show::listed_word;
use super::{
    ABANDON, Event, NOTE, PERIOD_MS, State, StreamCarry, Word, Work, failed, ingested, ingesting,
    load, merge, merged, merging, play_from, run_now, start,
};
use crate::code;

#[test]
fn fenced_attempt_reads_the_ledger_again_and_backs_off_when_it_goes_on() {
    let state = play_from(
        ingesting(),
        [
            (1_100, failed(Kind::Fenced), Word::Ingesting, vec![start(Work::Load)]),
            (1_200, load("run", 1_000), Word::Ingesting, vec![start(Work::Ingest)]),
            (1_300, failed(Kind::Fenced), Word::Ingesting, vec![start(Work::Load)]),
            (1_400, load("run", 1_000), Word::Ingesting, vec![start(Work::Ingest)]),
            (1_500, failed(Kind::Fenced), Word::BackingOff, vec![NOTE]),
        ],
    );
    play_from(state, [(99_000, Event::Due, Word::BackingOff, vec![start(Work::Load)])]);
}

#[test]
fn transient_failures_back_off_ever_longer_up_to_the_period() {
    let mut state = ingesting();
    let mut pauses = vec![];
    for _ in 0..9 {
        state = play_from(state, [(0, failed(Kind::Transient), Word::BackingOff, vec![NOTE])]);
        let until = state.deadline().unwrap();
        pauses.push(until);
        state = play_from(
            state,
            [
                (until - 1, Event::Due, Word::BackingOff, vec![]),
                (until, Event::Due, Word::Ingesting, vec![start(Work::Ingest)]),
            ],
        );
    }
    assert!(pauses.is_sorted(), "{pauses:?}");
    assert!((1_000..1_200).contains(&pauses[0]), "{pauses:?}");
    assert!((60_000..72_000).contains(&pauses[8]), "{pauses:?}");
}

#[test]
fn an_hour_without_the_source_is_followed_by_one_batch() {
    const HOUR_MS: i64 = 3_600_000;
    let (mut state, mut now, mut tries) = (ingesting(), 1_000, 1);
    while now < HOUR_MS {
        state = play_from(state, [(now, failed(Kind::Transient), Word::BackingOff, vec![NOTE])]);
        now = state.deadline().unwrap();
        tries += 1;
        state = play_from(state, [(now, Event::Due, Word::Ingesting, vec![start(Work::Ingest)])]);
    }
    assert!((50..80).contains(&tries), "{tries} tries: once a period, as the schedule is");
    let due = now + PERIOD_MS;
    let state = play_from(
        state,
        [
            (now, ingested(1), Word::Merging, vec![merge(1)]),
            (now, merged(1, due), Word::Waiting, vec![]),
            (due - 1, Event::Due, Word::Waiting, vec![]),
            (due, Event::Due, Word::Ingesting, vec![start(Work::Ingest)]),
        ],
    );
    assert_eq!((state.last_batch, state.failures), (1, 0));
}

#[test]
fn merge_that_failed_for_a_moment_is_tried_again_with_the_same_batch() {
    play_from(
        merging(),
        [
            (2_000, failed(Kind::Transient), Word::BackingOff, vec![NOTE]),
            (9_000, Event::Due, Word::Merging, vec![merge(1)]),
        ],
    );
    play_from(
        merging(),
        [
            (2_000, failed(Kind::Transient), Word::BackingOff, vec![NOTE]),
            (2_001, run_now(), Word::Merging, vec![merge(1)]),
            (2_002, merged(1, 61_000), Word::Ingesting, vec![start(Work::Ingest)]),
        ],
    );
}

#[test]
fn data_failure_gives_the_batch_up_and_is_probed_at_the_next_tick() {
    for kind in [Kind::Data, Kind::Config] {
        let state = play_from(
            merging(),
            [
                (2_000, failed(kind), Word::Failing, vec![ABANDON]),
                (2_100, Event::Noted(Some(61_000)), Word::Failing, vec![]),
                (60_999, Event::Due, Word::Failing, vec![]),
                (61_000, Event::Due, Word::Ingesting, vec![start(Work::Ingest)]),
                (61_500, ingested(2), Word::Merging, vec![merge(2)]),
                (62_000, merged(2, 121_000), Word::Waiting, vec![]),
            ],
        );
        assert_eq!((state.failures, state.last_failure), (0, None));
    }
}

#[test]
fn failing_stream_without_schedule_waits_to_be_asked() {
    let state = play_from(
        merging(),
        [
            (2_000, failed(Kind::Data), Word::Failing, vec![ABANDON]),
            (2_100, Event::Noted(Some(0)), Word::Failing, vec![]),
        ],
    );
    assert_eq!(state.deadline(), None);
    play_from(state, [(2_200, run_now(), Word::Ingesting, vec![start(Work::Ingest)])]);
}

#[test]
fn bug_waits_for_somebody() {
    let state = || {
        let state = play_from(
            ingesting(),
            [
                (2_000, failed(Kind::Bug), Word::Failing, vec![ABANDON]),
                (2_100, Event::Noted(Some(61_000)), Word::Failing, vec![]),
                (99_000, Event::Due, Word::Failing, vec![]),
            ],
        );
        assert_eq!(state.deadline(), None);
        state
    };
    play_from(state(), [(99_000, run_now(), Word::Ingesting, vec![start(Work::Ingest)])]);
    for ask in [Event::Resume, Event::Reload] {
        play_from(
            state(),
            [
                (99_000, ask, Word::Failing, vec![start(Work::Load)]),
                (99_001, load("run", 161_000), Word::Ingesting, vec![start(Work::Ingest)]),
            ],
        );
    }
}

#[test]
fn failing_survives_continue_as_new() {
    let failing = play_from(
        ingesting(),
        [
            (2_000, failed(Kind::Data), Word::Failing, vec![ABANDON]),
            (2_100, Event::Noted(Some(61_000)), Word::Failing, vec![]),
        ],
    );
    let renewed = State::new("live/shop", &failing.carry(), 3_000);
    let renewed = play_from(
        renewed,
        [
            (3_000, Event::Started, Word::Failing, vec![start(Work::Load)]),
            (3_100, load("run", 61_000), Word::Failing, vec![]),
        ],
    );
    assert_eq!((renewed.deadline(), renewed.failures), (Some(61_000), 1));
    play_from(renewed, [(61_000, Event::Due, Word::Ingesting, vec![start(Work::Ingest)])]);
}

#[test]
fn catalog_wins_over_a_later_memory_of_the_workflow() {
    let carry = StreamCarry { last_batch: 9, ..StreamCarry::default() };
    let state = play_from(
        State::new("live/shop", &carry, 0),
        [
            (0, Event::Started, Word::Waiting, vec![start(Work::Load)]),
            (0, load("run", 1_000), Word::Waiting, vec![NOTE]),
        ],
    );
    assert_eq!(state.last_batch, 0);
}

#[test]
fn quick_batches_do_not_blink_in_the_list_of_workflows() {
    assert_eq!(listed_word(&ingesting()), Word::Ingesting, "nothing is known of a first load");
    let again = play_from(
        merging(),
        [
            (2_000, merged(1, 61_000), Word::Waiting, vec![]),
            (61_000, Event::Due, Word::Ingesting, vec![start(Work::Ingest)]),
        ],
    );
    assert_eq!(listed_word(&again), Word::Waiting);
}

#[test]
fn a_step_that_nobody_answered_for_is_tried_again_and_an_unreadable_answer_is_not() {
    let own = |code| Event::Failed(crate::activity::own(code, "why"));
    for code in [code::WORK0001, code::WORK0002, code::WORK0003, code::WORK0005] {
        let lines = [(2_000, own(code), Word::BackingOff, vec![NOTE])];
        assert_eq!(play_from(merging(), lines).word(), Word::BackingOff, "{code}");
    }
    play_from(merging(), [(2_000, own(code::WORK0004), Word::Failing, vec![ABANDON])]);
}

#[test]
fn the_kind_of_a_failure_decides_what_follows() {
    use super::super::{Again, Outcome, outcome};
    let expected = [
        (Kind::Transient, Word::BackingOff, false, Again::AfterPause),
        (Kind::Config, Word::Failing, true, Again::NextTick),
        (Kind::Data, Word::Failing, true, Again::NextTick),
        (Kind::Fenced, Word::Ingesting, false, Again::AtOnce),
        (Kind::Bug, Word::Failing, true, Again::WhenAsked),
    ];
    for (kind, word, gives_up, again) in expected {
        assert_eq!(outcome(kind), Outcome { word, gives_up, again }, "{kind}");
    }
}
