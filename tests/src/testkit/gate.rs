//! A gate in front of a server: while it is closed the server is down for whoever comes through it, and
//! what passes may be slowed or held up.

use std::{io, net::SocketAddr, sync::Mutex, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{AbortHandle, JoinSet},
};

/// How bytes pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// At once.
    Free,
    /// So many in a second, of each connection and in each direction.
    Slow(u32),
    /// Not at all. Connections stay open, and new ones are taken.
    Still,
}

/// Its port stays the same. Needs a runtime of several threads where the test blocks one.
#[derive(Debug)]
pub(crate) struct Gate {
    address: SocketAddr,
    to: String,
    keeper: Mutex<Option<AbortHandle>>,
    pace: watch::Sender<Pace>,
}

impl Gate {
    /// An open gate to `host:port`.
    pub(crate) async fn to(to: impl Into<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (pace, _) = watch::channel(Pace::Free);
        let gate = Self { address, to: to.into(), keeper: Mutex::default(), pace };
        gate.keep(listener);
        gate
    }

    /// `host:port` to come through.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Its port, at 127.0.0.1.
    pub(crate) const fn port(&self) -> u16 {
        self.address.port()
    }

    /// How bytes pass from now on.
    pub(crate) fn pace(&self, pace: Pace) {
        self.pace.send_replace(pace);
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

    fn keep(&self, listener: TcpListener) {
        let (to, pace) = (self.to.clone(), self.pace.subscribe());
        let keeper = tokio::spawn(async move {
            let mut guests = JoinSet::new(); // they go with this task
            while let Ok((guest, _peer)) = listener.accept().await {
                let (to, pace) = (to.clone(), pace.clone());
                guests.spawn(async move {
                    let Ok(host) = TcpStream::connect(to).await else { return };
                    let ((heard, said), (from, into)) = (guest.into_split(), host.into_split());
                    let there = pass(heard, into, pace.clone());
                    tokio::try_join!(there, pass(from, said, pace)).ok(); // or one went away
                });
                while guests.try_join_next().is_some() {}
            }
        });
        *self.keeper.lock().expect("the keeper") = Some(keeper.abort_handle());
    }
}

/// Passes bytes on until there are no more.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut pace: watch::Receiver<Pace>,
) -> io::Result<()> {
    let mut buffer = vec![0; 8 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        let moving = pace.wait_for(|pace| *pace != Pace::Still).await.map(|pace| *pace);
        if let Ok(Pace::Slow(each_second)) = moving {
            let seconds = read as f64 / f64::from(each_second);
            tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        }
        match buffer.get(..read) {
            Some([]) | None => return to.shutdown().await,
            Some(bytes) => to.write_all(bytes).await?,
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        if let Some(keeper) = self.keeper.lock().expect("the keeper").take() {
            keeper.abort();
        }
    }
}
