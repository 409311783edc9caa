//! Ending a stack: only what it started, programs before the servers that they use.

use std::{fs, path::Path, time::Duration};

use nix::sys::signal::Signal;
use teal_model::Result;

use super::{NEWEST, Stack, place::Place, programs::is_server};
use crate::{Options, account::Account, io::At, postgres, record::Record, temporal};

/// A worker drains its batches when it is asked to stop; a development one need not take long.
const PROGRAM_GRACE: Duration = Duration::from_secs(20);

impl Stack {
    /// Ends the programs and servers of a stack. Data and ports stay for the next `up`.
    ///
    /// # Errors
    /// `DEV0004`–`DEV0006`.
    pub async fn down(options: &Options) -> Result<()> {
        let account = Account::choose()?;
        if !Place::of(options, &account)?.folder.exists() {
            return Ok(());
        }
        let place = Place::make(options, &account).await?;
        stop_everything(&place.folder).await;
        Ok(())
    }

    /// As [`Stack::down`], and removes the data too.
    ///
    /// # Errors
    /// `DEV0004`–`DEV0006`.
    pub async fn wipe(options: &Options) -> Result<()> {
        let account = Account::choose()?;
        if !Place::of(options, &account)?.folder.exists() {
            return Ok(());
        }
        let place = Place::make(options, &account).await?;
        remove(&place.folder).await
    }

    /// Ends this stack; a private one is removed, as nobody comes back to it.
    ///
    /// # Errors
    /// `DEV0005`.
    pub async fn end(self) -> Result<()> {
        if self.place.is_private() {
            return remove(&self.place.folder).await;
        }
        stop_everything(&self.place.folder).await;
        Ok(())
    }
}

pub(super) async fn remove(folder: &Path) -> Result<()> {
    stop_everything(folder).await;
    fs::remove_dir_all(folder).at("removing the stack's folder", folder)
}

/// Programs first, then the servers.
pub(super) async fn stop_everything(folder: &Path) {
    let record = Record::load(folder);
    for (name, program) in &record.processes {
        if !is_server(name) {
            program.end(Signal::SIGTERM, PROGRAM_GRACE).await;
        }
    }
    stop_servers(folder).await;
    // Nothing runs any more; a folder that cannot be written is told by the next `up`.
    Record { ports: record.ports, ..Record::default() }.save(folder).ok();
}

/// Temporal, then the PostgreSQL servers at the same time.
pub(super) async fn stop_servers(folder: &Path) {
    temporal::stop(&folder.join("temporal")).await;
    let [source, merge, newest] =
        ["source", "merge", NEWEST].map(|name| folder.join(name).join("data"));
    tokio::join!(postgres::stop(&source), postgres::stop(&merge), postgres::stop(&newest));
}
