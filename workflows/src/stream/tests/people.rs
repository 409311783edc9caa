//! Pause and resume.

use teal_model::Kind;

use super::{
    ABANDON, Event, NOTE, Word, Work, failed, ingested, ingesting, load, merge, merged, merging,
    play, play_from, start, step, waiting,
};

#[test]
fn pause_waits_for_the_open_batch_and_is_immediate_otherwise() {
    let paused = play_from(
        merging(),
        [
            (1_600, Event::Pause, Word::Merging, vec![]),
            (2_000, merged(1, 61_000), Word::Paused, vec![NOTE]),
            (99_000, Event::Due, Word::Paused, vec![]),
        ],
    );
    play_from(
        paused,
        [
            (99_000, Event::Resume, Word::Paused, vec![start(Work::Load)]),
            (99_000, load("run", 61_000), Word::Ingesting, vec![start(Work::Ingest)]),
        ],
    );
    play_from(
        ingesting(),
        [
            (1_100, Event::Pause, Word::Ingesting, vec![]),
            (1_500, ingested(1), Word::Merging, vec![merge(1)]),
        ],
    );
    play_from(waiting(), [(10, Event::Pause, Word::Paused, vec![NOTE])]);
    for kind in [Kind::Transient, Kind::Data] {
        let (state, _) = step(ingesting(), 1_100, failed(kind));
        play_from(state, [(1_200, Event::Pause, Word::Paused, vec![NOTE])]);
    }
}

#[test]
fn pause_is_taken_back_before_it_takes_effect() {
    play_from(
        merging(),
        [
            (1_600, Event::Pause, Word::Merging, vec![]),
            (1_700, Event::Resume, Word::Merging, vec![]),
            (2_000, merged(1, 61_000), Word::Waiting, vec![]),
        ],
    );
}

#[test]
fn batch_that_fails_under_a_pause_does_not_go_on() {
    for (kind, note) in [(Kind::Transient, NOTE), (Kind::Fenced, NOTE), (Kind::Data, ABANDON)] {
        play_from(
            ingesting(),
            [
                (1_100, Event::Pause, Word::Ingesting, vec![]),
                (1_200, failed(kind), Word::Paused, vec![note]),
            ],
        );
    }
}

#[test]
fn paused_stream_in_the_catalog_stays_paused_after_a_restart() {
    play([
        (0, Event::Started, Word::Waiting, vec![start(Work::Load)]),
        (0, load("paused", 1), Word::Paused, vec![NOTE]),
    ]);
}

#[test]
fn pause_or_resume_while_loading_reads_the_catalog_again() {
    play([
        (0, Event::Started, Word::Waiting, vec![start(Work::Load)]),
        (1, Event::Pause, Word::Waiting, vec![]),
        (2, load("run", 1), Word::Waiting, vec![start(Work::Load)]),
        (3, load("paused", 1), Word::Paused, vec![NOTE]),
    ]);
}
