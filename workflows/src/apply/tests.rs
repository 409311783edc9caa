//! Tables of decisions of an apply.

use proptest::prelude::*;
use teal_model::Kind;
use teal_proto::v1::{ApplyOutline, ApplyPhase, ApplyReport, ApplyStepReport, Failure};

use super::{Command, Event, MOST_SIDE_BY_SIDE, Outcome, State, Work, step};

fn outline(counts: &[u32]) -> ApplyOutline {
    let mut first_step = 0;
    let phases = counts
        .iter()
        .map(|&step_count| {
            let phase = ApplyPhase { name: "jobs".into(), first_step, step_count };
            first_step += step_count;
            phase
        })
        .collect();
    ApplyOutline { phases, steps: first_step, labels: Vec::new() }
}

const fn start(work: Work) -> Command {
    Command::Do { work, after_ms: 0 }
}

fn done(step: u32) -> Event {
    Event::Done(ApplyStepReport { step, ..ApplyStepReport::default() })
}

fn failed(work: Work, kind: Kind, code: &str) -> Event {
    let failure = Failure { code: code.into(), kind: kind.as_str().into(), ..Failure::default() };
    Event::Failed(work, failure)
}

fn play(lines: impl IntoIterator<Item = (Event, Vec<Command>)>) -> State {
    let mut state = State::default();
    for (number, (event, commands)) in lines.into_iter().enumerate() {
        let text = format!("line {number}: {event:?}");
        let (after, ordered) = step(state, event);
        assert_eq!(ordered, commands, "{text}");
        state = after;
    }
    state
}

#[test]
fn phases_run_one_after_another_and_empty_ones_are_passed() {
    let state = play([
        (Event::Started, vec![start(Work::Begin)]),
        (Event::Begun(outline(&[2, 0, 1])), vec![start(Work::Step(0)), start(Work::Step(1))]),
        (done(1), vec![]),
        (done(0), vec![start(Work::Step(2))]),
        (done(2), vec![start(Work::Finish)]),
        (Event::Finished(ApplyReport::default()), vec![Command::End]),
    ]);
    assert_eq!(state.outcome(), Outcome::Done(ApplyReport::default()));
    let status = state.status("p");
    assert_eq!((status.state.as_str(), status.steps_done, status.steps), ("done", 3, 3));
}

#[test]
fn a_running_step_is_named() {
    let labels = vec!["stream live/shop".to_owned()];
    let state = play([
        (Event::Started, vec![start(Work::Begin)]),
        (Event::Begun(ApplyOutline { labels, ..outline(&[1]) }), vec![start(Work::Step(0))]),
    ]);
    assert_eq!(state.status("p").running, ["jobs: stream live/shop (step 1 of 1)"]);
}

#[test]
fn empty_plan_begins_and_finishes() {
    play([
        (Event::Started, vec![start(Work::Begin)]),
        (Event::Begun(outline(&[])), vec![start(Work::Finish)]),
    ]);
}

#[test]
fn failed_step_lets_the_others_end_and_then_fails_with_the_first_failure() {
    let state = play([
        (Event::Started, vec![start(Work::Begin)]),
        (
            Event::Begun(outline(&[3, 1])),
            vec![start(Work::Step(0)), start(Work::Step(1)), start(Work::Step(2))],
        ),
        (failed(Work::Step(1), Kind::Config, "FIRST"), vec![]),
        (failed(Work::Step(0), Kind::Transient, "SECOND"), vec![]),
        (done(2), vec![Command::End]),
    ]);
    assert!(matches!(state.outcome(), Outcome::Failed(f) if f.code == "FIRST"));
    assert_eq!(state.status("p").state, "failed");
}

#[test]
fn transient_failures_are_tried_again_with_growing_pauses() {
    let again = |after_ms| vec![Command::Do { work: Work::Step(0), after_ms }];
    let fails = || failed(Work::Step(0), Kind::Transient, "T");
    let state = play([
        (Event::Started, vec![start(Work::Begin)]),
        (Event::Begun(outline(&[1])), vec![start(Work::Step(0))]),
        (fails(), again(1_000)),
        (fails(), again(2_000)),
        (fails(), again(4_000)),
        (fails(), again(8_000)),
        (fails(), vec![Command::End]),
    ]);
    assert!(matches!(state.outcome(), Outcome::Failed(_)));
}

#[test]
fn cancelled_apply_starts_nothing_more() {
    let state = play([
        (Event::Started, vec![start(Work::Begin)]),
        (Event::Begun(outline(&[2, 1])), vec![start(Work::Step(0)), start(Work::Step(1))]),
        (Event::Cancelled(Work::Step(0)), vec![]),
        (done(1), vec![Command::End]),
    ]);
    assert_eq!(state.outcome(), Outcome::Cancelled);
}

proptest! {
    #[test]
    fn every_step_runs_once_and_never_beside_another_phase(
        counts in prop::collection::vec(0..40_u32, 0..6),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 240),
    ) {
        let phase_of = |step: u32| {
            let mut first = 0;
            counts.iter().position(|count| { first += count; step < first })
        };
        let (mut state, mut commands) = step(State::default(), Event::Started);
        let (mut running, mut seen) = (Vec::new(), Vec::new());
        let mut picks = picks.into_iter();
        while !commands.contains(&Command::End) {
            for command in commands.drain(..) {
                if let Command::Do { work, .. } = command {
                    running.push(work);
                }
            }
            prop_assert!(running.len() <= MOST_SIDE_BY_SIDE && !running.is_empty());
            let phases: std::collections::BTreeSet<_> = running
                .iter()
                .map(|work| match work { Work::Step(step) => phase_of(*step), _ => None })
                .collect();
            prop_assert_eq!(phases.len(), 1);
            let pick = picks.next().map_or(0, |pick| pick.index(running.len()));
            let event = match running.swap_remove(pick) {
                Work::Begin => Event::Begun(outline(&counts)),
                Work::Step(step) => { seen.push(step); done(step) }
                Work::Finish => Event::Finished(ApplyReport::default()),
            };
            (state, commands) = step(state, event);
        }
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..counts.iter().sum()).collect::<Vec<u32>>());
        prop_assert!(matches!(state.outcome(), Outcome::Done(_)));
    }
}
