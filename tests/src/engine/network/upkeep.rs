//! Tables that are altered, batches that are given up, streams that end, and verifications.

use std::time::{Duration, Instant};

use teal_activities::{code, pulse::Still, stream, verify};
use teal_model::Result;
use teal_proto::v1::{ReconcileRequest, ResetRequest, RetireRequest};

use super::{Net, passes};
use crate::testkit::{Fault, LIMIT, When, eventually};

/// What the transaction says just before it alters something (`activities/src/stream/reconcile.rs`).
const LOCK_TIMEOUT: &str = "5s";

/// The case whose transaction nobody ends but its server, so that its lock is free after 20 s.
const LEFT_ALONE: (&str, Fault) = ("altering", Fault::Stall);
const LEFT_FOR: Duration = Duration::from_secs(15);

const FAULTS: [Fault; 4] = [Fault::Cut, Fault::Stall, Fault::CutReply, Fault::StallReply];

impl Net {
    async fn reconcile(&self) -> Result<()> {
        let stream = self.stream.spec.id.to_string();
        let request = ReconcileRequest { stream, config_hash: self.stream.spec.hash() };
        stream::reconcile(&self.stream.io, &request, &Still::default()).await.map(drop)
    }

    async fn reset(&self) -> Result<()> {
        let stream = self.stream.spec.id.to_string();
        let request = ResetRequest { stream, reason: "a test".into(), by: "me@here".into() };
        stream::reset(&self.stream.io, &request, &Still::default()).await.map(drop)
    }

    async fn retire(&self) -> Result<()> {
        let request = RetireRequest { stream: self.stream.spec.id.to_string(), by: "me".into() };
        stream::retire(&self.stream.io, &request, &Still::default()).await.map(drop)
    }

    async fn verify(&self) -> Result<verify::Report> {
        let (id, options) = (&self.stream.spec.id, verify::Options::default());
        verify::at_rest(&self.stream.io, id, &options, &Still::default()).await
    }

    /// A piece of work meets each fault when these words have gone to the merge store; then it is done
    /// again, until it succeeds. (Statements of the pool's connections are prepared once: their words
    /// are said to new ones only.)
    async fn does(
        &self,
        (moment, faults): (&str, &[Fault]),
        words: &'static [&'static str],
        before: impl AsyncFn(),
        work: impl AsyncFn() -> Result<()>,
    ) {
        for &fault in faults {
            before().await;
            let met = self.merge.struck();
            self.merge.plan(When::Said(words), fault);
            let told = format!("{moment}, {fault:?}");
            let started = Instant::now();
            passes(&work().await.expect_err(&told), started, &told);
            assert_eq!(self.merge.struck(), met + 1, "{told}");
            let is_left = (moment, fault) == LEFT_ALONE;
            if !is_left {
                self.hang_up().await;
            }
            eventually(&told, LIMIT, || async {
                let again = Instant::now();
                work().await.inspect_err(|error| passes(error, again, &told)).ok()
            })
            .await;
            let took = started.elapsed();
            assert!(!is_left || took > LEFT_FOR, "{told}: {took:?}: its lock was free before");
        }
    }

    /// Ends the transactions that nobody goes on with, as their server does after 20 s.
    async fn hang_up(&self) {
        let left = "select pg_terminate_backend(pid, 60000) from pg_stat_activity
                    where state = 'idle in transaction' and datname = current_database()
                    and application_name like 'teal/%'";
        self.world.bench.merge.rows(left).await;
    }
}

#[tokio::test]
async fn tables_are_altered_whatever_the_network_does() {
    let net = Net::new("tables_are_altered_whatever_the_network_does").await;
    let merge = &net.world.bench.merge;
    net.goes_on().await;
    let damage = async || merge.run("alter table live.shop__t drop column v").await;
    let lost = [Fault::CutReply, Fault::StallReply];
    for (moment, faults, words) in [
        ("the beginning", &FAULTS[..], &["begin read write"][..]),
        ("altering", &[Fault::Stall], &["begin read write", LOCK_TIMEOUT]),
        ("its commit", &lost, &["begin read write", LOCK_TIMEOUT, "COMMIT"]),
    ] {
        net.does((moment, faults), words, damage, || net.reconcile()).await;
    }
    assert_eq!(net.goes_on().await.updated, 4_000);
    net.is_sound(2).await;
}

#[tokio::test]
async fn batches_are_given_up_and_streams_end_whatever_the_network_does() {
    let net = Net::new("batches_are_given_up_and_streams_end").await;
    let ingest = async || {
        net.stream.ingest().await.unwrap();
    };
    let reset = async || match net.reset().await {
        Err(error) if error.code() == code::LEDGER0040 => Ok(()), // it was, and the answer was lost
        ended => ended,
    };
    net.does(("a reset", &FAULTS), &["begin read write"], ingest, reset).await;
    net.does(("its commit", &FAULTS), &["begin read write", "COMMIT"], ingest, reset).await;
    net.goes_on().await;
    let nothing = async || ();
    let end = ("a retirement", &[Fault::StallReply][..]);
    net.does(end, &["drop table"], nothing, || net.retire()).await;
    let merge = &net.world.bench.merge;
    assert_eq!(merge.number("select count(*) from pg_tables where schemaname = 'live'").await, 0);
    assert_eq!(merge.number("select count(*) from teal.stream where retired_at is null").await, 0);
}

#[tokio::test]
async fn a_verification_that_is_cut_or_falls_silent_ends() {
    let net = Net::new("a_verification_that_is_cut_or_falls_silent").await;
    net.goes_on().await;
    net.world.bench.merge.run("update live.shop__t set v = 'damaged' where id = 77").await;
    let here: [(&str, &'static [&'static str]); 6] = [
        ("leasing", &["pg_try_advisory_lock"]),
        ("its snapshot", &["repeatable read"]),
        ("the digest", &["bit_xor"]),
        ("the keys", &["PGCOPY"]),
        ("what differs", &["full join"]),
        ("the values", &["full join", "PGCOPY"]),
    ];
    let there: [(&str, &'static [&'static str]); 4] = [
        ("locking", &["lock table"]),
        ("the digest", &["bit_xor"]),
        ("the keys", &["bit_xor", "copy ("]),
        ("the values", &["copy (", "copy ("]),
    ];
    for (proxy, moments) in [(&net.merge, &here[..]), (&net.source, &there[..])] {
        for (moment, words) in moments {
            for fault in [Fault::Cut, Fault::Stall, Fault::StallReply] {
                let (met, started) = (proxy.struck(), Instant::now());
                proxy.plan(When::Said(words), fault);
                let told = format!("{moment}, {fault:?}");
                let error = net.verify().await.expect_err(&told);
                passes(&error, started, &told);
                assert_eq!(error.code(), code::PG0002, "{told}: {error:?}");
                assert_eq!(proxy.struck(), met + 1, "{told}");
            }
        }
    }
    let report = net.verify().await.unwrap();
    assert_eq!((report.datasets[0].counts.different, report.datasets[0].differences.len()), (1, 1));
}
