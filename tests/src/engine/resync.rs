//! A resync finds what digests and hashes cannot, keeps history, or loads anew.

use teal_activities::stream;
use teal_model::{Error, Result, release::Style};
use teal_proto::v1::{LoadReport, LoadRequest, ResyncReport, ResyncRequest};

use super::world::{Stream, World, dataset};

impl Stream {
    pub(super) async fn resync(
        &self,
        datasets: &[&str],
        discard_history: bool,
    ) -> Result<ResyncReport> {
        let request = ResyncRequest {
            stream: self.spec.id.to_string(),
            datasets: datasets.iter().map(|&name| name.to_owned()).collect(),
            discard_history,
            reason: "a test".into(),
            by: "me@here".into(),
            ..ResyncRequest::default()
        };
        stream::resync(&self.io, &request).await
    }

    async fn loaded(&self) -> LoadReport {
        let request = LoadRequest {
            stream: self.spec.id.to_string(),
            remembered_batch: 0,
            ..LoadRequest::default()
        };
        stream::load(&self.io, &request).await.unwrap()
    }
}

/// Two tables `a` and `b` with three rows each, loaded as batch 1.
pub(super) async fn two_tables(test: &str, style: Style) -> (World, Stream) {
    let world = World::new(test).await;
    for name in ["a", "b"] {
        let definition = format!(
            "create table {name} (id int primary key, v text);
             insert into {name} select g, 'v' || g from generate_series(1, 3) g"
        );
        world.bench.source.run(&definition).await;
    }
    let columns = [("id", "integer"), ("v", "text?")];
    let datasets = ["a", "b"].map(|name| dataset(name, &["id"], &columns));
    let stream = world.stream(style, &datasets).await;
    assert_eq!(stream.batch().await.inserted, 6);
    assert_eq!(stream.batch().await.staged_rows, 0); // the digests are there, nothing travels
    (world, stream)
}

#[tokio::test]
async fn a_row_that_somebody_damaged_by_hand_is_mended_although_its_hash_is_right() {
    let (world, stream) = two_tables("a_row_that_somebody_damaged_by_hand", Style::Live).await;
    let merge = &world.bench.merge;
    // a value, a missing row, a row too many: no digest of the source tells of them
    merge
        .run(
            "update live.shop__a set v = 'damaged' where id = 1;
             delete from live.shop__a where id = 2;
             insert into live.shop__a select 9, v, teal_batch, teal_hash from live.shop__a where id = 3;
             update live.shop__b set v = 'damaged' where id = 1",
        )
        .await;
    let usual = stream.batch().await;
    assert_eq!((usual.inserted, usual.updated, usual.deleted), (0, 0, 0));
    let asked = stream.resync(&["a"], false).await.unwrap();
    assert_eq!((asked.number, asked.resync.as_str()), (1, "compare every row of a"));
    let report = stream.batch().await;
    let counts = (report.inserted, report.updated, report.deleted, report.staged_rows);
    assert_eq!((counts, report.resync), ((1, 1, 1, 3), 1));
    let rows = |table: &'static str| async move {
        merge.rows(&format!("select id, v, teal_batch from live.shop__{table} order by id")).await
    };
    assert_eq!(rows("a").await, ["1|v1|4", "2|v2|4", "3|v3|1"]);
    assert_eq!(rows("b").await, ["1|damaged|1", "2|v2|1", "3|v3|1"]); // nobody asked for it
    let after = stream.batch().await;
    assert_eq!((after.staged_rows, after.resync), (0, 0)); // done once
    stream.resync(&[], false).await.unwrap();
    assert_eq!(stream.batch().await.updated, 1);
    assert_eq!(rows("b").await, ["1|v1|6", "2|v2|1", "3|v3|1"]);
    assert_eq!(merge.rows("select rows from teal.merge_table order by 1").await, ["3", "3"]);
}

#[tokio::test]
async fn a_resync_of_a_milestoned_table_adds_a_version_and_keeps_the_others() {
    let (world, stream) = two_tables("a_resync_of_a_milestoned_table", Style::Milestoned).await;
    let merge = &world.bench.merge;
    world.bench.source.run("update a set v = 'w1' where id = 1").await;
    assert_eq!(stream.batch().await.updated, 1);
    merge
        .run("update milestoned.shop__a set v = 'x' where id in (2, 1) and teal_batch_out > 9")
        .await;
    stream.resync(&[], false).await.unwrap();
    let report = stream.batch().await;
    assert_eq!((report.inserted, report.updated, report.deleted), (0, 2, 0));
    let rows = "select id, v, teal_batch_in, nullif(teal_batch_out, 2147483647)
                from milestoned.shop__a order by id, teal_batch_in";
    let expected = ["1|v1|1|2", "1|x|3|3", "1|w1|4|-", "2|x|1|3", "2|v2|4|-", "3|v3|1|-"];
    assert_eq!(merge.rows(rows).await, expected);
}

#[tokio::test]
async fn a_rebuild_takes_the_place_of_the_table_at_one_stroke() {
    let (world, stream) = two_tables("a_rebuild_takes_the_place", Style::Milestoned).await;
    let merge = &world.bench.merge;
    world.bench.source.run("update a set v = 'w1' where id = 1").await;
    assert_eq!(stream.batch().await.updated, 1);
    merge.run("create view public.theirs as select id from milestoned.shop__a").await;
    let asked = stream.resync(&["a"], true).await.unwrap();
    assert_eq!(asked.resync, "load a from zero");
    let refused = stream.ingest().await.unwrap_err();
    assert_eq!(refused.code().id, "DDL0001");
    assert!(refused.one_line().contains("public.theirs"), "{refused:?}");
    merge.run("drop view public.theirs").await;
    let ingested = stream.ingest().await.unwrap();
    assert_eq!((ingested.rows, ingested.first_load, ingested.resync), (3, true, 1));
    let rows = "select id, v, teal_batch_in from milestoned.shop__a order by id, teal_batch_in";
    let before = ["1|v1|1", "1|w1|3", "2|v2|1", "3|v3|1"];
    assert_eq!(merge.rows(rows).await, before); // until the merge
    assert_eq!(stream.merge(&ingested).await.unwrap().resync, 1);
    let batch = ingested.batch;
    let after = [format!("1|w1|{batch}"), format!("2|v2|{batch}"), format!("3|v3|{batch}")];
    assert_eq!(merge.rows(rows).await, after);
    assert_eq!(stream.staging().await, Vec::<String>::new());
    world.bench.source.run("delete from a where id = 3").await;
    let next = stream.batch().await;
    assert_eq!((next.inserted, next.deleted), (0, 1));
    let loads = "select batch from teal.batch where first_load and status = 'committed' order by 1";
    assert_eq!(merge.rows(loads).await, ["1".to_owned(), batch.to_string()]);
    let audit = "select verb, by_whom, reason, details->>'discard_history' from teal.audit";
    assert_eq!(merge.rows(audit).await, ["resync|me@here|a test|true"]);
}

#[tokio::test]
async fn a_rebuild_from_an_empty_source_parks_like_a_mass_delete() {
    let world = World::new("a_rebuild_from_an_empty_source").await;
    world
        .bench
        .source
        .run("create table t (id int primary key); insert into t select generate_series(1, 2000)")
        .await;
    let stream = world.stream(Style::Live, &[dataset("t", &["id"], &[("id", "integer")])]).await;
    stream.batch().await;
    world.bench.source.run("truncate t").await;
    stream.resync(&[], true).await.unwrap();
    let ingested = stream.ingest().await.unwrap();
    assert_eq!(stream.merge(&ingested).await.unwrap_err().code().id, "MERGE0002");
    assert_eq!(world.bench.merge.number("select count(*) from live.shop__t").await, 2_000);
    stream.abandon().await;
    assert_eq!(stream.loaded().await.resync_wanted, 1); // the wish stands until it is taken back
}

#[tokio::test]
async fn a_wish_stands_until_a_batch_that_did_it_is_committed_or_it_is_taken_back() {
    let (_world, stream) = two_tables("a_wish_stands_until", Style::Live).await;
    let code = |refused: Error| refused.code().id;
    assert_eq!(stream.resync(&["c"], false).await.map_err(code), Err("LEDGER0041"));
    let early = stream.ingest().await.unwrap();
    stream.resync(&["a"], false).await.unwrap();
    assert_eq!(stream.merge(&early).await.unwrap().resync, 0); // it had begun before
    let open = stream.loaded().await;
    assert_eq!((open.resync_wanted, open.resync.as_str()), (1, "compare every row of a"));
    let given_up = stream.ingest().await.unwrap();
    assert_eq!(given_up.resync, 1);
    stream.abandon().await;
    assert_eq!(stream.resync(&["b"], true).await.unwrap().wanted, 2);
    assert_eq!(stream.loaded().await.resync, "load b from zero, compare every row of a");
    let both = stream.batch().await;
    assert_eq!((both.resync, both.staged_rows), (2, 6));
    assert_eq!(stream.loaded().await.resync_wanted, 0);
    let cancel = ResyncRequest {
        stream: stream.spec.id.to_string(),
        cancel: true,
        ..ResyncRequest::default()
    };
    let none = stream::resync(&stream.io, &cancel).await;
    assert_eq!(none.map_err(code), Err("LEDGER0042"));
    stream.resync(&[], false).await.unwrap();
    let taken_back = stream::resync(&stream.io, &cancel).await.unwrap();
    assert_eq!((taken_back.cancelled, taken_back.wanted), (1, 0));
    assert_eq!(stream.batch().await.staged_rows, 0);
}
