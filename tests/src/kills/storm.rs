//! One kill after another, each when everything is healthy again.

use std::{
    collections::BTreeMap,
    fmt,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use sqlx::{Connection, PgConnection};
use teal_devstack::{Progress, Stack, process::Process as Server};

use super::{
    person::Trigger,
    shop::{committed, rows},
    victim::{Blow, Victim},
};
use crate::testkit::{
    Db, LIMIT, eventually,
    plant::{Plant, Process},
};

/// Workers that live at a time.
const WORKERS: usize = 2;
/// At least one batch is committed in so many kills.
const BATCH_WITHIN: u32 = 10;
/// Longest wait for a victim to turn up: somebody who works on a batch.
const TURNS_UP: Duration = Duration::from_secs(3);
/// Longest wait until a server has ended its sessions, one of which was killed.
const SERVER_ENDS: Duration = Duration::from_secs(15);
/// A worker sleeps for longer than the heartbeat's timeout of 10 s, so that another one takes over.
const SLEEP: Duration = Duration::from_secs(14);
/// What it may do afterwards, before it is replaced.
const AWAKE: Duration = Duration::from_secs(3);
/// A command that applies dies up to this long after it was seen to run.
const MOMENTS: [u64; 8] = [0, 100, 250, 400, 700, 1000, 1500, 2500];

/// Who was killed, and what went on meanwhile.
#[derive(Debug, Default)]
pub(super) struct Tally {
    kills: BTreeMap<Victim, u32>,
    /// Workers that fell asleep within a batch.
    slept_in_batch: u32,
    /// Times that ten kills passed without a batch, and one was waited for.
    waits: u32,
    batches: i64,
    longest_recovery: Duration,
    took: Duration,
}

/// Kills what a plant consists of.
pub(super) struct Storm<'a> {
    plant: &'a Plant,
    stack: &'a Stack,
    applies: Trigger,
    workers: Vec<Process>,
    sleepers: Vec<Sleeper>,
    tally: Tally,
}

struct Sleeper {
    worker: Process,
    since: Instant,
    awake: Option<Instant>,
}

impl<'a> Storm<'a> {
    /// Starts the workers.
    pub(super) fn new(plant: &'a Plant, stack: &'a Stack, applies: Trigger) -> Self {
        let workers = (0..WORKERS).map(|_| plant.worker("")).collect();
        Self { plant, stack, applies, workers, sleepers: Vec::new(), tally: Tally::default() }
    }

    /// Kills so many; the seed says whom.
    pub(super) async fn blow(mut self, kills: u32, seed: u64) -> (Vec<Process>, Tally) {
        let mut random = StdRng::seed_from_u64(seed);
        let began = Instant::now();
        let (first, mut before) = (committed(self.plant).await, committed(self.plant).await);
        for number in 1..=kills {
            let blow: Blow = random.random();
            tokio::time::sleep(blow.pause).await;
            self.tend().await;
            let victim = self.strike(&blow).await;
            self.heal(victim).await;
            if number % BATCH_WITHIN == 0 {
                before = self.batch_after(before).await;
            }
            if number % 50 == 0 {
                println!("{number} kills, {} batches, {:.0?}", before - first, began.elapsed());
            }
        }
        while !self.sleepers.is_empty() {
            tokio::time::sleep(Duration::from_millis(200)).await;
            self.tend().await;
        }
        self.tally.batches = committed(self.plant).await - first;
        self.tally.took = began.elapsed();
        (self.workers, self.tally)
    }

    /// Waits until everything answers; starts what does not run.
    async fn heal(&mut self, victim: Victim) {
        let began = Instant::now();
        if let Some(server) = victim.server() {
            self.stack.revive(server, &Progress::silent()).await.expect("it starts again");
        }
        for worker in &mut self.workers {
            assert!(worker.lives(), "a worker ended by itself\n{}", worker.said());
        }
        eventually("everything is healthy", LIMIT, || async {
            let temporal = self.plant.temporal.server_version().await.is_ok();
            (temporal && answers(&self.plant.source).await && answers(&self.plant.merge).await)
                .then_some(())
        })
        .await;
        self.tally.longest_recovery = self.tally.longest_recovery.max(began.elapsed());
    }

    /// Waits until more batches are committed than these; how many are.
    async fn batch_after(&mut self, before: i64) -> i64 {
        let now = committed(self.plant).await;
        if now > before {
            return now;
        }
        self.tally.waits += 1;
        eventually("a batch in ten kills", LIMIT, || async {
            Some(committed(self.plant).await).filter(|now| *now > before)
        })
        .await
    }

    /// Who was killed in the end.
    async fn strike(&mut self, blow: &Blow) -> Victim {
        let victim = match blow.victim {
            Victim::SourceSession | Victim::MergeSession => self.session(blow.victim, blow).await,
            Victim::Sleeper => self.fall_asleep(blow).await,
            Victim::Worker => self.worker(blow).await,
            Victim::Apply => {
                let after = Duration::from_millis(MOMENTS[blow.number % MOMENTS.len()]);
                if self.applies.pull(after).await { Victim::Apply } else { self.worker(blow).await }
            }
            server @ (Victim::SourceServer | Victim::MergeServer | Victim::Temporal) => {
                self.server(server, blow).await
            }
        };
        *self.tally.kills.entry(victim).or_default() += 1;
        victim
    }

    async fn worker(&mut self, blow: &Blow) -> Victim {
        let number = blow.number % self.workers.len();
        self.workers.swap_remove(number).kill().await;
        self.workers.push(self.plant.worker(""));
        Victim::Worker
    }

    async fn server(&self, victim: Victim, blow: &Blow) -> Victim {
        let name = victim.server().expect("a server");
        let processes: Vec<Server> = self.stack.processes(name);
        match blow.number % 3 {
            0 => processes.iter().for_each(|process| process.signal(Signal::SIGKILL)),
            1 if name != "temporal" => processes[0].signal(Signal::SIGQUIT), // immediate shutdown
            _ => processes[0].signal(Signal::SIGKILL),
        }
        assert!(processes[0].gone_within(LIMIT).await, "{name} does not end");
        victim
    }

    /// Ends a session of Teal that is at work, by itself or with all others of its server. Where nobody
    /// is at work, the server has to go.
    async fn session(&self, victim: Victim, blow: &Blow) -> Victim {
        let (db, server) = match victim {
            Victim::SourceSession => (&self.plant.source, Victim::SourceServer),
            _ => (&self.plant.merge, Victim::MergeServer),
        };
        let query = "select pid from pg_stat_activity
                     where datname = current_database() and application_name like 'teal/%'
                     and state <> 'idle' order by random() limit 1";
        let mut session = PgConnection::connect_with(&db.options()).await.expect("a session");
        let began = Instant::now();
        while began.elapsed() < TURNS_UP {
            let pid: Option<i32> =
                sqlx::query_scalar(query).fetch_optional(&mut session).await.expect("an answer");
            let Some(pid) = pid else {
                tokio::time::sleep(Duration::from_millis(2)).await;
                continue;
            };
            let killed =
                blow.number.is_multiple_of(3) && kill(Pid::from_raw(pid), Signal::SIGKILL).is_ok();
            if killed {
                the_end(session).await;
            } else {
                let end = sqlx::query("select pg_terminate_backend($1)").bind(pid);
                end.execute(&mut session).await.expect("an answer");
            }
            return victim;
        }
        self.server(server, blow).await
    }

    /// Stops a worker, in a batch if there is one. It wakes up when others have taken over.
    async fn fall_asleep(&mut self, blow: &Blow) -> Victim {
        let began = Instant::now();
        let mut number = blow.number % self.workers.len();
        while began.elapsed() < TURNS_UP {
            let query = "select worker from teal.batch where status in ('started', 'ingested')";
            let at_work = rows(&self.plant.merge, query).await;
            let busy = |worker: &Process| {
                let start = format!("{}@", worker.pid());
                at_work.iter().any(|name| name.starts_with(&start))
            };
            if let Some(found) = self.workers.iter().position(busy) {
                number = found;
                self.tally.slept_in_batch += 1;
                break;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let worker = std::mem::replace(&mut self.workers[number], self.plant.worker(""));
        worker.signal(Signal::SIGSTOP);
        self.sleepers.push(Sleeper { worker, since: Instant::now(), awake: None });
        Victim::Sleeper
    }

    /// Wakes who slept long enough, and ends who was awake long enough.
    async fn tend(&mut self) {
        let mut still = Vec::new();
        for mut sleeper in std::mem::take(&mut self.sleepers) {
            match sleeper.awake {
                Some(awake) if awake.elapsed() > AWAKE => {
                    sleeper.worker.kill().await;
                    continue;
                }
                None if sleeper.since.elapsed() > SLEEP => {
                    sleeper.worker.signal(Signal::SIGCONT);
                    sleeper.awake = Some(Instant::now());
                }
                Some(_) | None => {}
            }
            still.push(sleeper);
        }
        self.sleepers = still;
    }
}

/// A server whose session was killed ends all of them before it starts again: only then is it worth
/// asking whether it answers.
async fn the_end(mut session: PgConnection) {
    let began = Instant::now();
    while began.elapsed() < SERVER_ENDS && session.ping().await.is_ok() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn answers(db: &Db) -> bool {
    sqlx::query("select 1").execute(&db.pool).await.is_ok()
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kills: u32 = self.kills.values().sum();
        let (batches, took) = (self.batches, self.took);
        writeln!(f, "{kills} kills in {took:.0?}, {batches} batches committed meanwhile")?;
        for (victim, kills) in &self.kills {
            writeln!(f, "  {kills:>5} {victim}")?;
        }
        writeln!(f, "  workers that fell asleep in a batch: {}", self.slept_in_batch)?;
        writeln!(f, "  waits for a batch: {}", self.waits)?;
        write!(f, "  longest recovery: {:.1?}", self.longest_recovery)
    }
}
