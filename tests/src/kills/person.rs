//! A person who changes the model and applies it, again and again, while everything dies.
//!
//! Some applies are done by workers, some by the command itself (`--local`); some commands die. After
//! a failure the same is tried again, or something else is wanted.
//! Read first: [`Person::works`], [`Person::settles`].

use std::{
    collections::BTreeMap,
    fmt,
    process::ExitStatus,
    time::{Duration, Instant},
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{verdict::Verdict, wish::Wish};
use crate::testkit::plant::{Plant, Process};

/// Longest run of one apply while everything dies. A command waits up to 75 s for the end of another
/// apply, or 90 s for a worker that does not answer, before it begins or gives up.
const LONGEST: Duration = Duration::from_secs(240);
/// Until the last model is applied, by whatever number of tries.
const SETTLED_WITHIN: Duration = Duration::from_secs(240);
/// Longest pause between two applies, in milliseconds.
const PAUSE: u64 = 2500;
/// Longest wait for an apply that can be killed.
const TURNS_UP: Duration = Duration::from_secs(3);

/// What became of the applies.
#[derive(Debug, Default)]
pub(super) struct Applied {
    succeeded: u32,
    failed: BTreeMap<String, u32>,
    killed: u32,
    longest: Duration,
    /// Tries and time until the last model was applied.
    last: (u32, Duration),
    /// What must not happen.
    pub(super) faults: Vec<String>,
}

/// Lets a running apply die.
pub(super) struct Trigger(mpsc::Sender<Order>);

struct Order {
    /// How long it may still live.
    after: Duration,
    done: oneshot::Sender<()>,
}

impl Trigger {
    /// Kills an apply that has run for so long, if one turns up that does.
    pub(super) async fn pull(&self, after: Duration) -> bool {
        let (done, killed) = oneshot::channel();
        if self.0.try_send(Order { after, done }).is_err() {
            return false; // an earlier one still waits for its apply
        }
        matches!(tokio::time::timeout(TURNS_UP + after, killed).await, Ok(Ok(())))
    }
}

/// Writes models and applies them.
pub(super) struct Person<'a> {
    plant: &'a Plant,
    random: StdRng,
    orders: mpsc::Receiver<Order>,
    applied: Applied,
}

impl<'a> Person<'a> {
    pub(super) fn new(plant: &'a Plant, seed: u64) -> (Self, Trigger) {
        let (trigger, orders) = mpsc::channel(1);
        let random = StdRng::seed_from_u64(seed.wrapping_add(1000)); // not that of a writer
        (Self { plant, random, orders, applied: Applied::default() }, Trigger(trigger))
    }

    /// Applies one model after the other until it is told to stop.
    pub(super) async fn works(&mut self, over: &CancellationToken) {
        let mut wish = Wish::default();
        while !over.is_cancelled() {
            // the same again may be after a failure, and after a success: nothing is to be done then
            if self.random.random_ratio(3, 4) {
                wish = self.random.random();
            }
            self.plant.write(&wish.model());
            self.apply(wish).await;
            let pause = Duration::from_millis(self.random.random_range(0..PAUSE));
            tokio::time::timeout(pause, over.cancelled()).await.ok(); // rested, or told to stop
        }
    }

    /// Applies the first model again until that succeeds: then nothing is left to do.
    pub(super) async fn settles(mut self) -> Applied {
        let (wish, began) = (Wish::default(), Instant::now());
        self.plant.write(&wish.model());
        for tries in 1.. {
            if self.apply(wish).await {
                self.applied.last = (tries, began.elapsed());
                break;
            }
            if began.elapsed() > SETTLED_WITHIN {
                let fault = format!("the last model is not applied after {tries} tries");
                self.applied.faults.push(fault);
                return self.applied;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let mut plan = self.plant.command(&["plan", "--detailed-exitcode"], "");
        if !plan.ended().await.success() {
            self.applied.faults.push(format!("something is left to do: {}", plan.said()));
        }
        self.applied
    }

    /// Whether it succeeded.
    async fn apply(&mut self, wish: Wish) -> bool {
        let words: &[&str] = match self.random.random_ratio(2, 5) {
            true => &["apply", "--local", "--yes"],
            false => &["apply", "--yes"],
        };
        let (mut process, began) = (self.plant.command(words, ""), Instant::now());
        let ended = self.attend(&mut process).await;
        let took = began.elapsed();
        self.applied.longest = self.applied.longest.max(took);
        let said = process.everything_said();
        let verdict = match ended {
            Ended::ByItself(status) => Verdict::of(status, &said),
            Ended::Killed => {
                self.applied.killed += 1;
                return false;
            }
            Ended::Never => Verdict::Fault(format!("still running after {LONGEST:?}")),
        };
        let succeeded = verdict == Verdict::Applied;
        match verdict {
            Verdict::Applied => self.applied.succeeded += 1,
            Verdict::Failed(codes) => *self.applied.failed.entry(codes).or_default() += 1,
            Verdict::Fault(fault) => {
                let words = words.join(" ");
                let fault = format!("teal {words} of {wish:?} after {took:.1?}: {fault}\n{said}");
                println!("{fault}");
                self.applied.faults.push(fault);
            }
        }
        succeeded
    }

    /// Waits for its end, or lets it die when that is asked for.
    async fn attend(&mut self, process: &mut Process) -> Ended {
        let order = tokio::select! {
            ended = process.ended_within(LONGEST) => return Ended::of(ended, process).await,
            Some(order) = next(&mut self.orders) => order,
        };
        match process.ended_within(order.after).await {
            Some(status) => Ended::ByItself(status),
            None => {
                process.dies_now().await;
                order.done.send(()).ok(); // who asked may have lost patience
                Ended::Killed
            }
        }
    }
}

/// The next order whose giver still waits.
async fn next(orders: &mut mpsc::Receiver<Order>) -> Option<Order> {
    loop {
        let order = orders.recv().await?;
        if !order.done.is_closed() {
            return Some(order);
        }
    }
}

enum Ended {
    ByItself(ExitStatus),
    Killed,
    Never,
}

impl Ended {
    async fn of(status: Option<ExitStatus>, process: &mut Process) -> Self {
        match status {
            Some(status) => Self::ByItself(status),
            None => {
                process.dies_now().await;
                Self::Never
            }
        }
    }
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed: u32 = self.failed.values().sum();
        let (succeeded, killed) = (self.succeeded, self.killed);
        writeln!(f, "  applies: {succeeded} succeeded, {failed} failed, {killed} killed")?;
        for (codes, count) in &self.failed {
            writeln!(f, "  {count:>5} {codes}")?;
        }
        writeln!(f, "  longest apply: {:.1?}", self.longest)?;
        let (tries, took) = self.last;
        write!(f, "  the last model was applied within {took:.1?} ({tries} tries)")
    }
}
