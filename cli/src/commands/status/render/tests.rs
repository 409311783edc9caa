use jiff::{Timestamp, tz::TimeZone};
use teal_activities::catalog::status::{BatchRow, DatasetRow, ProgressRow, StreamStatusRow};
use teal_proto::v1::Failure;

use super::{detail, overview};
use crate::ui::{style::plain, units::Clock};

fn at(second: i64) -> Option<Timestamp> {
    Timestamp::from_second(1_700_000_000 + second).ok()
}

fn clock() -> Clock {
    Clock::at(at(0).unwrap(), TimeZone::UTC)
}

fn committed() -> BatchRow {
    BatchRow {
        batch: 12,
        status: "committed".into(),
        attempts: 1,
        first_load: false,
        worker: "w1".into(),
        started_at: at(-62),
        ingested_at: at(-61),
        committed_at: at(-60),
        source_read_at: at(-62),
        staged_rows: 120_000,
        staged_bytes: 9_000_000,
        inserted: 9,
        updated: 4_000,
        deleted: 1,
        unchanged: 7,
        ingest_ms: Some(400),
        merge_ms: Some(200),
        failure: None,
        datasets: Vec::new(),
    }
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
        style: "live".into(),
        team: "retail/online".into(),
        services: "main".into(),
        schedule: "every 1 min".into(),
        ingest_class: "small".into(),
        merge_class: "large".into(),
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
        open_batch: Some(BatchRow { batch: 13, status: "started".into(), ..committed() }),
        progress: Some(ProgressRow {
            rows: 300_000,
            bytes: 52_428_800,
            total_rows: Some(1_000_000),
            at: at(0).unwrap(),
        }),
        ..waiting()
    }
}

#[test]
fn the_overview_names_every_stream_and_what_to_do() {
    let streams = [failing(), waiting(), pausing()];
    insta::assert_snapshot!(plain(&overview(&streams, &clock())));
}

#[test]
fn the_detail_shows_tables_and_batches() {
    insta::assert_snapshot!(plain(&detail(&pausing(), &[committed(), failed()], &clock())));
}
