//! A source that changes is not damage: what outlives a batch is.

use teal_activities::{
    pulse::Still,
    verify::{Options, Report, Standing, Verifier},
};
use teal_model::{Result, release::Style};

use super::{THINGS, lived, things};
use crate::{
    engine::world::{Stream, World, dataset},
    testkit::{Bench, merge_db, newest_db, source_db},
};

impl Stream {
    async fn verifier(&self) -> Verifier<'_> {
        Verifier::open(&self.io, &self.spec.id, &Options::default()).await.unwrap()
    }
}

async fn first(verifier: &mut Verifier<'_>) -> Report {
    verifier.first_look(&Still::default()).await.unwrap()
}

async fn second(verifier: &mut Verifier<'_>) -> Result<Report> {
    verifier.second_look(&Still::default()).await
}

#[tokio::test]
async fn changes_of_the_source_are_told_from_damage_by_a_batch() {
    for style in [Style::Live, Style::Milestoned] {
        let (world, stream) = lived("changes_of_the_source_are_told_from_damage", style).await;
        let (source, merge) = (&world.bench.source, &world.bench.merge);
        let table = &stream.spec.datasets[0].table;
        merge.run(&format!("update {table} set note = 'damaged' where id in (1, 5)")).await;
        source
            .run(
                "update things set note = 'new' where id in (1, 2); delete from things where id = 6;
                 insert into things values (8, 'a', 1, '')",
            )
            .await;
        let mut verifier = stream.verifier().await;
        let seen = first(&mut verifier).await;
        let counts = seen.datasets[0].counts;
        assert_eq!((counts.missing, counts.extra, counts.different), (1, 1, 3), "{seen:?}");
        assert!(seen.standing == Standing::Seen && seen.needs_batch() && !seen.is_sound());
        let early = second(&mut verifier).await.unwrap_err();
        assert_eq!(early.code().id, "VERIFY0002");
        stream.batch().await;
        source.run("update things set note = 'newer' where id = 2").await;
        let report = second(&mut verifier).await.unwrap();
        assert_eq!(report.complaints(), "things: 1 different; different id = 5, part = a: note");
        assert_eq!((report.standing, report.datasets[0].moving), (Standing::Confirmed, 1));
    }
}

#[tokio::test]
async fn a_batch_that_began_before_the_first_look_confirms_nothing() {
    let (world, stream) = lived("a_batch_that_began_before_the_first_look", Style::Live).await;
    let ingested = stream.ingest().await.unwrap();
    world.bench.source.run("update things set note = 'new' where id = 1").await;
    let mut verifier = stream.verifier().await;
    assert_eq!(first(&mut verifier).await.datasets[0].counts.different, 1);
    stream.merge(&ingested).await.unwrap();
    assert_eq!(second(&mut verifier).await.unwrap_err().code().id, "VERIFY0002");
    stream.batch().await;
    assert_eq!(second(&mut verifier).await.unwrap().complaints(), "");
}

#[tokio::test]
async fn an_open_batch_that_begins_once_more_confirms() {
    let (world, stream) = lived("an_open_batch_that_begins_once_more", Style::Live).await;
    let lost = stream.ingest().await.unwrap();
    world.bench.merge.run("update live.shop__things set note = 'damaged' where id = 5").await;
    let mut verifier = stream.verifier().await;
    assert!(first(&mut verifier).await.needs_batch());
    // its staging is lost, and the same number is read again under a new epoch
    world.bench.merge.run("update teal.batch set epoch = 1 where status = 'ingested'").await;
    let again = stream.ingest().await.unwrap();
    assert_eq!(again.batch, lost.batch);
    stream.merge(&again).await.unwrap();
    assert_eq!(second(&mut verifier).await.unwrap().datasets[0].counts.different, 1);
}

#[tokio::test]
async fn tables_that_change_between_two_looks_are_not_compared() {
    let (world, stream) = lived("tables_that_change_between_two_looks", Style::Live).await;
    let mut verifier = stream.verifier().await;
    first(&mut verifier).await;
    let layout = "update teal.merge_table set layout = layout #- '{columns,3}'";
    world.bench.merge.run(layout).await;
    assert_eq!(second(&mut verifier).await.unwrap_err().code().id, "VERIFY0001");
}

#[tokio::test]
async fn a_dataset_that_waits_for_its_first_load_is_not_sound_yet() {
    let world = World::new("a_dataset_that_waits_for_its_first_load").await;
    world.bench.source.run(THINGS).await;
    world.bench.source.run("insert into things values (1, 'a', 1, '')").await;
    let stream = world.stream(Style::Live, &[things()]).await;
    let mut verifier = stream.verifier().await;
    let seen = first(&mut verifier).await;
    assert!(seen.needs_batch(), "{seen:?}");
    assert_eq!(seen.complaints(), "things: not loaded");
    stream.batch().await;
    assert_eq!(second(&mut verifier).await.unwrap().complaints(), "");
}

#[tokio::test]
async fn servers_of_two_versions_agree_and_other_hash_functions_cost_time_only() {
    let test = "servers_of_two_versions_agree";
    let world = World::over(Bench::over(source_db(test).await, newest_db(test).await)).await;
    let (source, merge) = (&world.bench.source, &world.bench.merge);
    source.run(THINGS).await;
    source
        .run("insert into things select g, 'a', g, 'n' || g from generate_series(1, 900) g")
        .await;
    let stream = world.stream(Style::Live, &[things()]).await;
    stream.batch().await;
    assert_eq!(stream.verified().await.complaints(), "");
    // as a server would whose version computes hashes in another way
    source
        .run(&format!(
            "create function hash_record_extended(fields record, seed bigint) returns bigint
             language plpgsql immutable as
             $$ begin return pg_catalog.hash_record_extended(fields, seed + 4711); end $$;
             alter database \"{}\" set search_path = public, pg_catalog",
            source.name
        ))
        .await;
    assert_eq!(stream.verified().await.datasets[0].counts.hash, 900); // no batch has met it yet
    assert_eq!(stream.batch().await.staged_rows, 900);
    assert_eq!(stream.verified().await.complaints(), "");
    merge.run("update live.shop__things set note = 'damaged' where id = 17").await;
    let found = stream.verified().await.complaints();
    assert_eq!(found, "things: 1 different; different id = 17, part = a: note");
}

#[tokio::test]
async fn much_damage_is_counted_and_little_of_it_is_listed() {
    let test = "much_damage_is_counted";
    let world = World::over(Bench::over(newest_db(test).await, merge_db(test).await)).await;
    let (source, merge) = (&world.bench.source, &world.bench.merge);
    source.run("create table t (id int primary key, v text)").await;
    source.run("insert into t select g, 'v' from generate_series(1, 30000) g").await;
    let spec = dataset("t", &["id"], &[("id", "integer"), ("v", "text?")]);
    let stream = world.stream(Style::Milestoned, &[spec]).await;
    stream.batch().await;
    merge
        .run(
            "update milestoned.shop__t set v = 'x' where id % 2 = 0 and id < 24001;
             delete from milestoned.shop__t where id > 25000;
             insert into milestoned.shop__t
             select g, 'v', 1, 2147483647, 0 from generate_series(40001, 41000) g",
        )
        .await;
    let report = stream.verified_within(&Options { limit: 3, ..Options::default() }).await;
    let found = &report.datasets[0];
    let counts = found.counts;
    assert_eq!((counts.missing, counts.extra, counts.different), (5_000, 1_000, 12_000));
    let listed: Vec<String> = found.differences.iter().map(ToString::to_string).collect();
    assert_eq!(listed, ["different id = 2: v", "different id = 4: v", "different id = 6: v"]);
    assert_eq!(found.faults.iter().map(|fault| fault.samples.len()).max(), Some(1));
}
