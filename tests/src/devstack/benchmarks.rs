//! Benchmarks: each has servers of its own, which end with it.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::Mutex,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use teal_devstack::{Options, Progress, Stack, process::Process, project_root};

use crate::testkit::{LIMIT, eventually, teal};

/// One that measures for longer than a test lasts; it costs nearly nothing meanwhile.
struct Benchmark(Child);

/// The servers of one.
struct Servers {
    folder: PathBuf,
    pids: Vec<i32>,
}

impl Benchmark {
    fn start() -> Self {
        let mut benchmark = Command::new(teal::bench());
        benchmark.args(["streams", "--streams", "1", "--minutes", "5"]);
        benchmark.stdin(Stdio::null()).stdout(Stdio::null());
        Self(benchmark.spawn().expect("the benchmark"))
    }

    /// Once all of them run.
    async fn servers(&self) -> Servers {
        let project = project_root(Path::new(env!("CARGO_MANIFEST_DIR")));
        let name = format!("bench-{}", self.0.id());
        let options = Options::named(project, &name, Progress::silent());
        eventually("servers of a benchmark", LIMIT, || async {
            let status = Stack::status(&options).expect("a status");
            let pids = status.servers.iter().filter_map(|server| server.pid).collect();
            Some(Servers { pids, folder: status.folder.filter(|_| status.running)? })
        })
        .await
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.0.id()).expect("a pid");
        kill(Pid::from_raw(pid), signal).expect("it runs");
    }

    async fn ended(&mut self) -> ExitStatus {
        let benchmark = Mutex::new(&mut self.0);
        eventually("the end of a benchmark", LIMIT, || async {
            benchmark.lock().expect("it").try_wait().expect("its status")
        })
        .await
    }
}

impl Drop for Benchmark {
    fn drop(&mut self) {
        if self.0.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.signal(Signal::SIGTERM);
            self.0.wait().ok();
        }
    }
}

impl Servers {
    fn alive(&self) -> Vec<i32> {
        self.pids.iter().copied().filter(|pid| Process::of(*pid).is_some()).collect()
    }
}

#[tokio::test]
async fn benchmarks_leave_each_other_alone_and_nothing_behind() {
    let (mut first, mut second) = (Benchmark::start(), Benchmark::start());
    let (ours, theirs) = tokio::join!(first.servers(), second.servers());
    second.signal(Signal::SIGINT);
    assert!(!second.ended().await.success());
    assert_eq!(theirs.alive(), Vec::<i32>::new(), "after Ctrl-C");
    assert!(!theirs.folder.exists(), "after Ctrl-C");
    assert_eq!(ours.alive(), ours.pids, "those of another one");

    first.signal(Signal::SIGKILL);
    first.ended().await;
    let third = Benchmark::start();
    let swept = || async { (!ours.folder.exists()).then_some(()) };
    eventually("what the killed one left is gone", LIMIT, swept).await;
    assert_eq!(ours.alive(), Vec::<i32>::new(), "after kill -9");
    drop(third);
}
