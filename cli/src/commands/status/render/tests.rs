use std::{collections::BTreeMap, time::Duration};

use jiff::{Timestamp, tz::TimeZone};
use teal_activities::catalog::status::{
    BatchRow, By, DatasetRow, Left, ObjectiveRow, ProgressRow, StreamStatusRow, Verdict,
};
use teal_proto::v1::Failure;
use teal_temporal::{
    Presence, Seen,
    look::{End, PendingActivity, Stuck},
};

use super::{
    super::{
        check::Broken,
        runtime::{Runtime, Told},
    },
    View, check, detail, overview,
};
use crate::ui::{
    batch::sample::{at, committed},
    style::plain,
    units::Clock,
};

fn clock() -> Clock {
    Clock::at(at(0).unwrap(), TimeZone::UTC)
}

fn failed() -> BatchRow {
    BatchRow {
        batch: 11,
        status: "failed".into(),
        attempts: 4,
        started_at: at(-86_400),
        staged_rows: 0,
        inserted: 0,
        updated: 0,
        deleted: 0,
        ingest_ms: None,
        merge_ms: None,
        failure: failing().failure,
        ..committed()
    }
}

fn waiting() -> StreamStatusRow {
    StreamStatusRow {
        stream: "live/shop".into(),
        stream_id: 1,
        workflow: "stream/live/shop".into(),
        style: "live".into(),
        team: "retail/online".into(),
        services: "main".into(),
        schedule: "every 1 min".into(),
        ingest_class: "small".into(),
        ingest_queue: "teal/main/small".into(),
        merge_class: "large".into(),
        merge_queue: "teal/main/large".into(),
        state: "waiting".into(),
        since_at: at(-60),
        wanted: "run".into(),
        wanted_reason: String::new(),
        wanted_by: String::new(),
        wanted_at: None,
        reconciled: true,
        incarnation: 1,
        rows: 1_200_000,
        datasets: vec![
            DatasetRow {
                dataset: "orders".into(),
                table: "live.shop__orders".into(),
                rows: 1_200_000,
                loaded: true,
            },
            DatasetRow {
                dataset: "people".into(),
                table: "live.shop__people".into(),
                rows: 0,
                loaded: false,
            },
        ],
        last_batch: Some(committed()),
        open_batch: None,
        progress: None,
        source_read_at: at(-62),
        lag_ms: Some(61_500),
        next_due_at: at(30),
        resync: None,
        failures: 0,
        failure: None,
        failed_at: None,
    }
}

fn failing() -> StreamStatusRow {
    StreamStatusRow {
        stream: "history/shop/orders".into(),
        state: "failing".into(),
        since_at: at(-7_200),
        last_batch: None,
        lag_ms: None,
        failures: 3,
        failed_at: at(-5),
        failure: Some(Failure {
            code: "PG0007".into(),
            message: "[PG0007] an object is missing (while: reading): no table \"orders\"".into(),
            help: "compare the model with the database".into(),
            ..Failure::default()
        }),
        ..waiting()
    }
}

fn pausing() -> StreamStatusRow {
    StreamStatusRow {
        stream: "live/web".into(),
        state: "ingesting".into(),
        wanted: "paused".into(),
        wanted_by: "ann@desk".into(),
        wanted_reason: "source is being upgraded".into(),
        wanted_at: at(-300),
        open_batch: Some(BatchRow { batch: 13, status: "started".into(), ..committed() }),
        progress: Some(ProgressRow {
            doing: "copying orders".into(),
            rows: 300_000,
            bytes: 52_428_800,
            total_rows: Some(1_000_000),
            at: at(0).unwrap(),
            left: Some(Left { ms: 125_000, by: By::ThisBatch }),
        }),
        ..waiting()
    }
}

fn merging() -> StreamStatusRow {
    let open = BatchRow { batch: 13, status: "ingested".into(), attempts: 2, ..committed() };
    let left = None;
    StreamStatusRow {
        state: "merging".into(),
        open_batch: Some(open),
        progress: Some(ProgressRow {
            doing: "merging".into(),
            rows: 0,
            bytes: 0,
            total_rows: Some(120_000),
            at: at(0).unwrap(),
            left,
        }),
        ..waiting()
    }
}

fn objective(stream: &str, verdict: Verdict, lag_ms: Option<u64>, late_ms: u64) -> ObjectiveRow {
    ObjectiveRow {
        workspace: "reporting".into(),
        group: "core".into(),
        store: "shop".into(),
        dataset: "orders".into(),
        view: "reporting.core__shop__orders".into(),
        stream: stream.into(),
        state: "waiting".into(),
        latency_ms: 300_000,
        lag_ms,
        late_ms,
        verdict,
    }
}

/// One workflow was terminated, one waits for a worker, and nobody polls the large class.
fn told() -> Runtime {
    let ended = End {
        how: "terminated".into(),
        at_ms: at(-180).map(Timestamp::as_millisecond),
        reason: "too slow".into(),
        by: "temporal-cli:bob@desk".into(),
    };
    let activity = PendingActivity {
        name: "stream.merge".into(),
        attempt: 3,
        scheduled_at_ms: at(-30).map(Timestamp::as_millisecond),
        failure: "activity Heartbeat timeout".into(),
        ..PendingActivity::default()
    };
    let polled = Presence {
        pollers: 2,
        newest_poll: Some(Duration::from_secs(3)),
        identities: vec!["teal worker 1@a".into(), "teal worker 2@b".into()],
    };
    Runtime::Told(Told {
        address: "http://127.0.0.1:7233/".into(),
        namespace: "default".into(),
        seen: BTreeMap::from([
            ("live/shop".to_owned(), Seen::Open(Some(activity))),
            ("live/web".to_owned(), Seen::Closed(ended)),
        ]),
        queues: BTreeMap::from([
            ("teal/main/small".to_owned(), polled),
            ("teal/main/large".to_owned(), Presence::default()),
            ("teal/main/workflows".to_owned(), Presence::default()),
        ]),
    })
}

fn view(runtime: &Runtime, width: Option<u16>) -> View<'_> {
    let ui = Some("http://127.0.0.1:8233".to_owned());
    View { clock: clock(), width, ui, runtime }
}

#[test]
fn the_overview_names_every_stream_and_what_to_do() {
    let streams = [failing(), waiting(), pausing()];
    insta::assert_snapshot!(plain(&overview(&streams, &view(&Runtime::NotAsked, None))));
}

#[test]
fn the_overview_tells_what_temporal_said_and_fits_a_narrow_terminal() {
    let streams = [failing(), waiting(), pausing()];
    insta::assert_snapshot!(plain(&overview(&streams, &view(&told(), Some(70)))));
}

#[test]
fn a_workflow_that_cannot_go_on_is_told_with_its_reason_and_what_to_do() {
    let stuck = Stuck {
        attempt: 9,
        since_ms: at(-180).map(Timestamp::as_millisecond),
        reason: "[TMPRL1100] Nondeterminism error: TimerStarted".into(),
        by: "teal worker 1@a".into(),
    };
    let seen = BTreeMap::from([("live/shop".to_owned(), Seen::Stuck(stuck))]);
    let runtime = Runtime::Told(Told { seen, ..Told::default() });
    let stream = waiting();
    insta::assert_snapshot!(plain(&overview(&[stream], &view(&runtime, None))));
}

#[test]
fn a_silent_temporal_is_said_once() {
    let silent = Runtime::Silent {
        address: "http://127.0.0.1:7233/".into(),
        why: "connection refused".into(),
    };
    let shown = plain(&overview(&[waiting(), pausing()], &view(&silent, None)));
    assert_eq!(shown.matches("does not answer").count(), 1, "{shown}");
    assert!(shown.contains("http://127.0.0.1:7233/") && shown.contains("refused"), "{shown}");
}

#[test]
fn the_detail_shows_tables_and_batches() {
    let (runtime, batches) = (Runtime::NotAsked, [committed(), failed()]);
    let met = [objective("live/web", Verdict::Paused, Some(60_000), 0)];
    insta::assert_snapshot!(plain(&detail(&pausing(), &met, &batches, &view(&runtime, None))));
}

#[test]
fn the_detail_of_a_stuck_merge_says_what_it_waits_for() {
    let late = [objective("live/shop", Verdict::Late, Some(420_000), 120_000)];
    let text = detail(&merging(), &late, &[committed()], &view(&told(), Some(72)));
    insta::assert_snapshot!(plain(&text));
}

#[test]
fn the_check_lists_what_is_broken_and_who_paused_it() {
    let streams = [failing(), waiting(), pausing()];
    let objectives = [
        objective("live/shop", Verdict::Met, Some(1), 0),
        objective("live/shop", Verdict::Late, Some(480_000), 180_000),
        objective("live/shop", Verdict::NotLoaded, None, 0),
        objective("live/web", Verdict::Paused, Some(1_000), 0),
        objective("live/crm", Verdict::Ignored, None, 0),
    ];
    let failure = failing().failure.unwrap();
    let broken = [
        Broken {
            stream: "history/shop/orders".into(),
            why: "failing",
            code: failure.code,
            message: failure.message,
        },
        Broken {
            stream: "live/crm".into(),
            why: "no_workflow",
            code: String::new(),
            message: "has no workflow".into(),
        },
    ];
    let runtime = Runtime::NotAsked;
    let text = check::trouble(&objectives, &streams, &broken, &view(&runtime, None));
    insta::assert_snapshot!(plain(&text));
}
