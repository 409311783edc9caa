//! What a stack is like right now.

use std::path::{Path, PathBuf};

use serde::Serialize;
use teal_model::Result;

use super::{SERVERS, Stack};
use crate::{Options, postgres, process::Process, temporal};

/// One look at a stack.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// Folder of its state; `None` when there never was a stack.
    pub folder: Option<PathBuf>,
    /// Whether all servers run.
    pub running: bool,
    /// Servers, then background programs.
    pub servers: Vec<Server>,
}

/// One server or background program.
#[derive(Debug, Clone, Serialize)]
pub struct Server {
    /// `source`, `merge`, `temporal`, `worker`, …
    pub name: String,
    /// Whether it runs.
    pub running: bool,
    /// Its process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<i32>,
    /// `host:port`; empty for a program.
    pub address: String,
    /// Its log.
    pub log: PathBuf,
}

impl Stack {
    /// Looks at the processes; starts and changes nothing.
    ///
    /// # Errors
    /// `DEV0004`–`DEV0006`.
    pub fn status(options: &Options) -> Result<Status> {
        let Some(stack) = Self::find(options)? else {
            return Ok(Status { folder: None, running: false, servers: Vec::new() });
        };
        let mut servers = SERVERS.map(|name| stack.server(name)).to_vec();
        let running = servers.iter().all(|server| server.running);
        servers.extend(stack.programs().into_iter().map(|(name, process)| Server {
            running: true,
            pid: Some(process.pid),
            address: String::new(),
            log: stack.log(&name),
            name,
        }));
        Ok(Status { folder: Some(stack.folder().to_path_buf()), running, servers })
    }

    fn server(&self, name: &str) -> Server {
        let process = running(self.folder(), name);
        let port = match name {
            "source" => self.ports.source,
            "merge" => self.ports.merge,
            _ => self.ports.temporal,
        };
        Server {
            name: name.to_owned(),
            running: process.is_some(),
            pid: process.map(|process| process.pid),
            address: format!("127.0.0.1:{port}"),
            log: self.log(name),
        }
    }
}

/// The process of a server, found by the folder that it works in.
pub(super) fn running(folder: &Path, name: &str) -> Option<Process> {
    match name {
        "temporal" => temporal::running(&folder.join(name)),
        _ => postgres::running(&folder.join(name).join("data")),
    }
}
