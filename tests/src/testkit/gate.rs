//! A gate in front of a server: while it is closed the server is down for whoever comes through it.

use std::{net::SocketAddr, sync::Mutex};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
};

/// Its port stays the same. Needs a runtime of several threads where the test blocks one.
#[derive(Debug)]
pub(crate) struct Gate {
    address: SocketAddr,
    to: String,
    keeper: Mutex<Option<AbortHandle>>,
}

impl Gate {
    /// An open gate to `host:port`.
    pub(crate) async fn to(to: impl Into<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let gate = Self { address, to: to.into(), keeper: Mutex::default() };
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
        let to = self.to.clone();
        let keeper = tokio::spawn(async move {
            let mut guests = JoinSet::new(); // they go with this task
            while let Ok((mut guest, _peer)) = listener.accept().await {
                let to = to.clone();
                guests.spawn(async move {
                    if let Ok(mut host) = TcpStream::connect(to).await {
                        copy_bidirectional(&mut guest, &mut host).await.ok(); // either went away
                    }
                });
                while guests.try_join_next().is_some() {}
            }
        });
        *self.keeper.lock().expect("the keeper") = Some(keeper.abort_handle());
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        if let Some(keeper) = self.keeper.lock().expect("the keeper").take() {
            keeper.abort();
        }
    }
}
