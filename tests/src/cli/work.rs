//! Who does the work of a shop: a worker process, and the Temporal server.

use std::process::{Child, Stdio};

use teal_temporal::{Retry, Settings, Temporal};

use super::desk::Shop;
use crate::testkit::temporal_address;

/// A worker process that does not outlive its test.
pub(crate) struct Worker(Child);

impl Worker {
    pub(crate) fn start(shop: &Shop) -> Self {
        let mut command = shop.desk.command(&["worker", "--metrics-addr", "off", "--quiet"]);
        Self(command.stdout(Stdio::null()).spawn().expect("a worker"))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.kill().ok(); // it may be dead already
        self.0.wait().ok();
    }
}

pub(crate) async fn temporal() -> Temporal {
    let settings = Settings::from_environment(Some(&temporal_address()), Some("default")).unwrap();
    Temporal::connect(&settings, Retry::WORKER).await.unwrap()
}
