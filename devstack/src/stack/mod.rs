//! The whole stack: up, down, what it is like, and the programs that run beside it.

mod down;
mod place;
mod programs;
mod revive;
mod single;
mod status;

use std::path::{Path, PathBuf};

use teal_model::Result;

pub use single::Single;
pub use status::{Server, Status};

use crate::{
    Environment, Options,
    account::Account,
    folders,
    options::Version,
    ports::{self, Ports},
    postgres::{self, Cluster, MERGE_ROLE, SOURCE_ROLE},
    record::{Passwords, Record},
    temporal, tools,
};
use place::Place;

/// Names of the servers, in the order in which they are shown.
const SERVERS: [&str; 3] = ["source", "merge", "temporal"];
/// The PostgreSQL of the newest version that tests have beside these.
const NEWEST: &str = "newest";

/// A running stack: two PostgreSQL servers and a Temporal dev server; for tests a third PostgreSQL.
#[derive(Debug)]
pub struct Stack {
    place: Place,
    version: Version,
    newest: bool,
    ports: Ports,
    passwords: Passwords,
}

impl Stack {
    /// Starts what does not run, and leaves alone what does. Works after a crash of anything.
    ///
    /// # Errors
    /// `DEV0001`–`DEV0007`; what had started by then keeps running until [`Stack::down`].
    pub async fn up(options: &Options) -> Result<Self> {
        let account = Account::choose()?;
        let mut place = Place::make(options, &account).await?;
        let cache = folders::cache(&account)?;
        let programs =
            tools::postgres(options.version, &cache, &account, &options.progress).await?;
        let newest = newest_programs(options, &cache, &account).await;
        let cli = tools::temporal_cli(&cache, &options.progress).await?;

        let passwords = Passwords::load_or_make(&place.folder)?;
        let mut record = Record::load(&place.folder);
        // A free port is free until somebody listens: stacks choose and start one after another.
        let choosing = place::lock(&cache.join("ports"), "another stack starts", options).await?;
        let ports = settle_ports(&mut record, &place.folder, options).await?;
        record.temporal_cli = Some(cli.clone());
        let cluster = |name, programs| Cluster {
            name,
            folder: place.folder.join(name),
            programs,
            account: &account,
            progress: &options.progress,
        };
        let (source, merge) = (cluster("source", &programs), cluster("merge", &programs));
        let beside = async {
            let Some(programs) = &newest else { return Ok(None) };
            cluster(NEWEST, programs).up(ports.newest, &passwords.superuser).await.map(Some)
        };
        let folder = place.folder.join("temporal");
        let server = temporal::Server { program: &cli, folder, progress: &options.progress };
        let (source, merge, server, beside) = tokio::join!(
            source.up(ports.source, &passwords.superuser),
            merge.up(ports.merge, &passwords.superuser),
            server.up(ports),
            beside,
        );
        drop(choosing);
        record.processes.extend(beside?.map(|process| (NEWEST.to_owned(), process)));
        for (name, started) in SERVERS.into_iter().zip([source, merge, server]) {
            record.processes.insert(name.to_owned(), started?);
            record.save(&place.folder)?;
        }
        let known = &passwords;
        postgres::prepare_source(ports.source, &known.superuser, &known.source_reader).await?;
        postgres::prepare_merge(ports.merge, &known.superuser, &known.merge_rw).await?;
        place.settled();
        let version = options.version;
        Ok(Self { place, version, newest: newest.is_some(), ports, passwords })
    }

    /// The stack as it was started last, running or not; `None` when there never was one.
    ///
    /// # Errors
    /// `DEV0004`–`DEV0006`.
    pub fn find(options: &Options) -> Result<Option<Self>> {
        let place = Place::of(options, &Account::choose()?)?;
        let (ports, passwords) =
            (Record::load(&place.folder).ports, Passwords::load(&place.folder));
        let Options { version, newest, .. } = *options;
        let known = ports.zip(passwords);
        Ok(known.map(|(ports, passwords)| Self { place, version, newest, ports, passwords }))
    }

    /// Folder of everything that this stack keeps.
    pub fn folder(&self) -> &Path {
        &self.place.folder
    }

    /// The source's database, as superuser: for loaders, change drivers and tests.
    pub fn source_url(&self) -> String {
        postgres::url("postgres", &self.passwords.superuser, self.ports.source, "source")
    }

    /// The merge store's database, as superuser: for checks and tests.
    pub fn merge_url(&self) -> String {
        postgres::url("postgres", &self.passwords.superuser, self.ports.merge, "merge")
    }

    /// The control catalog as `teal` opens it (`TEAL_CATALOG`): no superuser.
    pub fn catalog_url(&self) -> String {
        postgres::url(MERGE_ROLE, &self.passwords.merge_rw, self.ports.merge, "merge")
    }

    /// Port of the source's server.
    pub fn source_port(&self) -> u16 {
        self.ports.source
    }

    /// Port of the merge store's server.
    pub fn merge_port(&self) -> u16 {
        self.ports.merge
    }

    /// `host:port` of the Temporal server (`TEMPORAL_ADDRESS`).
    pub fn temporal_address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.temporal)
    }

    /// Where a browser finds the Temporal UI.
    pub fn ui_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.ui)
    }

    /// Where a server's (or background program's) output goes.
    pub fn log(&self, name: &str) -> PathBuf {
        programs::log(&self.place.folder, name)
    }

    /// What points `teal` and `temporal` at this stack.
    pub fn environment(&self) -> Environment {
        let mut variables = vec![
            ("TEAL_CATALOG", self.catalog_url()),
            ("TEMPORAL_ADDRESS", self.temporal_address()),
            ("TEAL_TEMPORAL_UI", self.ui_url()),
            ("TEAL_CREDENTIAL_MERGE_RW_USER", MERGE_ROLE.to_owned()),
            ("TEAL_CREDENTIAL_MERGE_RW_PASSWORD", self.passwords.merge_rw.clone()),
            ("TEAL_CREDENTIAL_SOURCE_READER_USER", SOURCE_ROLE.to_owned()),
            ("TEAL_CREDENTIAL_SOURCE_READER_PASSWORD", self.passwords.source_reader.clone()),
        ];
        let cli = Record::load(self.folder()).temporal_cli;
        variables.extend(cli.and_then(|cli| tools::path_with(&cli)).map(|path| ("PATH", path)));
        Environment(variables)
    }

    /// What points the tests at this stack.
    pub fn test_environment(&self) -> Environment {
        let mut variables = vec![
            ("TEAL_TEST_SOURCE", self.source_url()),
            ("TEAL_TEST_MERGE", self.merge_url()),
            ("TEAL_TEST_TEMPORAL", self.temporal_address()),
        ];
        if self.newest {
            let (password, port) = (&self.passwords.superuser, self.ports.newest);
            let url = postgres::url("postgres", password, port, "postgres");
            variables.push(("TEAL_TEST_NEWEST", url));
        }
        Environment(variables)
    }
}

/// The newest PostgreSQL, where it is wanted. A machine that cannot get it runs all tests but those
/// that need it; these say what is missing.
async fn newest_programs(
    options: &Options,
    cache: &Path,
    account: &Account,
) -> Option<tools::Postgres> {
    if !options.newest {
        return None;
    }
    match tools::postgres(Version::Newest, cache, account, &options.progress).await {
        Ok(programs) => Some(programs),
        Err(error) => {
            options.progress.say(format!("warning{}", error.one_line()));
            options.progress.say(format!("  tests against it will fail: {}", error.help()));
            None
        }
    }
}

/// The remembered ports; new ones where there are none, or where a stranger took one meanwhile.
async fn settle_ports(record: &mut Record, folder: &Path, options: &Options) -> Result<Ports> {
    let Some(mut ports) = record.ports else {
        // Servers without a record of their ports: started by a run that died early.
        down::stop_servers(folder).await;
        let ports = Ports::choose(folder, options.usual_ports);
        record.ports = Some(ports);
        record.save(folder)?;
        return Ok(ports);
    };
    let [source, merge, temporal] = SERVERS.map(|name| status::running(folder, name).is_some());
    let newest = status::running(folder, NEWEST).is_some();
    let mut taken = vec![ports.source, ports.merge, ports.temporal, ports.ui, ports.newest];
    for (port, runs) in [
        (&mut ports.source, source),
        (&mut ports.merge, merge),
        (&mut ports.temporal, temporal),
        (&mut ports.ui, temporal),
        (&mut ports.newest, newest),
    ] {
        if !runs && !ports::is_free(*port) {
            let other = ports::free(folder, None, &taken);
            options.progress.say(format!("port {port} is in use by now, taking {other}"));
            taken.push(other);
            *port = other;
        }
    }
    record.ports = Some(ports);
    record.save(folder)?;
    Ok(ports)
}
