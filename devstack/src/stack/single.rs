//! One PostgreSQL server by itself, for tests that set it up in their own way.

use std::{fs, os::unix::fs::PermissionsExt};

use teal_model::Result;

use super::{down::remove, place::Place};
use crate::{
    Options, account::Account, folders, io::At, ports, postgres::Cluster, record::Passwords, tools,
};

/// Named as a stack's source is, so that an orphan is found and swept away as part of a stack.
const NAME: &str = "source";

/// A running server. With a private name it ends with its owner, at the latest at the next start of a
/// private stack.
#[derive(Debug)]
pub struct Single {
    place: Place,
    account: Account,
    port: u16,
    url: String,
}

impl Single {
    /// Starts a new server.
    ///
    /// # Errors
    /// `DEV0001`–`DEV0007`.
    pub async fn up(options: &Options) -> Result<Self> {
        let account = Account::choose()?;
        let place = Place::make(options, &account).await?;
        let cache = folders::cache(&account)?;
        let programs =
            tools::postgres(options.version, &cache, &account, &options.progress).await?;
        let password = Passwords::load_or_make(&place.folder)?.superuser;
        let port = ports::free(&place.folder, None, &[]);
        let cluster = Cluster {
            name: NAME,
            folder: place.folder.join(NAME),
            programs: &programs,
            account: &account,
            progress: &options.progress,
        };
        cluster.up(port, &password).await?;
        let url = crate::postgres::url("postgres", &password, port, "postgres");
        Ok(Self { place, account, port, url })
    }

    /// Its database `postgres`, as superuser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its port, at 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Puts a file into its data folder, readable by the server alone.
    ///
    /// # Errors
    /// `DEV0005`.
    pub fn put(&self, name: &str, contents: &str) -> Result<()> {
        let path = self.place.folder.join(NAME).join("data").join(name);
        fs::write(&path, contents).at("writing a file of PostgreSQL", &path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))
            .at("closing a file", &path)?;
        self.account.own(&path)
    }

    /// Ends the server and removes its data.
    ///
    /// # Errors
    /// `DEV0005`.
    pub async fn end(self) -> Result<()> {
        remove(&self.place.folder).await
    }
}
