//! A merge store whose disk is full: as its server says it, SQLSTATE 53100.

use super::town::Town;

const FULL: &str = "raise exception 'could not extend file: No space left on device'
    using errcode = '53100'";

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_parks_the_stream_and_leaves_nothing_half_done() {
    let (town, _worker) = Town::running("a_full_disk_parks_the_stream", "{every: 1s}").await;
    let (merge, table) = (&town.shop.merge, town.people());
    merge
        .run(&format!(
            "create function full_row() returns trigger language plpgsql as $$ begin {FULL}; end $$;
             create function full_table() returns event_trigger language plpgsql as $$ begin
             if exists (select from pg_event_trigger_ddl_commands() where schema_name = 'teal_staging')
             then {FULL}; end if; end $$"
        ))
        .await;
    let places = [
        (
            "staging",
            "create event trigger full_disk on ddl_command_end when tag in ('CREATE TABLE')
             execute function full_table()"
                .to_owned(),
            "drop event trigger full_disk".to_owned(),
        ),
        (
            "merge",
            format!("create trigger full_disk before insert on {table} for each row execute function full_row()"),
            format!("drop trigger full_disk on {table}"),
        ),
        (
            "commit",
            format!(
                "create constraint trigger full_disk after insert on {table} deferrable initially deferred
                 for each row execute function full_row()"
            ),
            format!("drop trigger full_disk on {table}"),
        ),
    ];
    for (round, (place, fill, free)) in (1..).zip(places) {
        merge.run(&fill).await;
        let rows = merge.number(&format!("select count(*) from {table}")).await;
        town.change(round).await;
        let parked = |status: &_| {
            matches!(status, teal_proto::v1::StreamStatus { state, failures, .. }
            if state == "failing" && *failures >= 2)
        };
        let status = town.until(place, parked).await;
        let failure = status.last_failure.unwrap();
        assert_eq!((failure.code.as_str(), failure.kind.as_str()), ("PG0006", "config"), "{place}");
        assert!(failure.message.contains("No space left on device"), "{failure:?}");
        assert_eq!(merge.number(&format!("select count(*) from {table}")).await, rows, "{place}");
        merge.run(&free).await;
        town.committed_after(status.last_batch).await;
        town.is_sound().await;
    }
    let left = "select count(*) from pg_class where relnamespace = 'teal_staging'::regnamespace
                and relkind = 'r'";
    town.until_row("staging to be empty", &format!("select ({left}) = 0")).await;
}
