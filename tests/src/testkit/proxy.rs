//! A network of the test's own: a TCP proxy that cuts, stalls and slows what passes through it.
//!
//! Its port stays the same, whatever it does. Needs a runtime of several threads where the test blocks
//! one. Read first: [`Proxy`], [`Fault`].

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Notify, watch},
    task::{AbortHandle, JoinSet},
};

/// Stands in front of a server; all is well until it is told otherwise.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    rules: Arc<Rules>,
    to: String,
    keeper: Mutex<Option<AbortHandle>>,
}

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// To the server.
    Out,
    /// From it.
    Back,
}

/// When it happens to a connection; the first one that gets there takes the fault with it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum When {
    /// So many bytes of a connection have gone this way.
    Passed(Way, u64),
    /// These words went to the server, one after the other.
    Said(&'static [&'static str]),
}

/// What happens to the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is reset, both ends of it.
    Cut,
    /// It stays open, and nothing passes any more.
    Stall,
    /// What the server answers is lost: it is reset when the answer is there.
    CutReply,
    /// What the server answers is lost, and the connection stays open.
    StallReply,
    /// What the server answers comes so much later.
    LateReply(Duration),
}

#[derive(Debug)]
struct Plan {
    number: u64,
    when: When,
    fault: Fault,
}

#[derive(Debug, Default)]
struct Rules {
    plan: Mutex<Option<Plan>>,
    plans: AtomicU64,
    /// Bytes per second; 0: as fast as can be.
    pace: AtomicU64,
    /// Nothing passes on any connection while it is set, and new ones are not answered.
    frozen: watch::Sender<bool>,
    struck: watch::Sender<u32>,
}

impl Proxy {
    /// A proxy to `host:port`.
    pub(crate) async fn to(to: impl Into<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (rules, keeper) = (Arc::default(), Mutex::default());
        let proxy = Self { address, rules, to: to.into(), keeper };
        proxy.keep(listener);
        proxy
    }

    /// Its port, at 127.0.0.1.
    pub(crate) const fn port(&self) -> u16 {
        self.address.port()
    }

    /// `host:port` to come through.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Cuts every connection and refuses new ones.
    pub(crate) async fn close(&self) {
        if let Some(keeper) = self.keeper.lock().expect("the keeper").take() {
            keeper.abort();
        }
        while TcpStream::connect(self.address).await.is_ok() {
            tokio::task::yield_now().await; // the listener goes with its task
        }
    }

    /// Lets everybody in again.
    pub(crate) async fn open(&self) {
        let listener = TcpListener::bind(self.address).await.expect("the port of before");
        self.keep(listener);
    }

    /// One connection will meet this fault, and only one; those after it pass.
    pub(crate) fn plan(&self, when: When, fault: Fault) {
        let number = self.rules.plans.fetch_add(1, Ordering::Relaxed) + 1;
        *self.rules.plan.lock().expect("the plan") = Some(Plan { number, when, fault });
    }

    /// Faults that connections have met.
    pub(crate) fn struck(&self) -> u32 {
        *self.rules.struck.borrow()
    }

    /// Waits until connections have met so many faults.
    pub(crate) async fn until_struck(&self, faults: u32) {
        let mut struck = self.rules.struck.subscribe();
        struck.wait_for(|met| *met >= faults).await.expect("the proxy is here");
    }

    /// From now on so many bytes pass in a second, each way; 0: as fast as can be.
    pub(crate) fn slow(&self, bytes_per_second: u64) {
        self.rules.pace.store(bytes_per_second, Ordering::Relaxed);
    }

    /// While frozen, nothing passes on any connection, old or new, and all stay open.
    pub(crate) fn freeze(&self, frozen: bool) {
        self.rules.frozen.send_replace(frozen);
    }

    fn keep(&self, listener: TcpListener) {
        let (to, rules) = (self.to.clone(), Arc::clone(&self.rules));
        let keeper = tokio::spawn(async move {
            let mut guests = JoinSet::new(); // they go with this task
            while let Ok((guest, _peer)) = listener.accept().await {
                guests.spawn(connection(guest, to.clone(), Arc::clone(&rules)));
                while guests.try_join_next().is_some() {}
            }
        });
        *self.keeper.lock().expect("the keeper") = Some(keeper.abort_handle());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(keeper) = self.keeper.lock().expect("the keeper").take() {
            keeper.abort();
        }
    }
}

/// What both ways of a connection share.
#[derive(Debug, Default)]
struct Shared {
    cut: Notify,
    stalled: watch::Sender<bool>,
    /// What becomes of the next answer.
    reply: Mutex<Option<Fault>>,
}

async fn connection(guest: TcpStream, to: String, rules: Arc<Rules>) {
    let Ok(host) = TcpStream::connect(to).await else { return };
    let shared = Shared::default();
    let ((guest_in, guest_out), (host_in, host_out)) = (guest.into_split(), host.into_split());
    let mut out =
        Pump { from: guest_in, to: host_out, way: Way::Out, rules: &rules, shared: &shared };
    let mut back =
        Pump { from: host_in, to: guest_out, way: Way::Back, rules: &rules, shared: &shared };
    let is_cut = {
        let flowing = async { tokio::join!(out.run(), back.run()) };
        tokio::select! {
            _ended = flowing => false,
            () = shared.cut.notified() => true,
        }
    };
    if is_cut {
        for half in [&out.from, &back.from] {
            half.as_ref().set_zero_linger().ok(); // its end is a reset, not a farewell
        }
        for half in [out.to, back.to] {
            half.forget();
        }
    }
}

/// What has gone one way of a connection.
#[derive(Default)]
struct Seen {
    passed: u64,
    /// The plan whose words are listened for, how many of them were said, and the last bytes.
    plan: u64,
    said: usize,
    heard: Vec<u8>,
}

impl Seen {
    /// Whether all words of a plan have been said since it was made.
    fn heard_all(&mut self, plan: u64, words: &[&str], chunk: &[u8]) -> bool {
        if self.plan != plan {
            *self = Self { passed: self.passed, plan, ..Self::default() };
        }
        self.heard.extend_from_slice(chunk);
        while let Some(word) = words.get(self.said)
            && let Some(at) = self.heard.windows(word.len()).position(|w| w == word.as_bytes())
        {
            self.heard.drain(..at + word.len());
            self.said += 1;
        }
        let old = self.heard.len().saturating_sub(64); // words may be cut in two
        self.heard.drain(..old);
        self.said == words.len()
    }
}

/// One way of a connection.
struct Pump<'a> {
    from: OwnedReadHalf,
    to: OwnedWriteHalf,
    way: Way,
    rules: &'a Rules,
    shared: &'a Shared,
}

impl Pump<'_> {
    /// Until one of both ends goes away.
    async fn run(&mut self) {
        let mut buffer = vec![0; 16 * 1024];
        let mut seen = Seen::default();
        loop {
            let pace = self.rules.pace.load(Ordering::Relaxed);
            let most = if pace == 0 { buffer.len() } else { (pace / 20).clamp(1, 16_384) as usize };
            let Ok(read @ 1..) = self.from.read(&mut buffer[..most]).await else { break };
            let chunk = &buffer[..read];
            self.free(&self.rules.frozen).await;
            if let Some(late) = self.late() {
                tokio::time::sleep(late).await;
            }
            let struck = self.due(&mut seen, chunk);
            if self.meets(struck) {
                std::future::pending::<()>().await; // the connection is cut, and this way with it
            }
            self.free(&self.shared.stalled).await;
            if self.to.write_all(&buffer[..read]).await.is_err() {
                break;
            }
            if pace > 0 {
                tokio::time::sleep(Duration::from_secs_f64(read as f64 / pace as f64)).await;
            }
        }
        self.to.shutdown().await.ok();
    }

    /// Lets a fault happen, one of now or one that waited for the reply; `true`: the connection ends.
    fn meets(&self, struck: Option<Fault>) -> bool {
        let mut reply = self.shared.reply.lock().expect("it");
        let fault = match (struck, self.way) {
            (Some(Fault::CutReply | Fault::StallReply | Fault::LateReply(_)), Way::Out) => {
                *reply = struck;
                return false;
            }
            (None, Way::Back) => *reply,
            (struck, _) => struck,
        };
        match fault {
            Some(Fault::Cut | Fault::CutReply) => {
                self.shared.cut.notify_one();
                true
            }
            Some(Fault::Stall | Fault::StallReply) => {
                self.shared.stalled.send_replace(true);
                false
            }
            Some(Fault::LateReply(_)) | None => false,
        }
    }

    /// How much later than now the answer comes that was asked for, once.
    fn late(&self) -> Option<Duration> {
        let mut reply = self.shared.reply.lock().expect("it");
        match *reply {
            Some(Fault::LateReply(late)) if self.way == Way::Back => {
                *reply = None;
                Some(late)
            }
            _ => None,
        }
    }

    /// Takes the fault that is planned, when its time has come.
    fn due(&self, seen: &mut Seen, chunk: &[u8]) -> Option<Fault> {
        seen.passed += chunk.len() as u64;
        let mut plan = self.rules.plan.lock().expect("the plan");
        let is_due = plan.as_ref().is_some_and(|plan| match plan.when {
            When::Passed(way, bytes) => way == self.way && seen.passed >= bytes,
            When::Said(words) => self.way == Way::Out && seen.heard_all(plan.number, words, chunk),
        });
        let fault = if is_due { plan.take()?.fault } else { return None };
        self.rules.struck.send_modify(|met| *met += 1);
        Some(fault)
    }

    /// Waits while it is set.
    async fn free(&self, held: &watch::Sender<bool>) {
        held.subscribe().wait_for(|held| !held).await.ok();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::error::Elapsed;

    use super::*;
    use crate::testkit::LIMIT;

    /// Says everything back.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut guest, _peer)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = guest.split();
                    tokio::io::copy(&mut from, &mut to).await.ok();
                });
            }
        });
        address
    }

    /// What it hears, which is waited for; nothing when the connection ends.
    async fn says(guest: &mut TcpStream, words: &str) -> Option<String> {
        hears(guest, words, LIMIT).await.expect("an answer")
    }

    /// Whether no answer comes to these words, for a while.
    async fn is_silent(guest: &mut TcpStream, words: &str) -> bool {
        hears(guest, words, Duration::from_millis(500)).await.is_err()
    }

    async fn hears(
        guest: &mut TcpStream,
        words: &str,
        limit: Duration,
    ) -> Result<Option<String>, Elapsed> {
        let answer = async {
            guest.write_all(words.as_bytes()).await.ok()?;
            let mut heard = vec![0; words.len()];
            guest.read_exact(&mut heard).await.ok()?;
            Some(String::from_utf8(heard).unwrap())
        };
        tokio::time::timeout(limit, answer).await
    }

    #[tokio::test]
    async fn a_fault_meets_the_connection_that_says_the_words() {
        let proxy = Proxy::to(echo().await.to_string()).await;
        let open = async || TcpStream::connect(proxy.address()).await.unwrap();
        for (fault, silent) in [
            (Fault::Cut, false),
            (Fault::CutReply, false),
            (Fault::Stall, true),
            (Fault::StallReply, true),
        ] {
            proxy.plan(When::Said(&["two", "four"]), fault);
            let (mut one, mut other) = (open().await, open().await);
            for words in ["one two three", "fo"] {
                assert_eq!(says(&mut one, words).await.as_deref(), Some(words), "{fault:?}");
            }
            assert_eq!(says(&mut other, "four").await.as_deref(), Some("four"), "{fault:?}");
            let met = proxy.struck();
            if silent {
                assert!(is_silent(&mut one, "ur five").await, "{fault:?}");
            } else {
                assert_eq!(says(&mut one, "ur five").await, None, "{fault:?}");
            }
            assert_eq!(proxy.struck(), met + 1);
            assert_eq!(
                says(&mut other, "two four").await.as_deref(),
                Some("two four"),
                "{fault:?}"
            );
        }
    }

    #[tokio::test]
    async fn one_answer_comes_late() {
        const LATE: Duration = Duration::from_secs(2);
        let proxy = Proxy::to(echo().await.to_string()).await;
        let mut guest = TcpStream::connect(proxy.address()).await.unwrap();
        proxy.plan(When::Said(&["two"]), Fault::LateReply(LATE));
        for (words, late) in [("one", false), ("two", true), ("two", false)] {
            let asked = std::time::Instant::now();
            assert_eq!(says(&mut guest, words).await.as_deref(), Some(words));
            assert_eq!(asked.elapsed() >= LATE, late, "{words}");
        }
    }

    #[tokio::test]
    async fn a_cut_is_a_reset_and_a_frozen_connection_thaws() {
        let proxy = Proxy::to(echo().await.to_string()).await;
        let open = async || TcpStream::connect(proxy.address()).await.unwrap();
        let mut guest = open().await;
        proxy.plan(When::Said(&["nobody says this"]), Fault::Cut); // another plan takes its place
        proxy.plan(When::Passed(Way::Back, 10), Fault::Cut);
        assert_eq!(says(&mut guest, "123456789").await.as_deref(), Some("123456789"));
        guest.write_all(b"0").await.unwrap();
        let error = guest.read(&mut [0; 9]).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        let mut guest = open().await;
        proxy.freeze(true);
        assert!(is_silent(&mut guest, "hello").await);
        proxy.freeze(false);
        guest.read_exact(&mut [0; 5]).await.unwrap();
        proxy.close().await;
        assert_eq!(says(&mut guest, "hello").await, None);
        proxy.open().await;
        assert_eq!(says(&mut open().await, "hello").await.as_deref(), Some("hello"));
    }
}
