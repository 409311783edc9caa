//! Servers of a running stack that die and start again: for tests that end them.

use teal_model::Result;

use super::{Stack, status};
use crate::{
    Progress,
    account::Account,
    folders,
    postgres::Cluster,
    process::{Process, working_in},
    record::Record,
    temporal, tools,
};

impl Stack {
    /// The processes of a server (`source`, `merge` or `temporal`): the one that others depend on, then
    /// these.
    pub fn processes(&self, server: &str) -> Vec<Process> {
        let first = status::running(self.folder(), server);
        let data = self.folder().join(server).join("data");
        let others = working_in(&data).into_iter().filter(|other| Some(other) != first.as_ref());
        let others: Vec<Process> = others.collect();
        first.into_iter().chain(others).collect()
    }

    /// Starts a server again that died, at its port and with its data.
    ///
    /// # Errors
    /// As [`Stack::up`].
    pub async fn revive(&self, server: &'static str, progress: &Progress) -> Result<()> {
        let account = Account::choose()?;
        let cache = folders::cache(&account)?;
        let folder = self.folder().join(server);
        let process = if server == "temporal" {
            let known = Record::load(self.folder()).temporal_cli;
            let program = match known {
                Some(program) => program,
                None => tools::temporal_cli(&cache, progress).await?,
            };
            temporal::Server { program: &program, folder, progress }.up(self.ports).await?
        } else {
            let programs = tools::postgres(self.version, &cache, &account, progress).await?;
            let port = if server == "merge" { self.ports.merge } else { self.ports.source };
            let account = &account;
            let cluster = Cluster { name: server, folder, programs: &programs, account, progress };
            cluster.up(port, &self.passwords.superuser).await?
        };
        let mut record = Record::load(self.folder());
        record.processes.insert(server.to_owned(), process);
        record.save(self.folder())
    }
}
