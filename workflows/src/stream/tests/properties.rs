//! No history, however random, breaks a rule.

use proptest::prelude::*;
use teal_model::Kind;

use super::super::{
    Command::{Cancel, Close},
    Intent,
};
use super::{
    Command, EPOCH, Event, IngestReport, LoadReport, MergeReport, PERIOD_MS, State, StreamCarry,
    Work, failed, ingested, load, merged, reconciled, step,
};

/// What the world may do next; the activity that runs is answered in some way, or a person speaks.
#[derive(Debug, Clone)]
enum Turn {
    Succeed,
    Fail(Kind),
    /// The worker dies after it staged the batch and before it says so.
    DieStaged,
    /// Another process staged a batch, a while ago.
    StagedByOther,
    Cancelled,
    Say(Event),
    Pass(i64),
    Stray(Event),
    Wish,
    Reset,
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let kind = prop_oneof![
        3 => Just(Kind::Transient),
        1 => Just(Kind::Data),
        1 => Just(Kind::Config),
        1 => Just(Kind::Fenced),
        1 => Just(Kind::Bug),
    ];
    let said = prop_oneof![
        4 => any::<bool>().prop_map(|accept_deletes| Event::RunNow { accept_deletes }),
        2 => Just(Event::Pause),
        3 => Just(Event::Resume),
        2 => Just(Event::Reload),
        2 => Just(Event::Retry),
        1 => Just(Event::Retire),
    ];
    let stray = prop_oneof![
        Just(Event::Due),
        Just(Event::Retired),
        Just(Event::Noted(Some(5))),
        Just(merged(9, 9)),
        Just(load("run", 3)),
        Just(reconciled("x")),
    ];
    let turn = prop_oneof![
        8 => Just(Turn::Succeed),
        2 => kind.prop_map(Turn::Fail),
        1 => Just(Turn::DieStaged),
        1 => Just(Turn::StagedByOther),
        1 => Just(Turn::Cancelled),
        3 => said.prop_map(Turn::Say),
        3 => (0..2 * PERIOD_MS).prop_map(Turn::Pass),
        1 => stray.prop_map(Turn::Stray),
        1 => Just(Turn::Wish),
        1 => Just(Turn::Reset),
    ];
    prop::collection::vec(turn, 1..120)
}

/// Plays the driver and the activities, and checks at each step what must never happen.
struct World {
    state: State,
    now: i64,
    running: Option<Work>,
    intent: Intent,
    next_batch: u32,
    staged: Option<u32>,
    /// Tickets that were handed out before what is staged was read.
    image: u64,
    /// Those that were handed out when the running ingest began.
    asked: u64,
    /// ... and of what was just merged.
    merged_image: Option<u64>,
    closed: bool,
    ingests: u32,
    /// Newest resync that people asked for, that the open batch does, that is done.
    wanted: u64,
    serving: u64,
    served: u64,
    /// The running ingest or merge lost its batch.
    fenced: bool,
    /// How far behind the clock is when an activity ends.
    lag: i64,
    /// What happened, when, and what followed.
    happened: Vec<(i64, Event, Vec<Command>)>,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            state: State::new("live/shop", &StreamCarry::default(), 0),
            now: 1, // 0 means that nobody said a time
            running: None,
            intent: Intent::Run,
            next_batch: 1,
            staged: None,
            image: 0,
            asked: 0,
            merged_image: None,
            closed: false,
            ingests: 0,
            wanted: 0,
            serving: 0,
            served: 0,
            fenced: false,
            lag: 0,
            happened: Vec::new(),
        };
        world.feed(Event::Started);
        world
    }

    fn feed(&mut self, event: Event) {
        // as the driver: a timer's time is the one it was armed for
        let armed_for = (event == Event::Due).then(|| self.state.deadline()).flatten();
        let lag = if ends_an_activity(&event) { self.lag } else { 0 };
        let at_ms = armed_for.unwrap_or(self.now - lag);
        let served = self.state.runs.served;
        self.state.runs.by_image |= self.state.turns_on_image(&event); // as the driver
        let (state, commands) = step(self.state.clone(), at_ms, event.clone());
        self.state = state;
        if let Event::Merged(_) = event
            && let Some(image) = self.merged_image.take()
        {
            let now = self.state.runs.served;
            assert!(now <= served.max(image), "{now} tickets served by an image for {image}");
        }
        self.happened.push((self.now, event, commands.clone()));
        for command in commands {
            assert!(!self.closed, "{command:?} after the end");
            match command {
                Command::Do { work, accept_deletes } => {
                    assert_eq!(self.running, None, "{work:?} while another one runs");
                    if let Work::Merge { batch, .. } = work {
                        assert_eq!(self.staged, Some(batch), "merge of what is not staged");
                        let accepted = self.state.runs.accept;
                        assert!(!accept_deletes || accepted <= self.image, "a later permission");
                    }
                    if work == Work::Ingest {
                        assert_eq!(self.intent, Intent::Run, "a batch against a person's intent");
                        self.ingests += 1;
                        self.asked = self.state.runs.requested;
                        if self.staged.is_none() {
                            self.serving = self.wanted;
                        }
                    }
                    self.running = Some(work);
                }
                Cancel => assert!(
                    matches!(self.running, Some(Work::Ingest | Work::Merge { .. })),
                    "cancel of nothing"
                ),
                Command::Note { abandon } => {
                    if abandon {
                        self.staged = None;
                    }
                    let due = self.now + PERIOD_MS;
                    self.feed(Event::Noted(Some(due)));
                }
                Close => self.closed = true,
            }
        }
    }

    fn check(&self) {
        assert_eq!(self.state.is_idle(), self.running.is_none(), "{:?}", self.state.stage);
        let runs = self.state.runs;
        assert!(runs.served <= runs.serving && runs.serving <= runs.requested, "{runs:?}");
    }

    /// What the catalog has of resyncs, for a load.
    fn open_wish(&self) -> u64 {
        if self.wanted > self.served { self.wanted } else { 0 }
    }

    fn turn(&mut self, turn: Turn) {
        match turn {
            Turn::Wish => {
                self.wanted += 1;
                self.feed(Event::Wishes { wanted: self.wanted, words: "all".into() });
                self.feed(Event::RunNow { accept_deletes: false });
            }
            // the ledger knows whether a batch is open: a staged one, or one that is being read
            Turn::Reset => {
                if self.staged.is_some() || self.running == Some(Work::Ingest) {
                    self.next_batch = self.staged.unwrap_or(self.next_batch) + 1;
                    self.staged = None;
                    self.fenced |= self.running.is_some_and(|work| work != Work::Load);
                    self.feed(Event::Reset);
                }
            }
            Turn::Succeed => self.succeed(),
            Turn::Fail(kind) => {
                self.fenced = false;
                if self.running.take().is_some() {
                    self.feed(failed(kind));
                }
            }
            Turn::StagedByOther => {
                if self.staged.is_none() && !matches!(self.running, Some(Work::Merge { .. })) {
                    self.asked = self.state.runs.served;
                    self.stage();
                }
            }
            Turn::DieStaged => {
                if self.running == Some(Work::Ingest) && !self.fenced {
                    self.running = None;
                    self.stage();
                    self.feed(failed(Kind::Transient));
                }
            }
            Turn::Cancelled => {
                self.fenced = false;
                if self.running.take().is_some() {
                    self.feed(Event::Cancelled);
                }
            }
            Turn::Say(event) => {
                match (&event, self.intent) {
                    (Event::Retire, _) => self.intent = Intent::Retired,
                    (Event::Pause, Intent::Run) => self.intent = Intent::Paused,
                    (Event::Resume, Intent::Paused) => self.intent = Intent::Run,
                    _ => {}
                }
                self.feed(event);
            }
            Turn::Pass(ms) => {
                self.now += ms;
                if self.state.deadline().is_some_and(|deadline| deadline <= self.now) {
                    self.feed(Event::Due);
                }
            }
            // an answer that does not belong to what runs
            Turn::Stray(event) => {
                let belongs = matches!(
                    (&event, self.running),
                    (Event::Loaded(_), Some(Work::Load))
                        | (Event::Reconciled(_), Some(Work::Reconcile))
                        | (Event::Merged(_), Some(Work::Merge { .. }))
                        | (Event::Retired, Some(Work::Retire))
                );
                if !belongs {
                    self.feed(timed(event, self.now));
                }
            }
        }
    }

    /// What is staged stays; else the source is read.
    fn stage(&mut self) -> u32 {
        if self.staged.is_none() {
            self.image = self.asked;
        }
        let batch = self.staged.unwrap_or(self.next_batch);
        self.next_batch = batch + 1;
        self.staged = Some(batch);
        batch
    }

    fn succeed(&mut self) {
        let Some(work) = self.running.take() else { return };
        if std::mem::take(&mut self.fenced) && matches!(work, Work::Ingest | Work::Merge { .. }) {
            return self.feed(failed(Kind::Fenced));
        }
        let event = match work {
            Work::Load => Event::Loaded(Box::new(LoadReport {
                intent: match self.intent {
                    Intent::Run => "run".into(),
                    Intent::Paused => "paused".into(),
                    Intent::Retired => "retired".into(),
                },
                config_hash: "h".into(),
                needs_reconcile: self.state.running_hash.is_empty(),
                next_due_at_ms: self.now + PERIOD_MS / 2,
                period_seconds: 60,
                open_batch: self.staged.unwrap_or(0),
                open_epoch: EPOCH,
                open_status: if self.staged.is_some() { "ingested".into() } else { String::new() },
                last_batch: self.state.last_batch,
                resync_wanted: self.open_wish(),
                resync_served: self.served,
                read_at_ms: self.now,
                ..LoadReport::default()
            })),
            Work::Reconcile => reconciled("h"),
            Work::Ingest => {
                let staged_before = self.staged.is_some();
                let batch = self.stage();
                let Event::Ingested(report) = ingested(batch) else { unreachable!("it is one") };
                Event::Ingested(IngestReport { staged_before, ..report })
            }
            Work::Merge { batch, .. } => {
                self.staged = None;
                self.merged_image = Some(self.image);
                self.served = self.served.max(self.serving);
                Event::Merged(MergeReport {
                    batch,
                    next_due_at_ms: self.now + PERIOD_MS,
                    resync: self.serving,
                    now_ms: self.now,
                    ..MergeReport::default()
                })
            }
            Work::Retire => Event::Retired,
        };
        self.feed(event);
    }
}

/// With the time that an activity's report has.
fn timed(mut event: Event, now: i64) -> Event {
    match &mut event {
        Event::Loaded(report) => report.read_at_ms = now,
        Event::Merged(report) => report.now_ms = now,
        _ => {}
    }
    event
}

const fn ends_an_activity(event: &Event) -> bool {
    matches!(
        event,
        Event::Loaded(_)
            | Event::Reconciled(_)
            | Event::Ingested(_)
            | Event::Merged(_)
            | Event::Retired
            | Event::Failed(_)
            | Event::Cancelled
            | Event::Noted(_)
    )
}

proptest! {
    /// A worker that is asked how the stream is may see the end of an activity under the clock of an
    /// earlier moment; whoever replays it sees the right one.
    #[test]
    fn the_clock_at_the_end_of_an_activity_changes_no_command(
        turns in turns(),
        lag in 1..100 * PERIOD_MS,
    ) {
        let mut world = World { lag, ..World::new() };
        for turn in turns {
            world.turn(turn);
        }
        let mut replay = State::new("live/shop", &StreamCarry::default(), 0);
        for (number, (now, event, ordered)) in world.happened.into_iter().enumerate() {
            let armed_for = (event == Event::Due).then(|| replay.deadline()).flatten();
            let text = format!("{number}: {event:?}");
            replay.runs.by_image |= replay.turns_on_image(&event);
            let (state, commands) = step(replay, armed_for.unwrap_or(now), event);
            prop_assert_eq!(commands, ordered, "{}", text);
            replay = state;
        }
    }

    #[test]
    fn no_history_breaks_a_rule_and_every_request_is_served_in_the_end(turns in turns()) {
        let mut world = World::new();
        for turn in turns {
            world.turn(turn);
            world.check();
        }
        if world.intent == Intent::Paused {
            world.intent = Intent::Run;
            world.feed(Event::Resume);
        }
        world.feed(Event::RunNow { accept_deletes: false });
        for _ in 0..40 {
            world.turn(Turn::Pass(20 * PERIOD_MS));
            world.turn(Turn::Succeed);
        }
        let runs = world.state.runs;
        prop_assert!(world.closed == (world.intent == Intent::Retired));
        prop_assert!(world.closed || runs.served == runs.requested, "{runs:?} {:?}", world.state.stage);
        prop_assert!(world.closed || world.served == world.wanted, "{:?}", world.state.resync);
        prop_assert!(world.closed || world.state.resync.wanted == 0, "{:?}", world.state.resync);
    }

    #[test]
    fn state_survives_continue_as_new_at_any_idle_moment(turns in turns()) {
        let mut world = World::new();
        for turn in turns {
            world.turn(turn);
            world.check();
            if world.state.is_idle() && !world.closed && !world.state.reload {
                let carry = world.state.carry();
                let json = serde_json::to_string(&carry).unwrap();
                prop_assert!(json.len() < 2_000);
                world.state = State::new("live/shop", &serde_json::from_str(&json).unwrap(), world.now);
                world.feed(Event::Started);
            }
        }
    }
}
