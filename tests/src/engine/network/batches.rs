//! Batches.

use std::time::Instant;

use rand::{Rng, SeedableRng, rngs::StdRng};
use teal_activities::{Io, code};

use super::{Net, PATIENCE, passes};
use crate::testkit::{
    Fault, LIMIT, Proxy,
    Way::{Back, Out},
    When, eventually, seed,
};

#[tokio::test]
async fn a_source_that_is_cut_or_falls_silent_is_read_again() {
    let net = Net::new("a_source_that_is_cut_or_falls_silent").await;
    let moments = [
        ("settings of the session", When::Said(&["row_security"])),
        ("locking", When::Said(&["lock table"])),
        ("the first rows", When::Passed(Back, 20_000)),
        ("the last rows", When::Passed(Back, 550_000)),
    ];
    let mut met = 0;
    for (moment, when) in moments {
        for fault in [Fault::Cut, Fault::Stall, Fault::StallReply] {
            net.source.plan(when, fault);
            let error = net.ingest_fails(moment).await;
            assert_eq!(error.code(), code::PG0002, "{moment}, {fault:?}: {error:?}");
            met += 1;
            assert_eq!(net.source.struck(), met, "{moment}, {fault:?}");
        }
    }
    assert_eq!(net.goes_on().await.inserted, 4_000);
    net.is_sound(1).await;
    // a comparison of digests, whose answer is lost
    net.change(1).await;
    net.source.plan(When::Said(&["bit_xor"]), Fault::StallReply);
    net.ingest_fails("the digest").await;
    assert_eq!(net.goes_on().await.updated, 3_000);
    net.is_sound(2).await;
}

#[tokio::test]
async fn a_merge_store_that_is_cut_or_falls_silent_takes_the_rows_again() {
    let net = Net::new("a_merge_store_that_is_cut_or_falls_silent").await;
    let moments = [
        ("creating the staging table", When::Said(&["create "])),
        ("the first rows", When::Passed(Out, 100_000)),
        ("the last rows", When::Passed(Out, 500_000)),
        ("the end of the copy", When::Said(&["PGCOPY", "COMMIT"])),
    ];
    let mut met = 0;
    for (moment, when) in moments {
        for fault in [Fault::Cut, Fault::Stall, Fault::StallReply] {
            net.merge.plan(when, fault);
            let error = net.ingest_fails(moment).await;
            assert_eq!(error.code(), code::PG0002, "{moment}, {fault:?}: {error:?}");
            met += 1;
            assert_eq!(net.merge.struck(), met, "{moment}, {fault:?}");
        }
    }
    assert_eq!(net.goes_on().await.inserted, 4_000);
    net.is_sound(1).await;
}

#[tokio::test]
async fn a_merge_whose_answers_are_lost_is_there_once() {
    let net = Net::new("a_merge_whose_answers_are_lost").await;
    let merge = &net.world.bench.merge;
    // The first batch exchanges tables, later ones change rows.
    let moments: [(&str, &'static [&'static str], bool); 4] = [
        ("opening", &["teal."], false),
        ("its rows", &["begin read write", "ROLLBACK", "begin read write"], false),
        ("counting", &["update teal.batch_dataset"], false),
        ("its commit", &["update teal.batch_dataset", "COMMIT"], true),
    ];
    for (batch, (moment, words, is_commit)) in (1..).zip(moments.repeat(2)) {
        let committed = format!(
            "select count(*) from teal.batch where batch = {batch} and status = 'committed'"
        );
        for fault in [Fault::CutReply, Fault::StallReply] {
            let ingested = net.stream.ingest().await.unwrap();
            net.merge.plan(When::Said(words), fault);
            net.merge_fails(&ingested, moment).await;
            assert_eq!(merge.number(&committed).await, i64::from(is_commit), "{moment}, {fault:?}");
            if is_commit {
                let report = net.stream.merge(&ingested).await.unwrap();
                assert!(report.already_committed, "{moment}, {fault:?}: {report:?}");
                break;
            }
        }
        if !is_commit {
            net.goes_on().await;
        }
        net.is_sound(batch).await;
        net.change(usize::try_from(batch).unwrap()).await;
    }
}

#[tokio::test]
async fn a_catalog_that_is_cut_or_falls_silent_is_asked_again() {
    let net = Net::new("a_catalog_that_is_cut_or_falls_silent").await;
    let bench = &net.world.bench;
    let catalog = Proxy::to(bench.merge.place()).await;
    let options = bench.merge.options().host("127.0.0.1").port(catalog.port());
    let io = || Io::new(options.clone(), bench.credentials.store(), "test-worker", 4);
    for (moment, words) in [
        ("the stream", &["from teal.stream"]),
        ("the intent", &["from teal.intent"]),
        ("wishes", &["from teal.resync"]),
    ] {
        for fault in [Fault::Cut, Fault::Stall, Fault::StallReply] {
            catalog.plan(When::Said(words), fault);
            let started = Instant::now();
            let io = io().patient_for(PATIENCE);
            let ended = net.stream.ingest_with(&io).await;
            passes(&ended.expect_err(moment), started, moment);
        }
    }
    assert_eq!(catalog.struck(), 9);
    assert_eq!(net.goes_on().await.inserted, 4_000);
    net.is_sound(1).await;
}

#[tokio::test]
async fn a_network_that_swallows_everything_is_noticed() {
    let net = Net::new("a_network_that_swallows_everything").await;
    net.source.plan(When::Passed(Back, 20_000), Fault::Stall);
    let swallowing = async {
        net.source.until_struck(1).await;
        net.source.freeze(true); // nobody gets an answer any more, who looks for the reason included
    };
    let (error, ()) = tokio::join!(net.ingest_fails("a source that is away"), swallowing);
    assert!(error.one_line().contains("does not answer a new connection"), "{error:?}");
    net.source.freeze(false);
    let ingested = net.stream.ingest().await.unwrap();
    net.merge.freeze(true);
    net.merge_fails(&ingested, "a merge store that is away").await;
    net.merge.freeze(false);
    assert_eq!(net.stream.merge(&ingested).await.unwrap().inserted, 4_000);
    net.is_sound(1).await;
}

#[tokio::test]
async fn what_is_slow_is_left_alone() {
    // Longer than the patience: the network to and fro, a query that gives no row for a while.
    let view = "create function rest() returns int language sql as
            $$ select 4000 from pg_sleep(3) $$;
        create view t as select g as id, repeat(md5(g::text), 4) as v
            from generate_series(1, (select rest())) g";
    let net = Net::over("what_is_slow_is_left_alone", view).await;
    net.source.slow(500_000);
    net.merge.slow(500_000);
    let started = Instant::now();
    assert_eq!(net.goes_on().await.inserted, 4_000);
    assert!(started.elapsed() > 4 * PATIENCE, "{:?}: nothing was slow", started.elapsed());
    assert_eq!(net.stream.counts().await, (2, 0, 0, 0, 4_000), "the digest took its time, too");
}

#[tokio::test]
async fn images_arrive_once_whatever_the_network_does() {
    let net = Net::new("images_arrive_once_whatever_the_network_does").await;
    let seed = seed();
    let mut random = StdRng::seed_from_u64(seed);
    let (mut failed, mut committed) = (0, 0);
    for round in 0..24 {
        net.change(round).await;
        let proxy = if random.random() { &net.source } else { &net.merge };
        let way = if random.random() { Out } else { Back };
        let faults = [Fault::Cut, Fault::Cut, Fault::CutReply, Fault::Stall, Fault::StallReply];
        let fault = faults[random.random_range(0..faults.len())];
        // small numbers are more likely: most of what is said in a batch is said in few bytes
        let bytes = 2_u64.pow(random.random_range(6..20));
        proxy.plan(When::Passed(way, bytes), fault);
        let told = format!("seed {seed}, round {round}: {fault:?} after {bytes} bytes {way:?}");
        let started = Instant::now();
        match net.attempt().await {
            Ok(_report) => committed += 1,
            Err(error) => {
                passes(&error, started, &told);
                failed += 1;
            }
        }
    }
    assert!(failed > 5 && committed > 2, "{failed} failed, {committed} committed");
    net.world.bench.source.run("update t set v = v || 'last'").await;
    eventually("the last batch", LIMIT, || async { net.attempt().await.ok() }).await;
    assert_eq!(net.stream.verified().await.complaints(), "");
}
