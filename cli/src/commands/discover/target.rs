//! Which store is discovered, and how its database is reached.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use sqlx::{PgConnection, postgres::PgConnectOptions};
use teal_activities::{
    Io,
    pg::{self, Address},
};
use teal_model::{
    Documents, Error, Result,
    discover::{NewStore, Selection, is_legal_name, legal_name},
    document::datastore::Datastore,
};

use super::Args;
use crate::code;

/// Name of the session at the source.
const APPLICATION: &str = "teal/discover";

/// The store that is discovered.
#[derive(Debug)]
pub(super) struct Target {
    /// Its name.
    pub(super) store: String,
    /// Its document, when the model has none yet.
    pub(super) new: Option<NewStore>,
    /// The file of that document.
    pub(super) file: PathBuf,
    /// Where files of new datasets are put.
    pub(super) folder: PathBuf,
    /// Which tables are looked at.
    pub(super) selection: Selection,
    /// How the database is reached when the person said so.
    address: Option<Address>,
    /// What a person should look at.
    pub(super) warning: Option<String>,
    /// What a person should know afterwards.
    pub(super) note: Option<String>,
}

impl Target {
    /// # Errors
    /// `CLI0053` for an address that cannot be read, `CLI0054` when it is not clear which store is
    /// meant, `CLI0055` when it is not clear who owns a new one.
    pub(super) fn choose(
        args: &Args,
        url: Option<&str>,
        documents: &Documents,
        model: &Path,
    ) -> Result<Self> {
        let parse = |url: &str| {
            Address::parse(url).map_err(|why| Error::new(code::CLI0053).with("problem", why))
        };
        let address = url.map(parse).transpose()?;
        match known(args, address.as_ref(), documents)? {
            Some(store) => Ok(Self::existing(args, address, store, documents, model)),
            None => match address {
                Some(address) => Self::new(args, address, documents, model),
                None => Err(unclear(args, documents)),
            },
        }
    }

    fn existing(
        args: &Args,
        address: Option<Address>,
        store: &Datastore,
        documents: &Documents,
        model: &Path,
    ) -> Self {
        let name = store.name.value.clone();
        let file = documents
            .file_of(store.name.at)
            .map_or_else(|| model.to_owned(), |file| PathBuf::from(&file.path));
        let folder = file.parent().unwrap_or(model).join(&name);
        let mut selection = Selection::of(store.discover.as_ref());
        let known = known_schemas(&name, documents);
        if store.discover.is_none() && !known.is_empty() {
            selection.schemas = known;
        }
        let elsewhere = address.as_ref().filter(|address| !is_at(store, address));
        let usual = selection.clone();
        let selection = asked(selection, args);
        let note = (selection != usual).then(|| {
            format!(
                "this run looked where it was told to; the next one looks where `discover:` of the \
                 Datastore `{name}` says"
            )
        });
        let warning = elsewhere.map(|address| {
            format!(
                "{} is not where the Datastore `{name}` says that its source is",
                address.place()
            )
        });
        Self { store: name, new: None, file, folder, selection, address, warning, note }
    }

    fn new(args: &Args, address: Address, documents: &Documents, model: &Path) -> Result<Self> {
        let store = args.store.clone().unwrap_or_else(|| legal_name(address.database()));
        let selection = asked(Selection::of(None), args);
        if !is_legal_name(&store) {
            return Err(Error::new(code::CLI0052).with("store", store.escape_debug()));
        }
        let folder = model.join("stores");
        let new = NewStore {
            name: store.clone(),
            team: team(args, documents)?,
            host: bare(address.host()).to_owned(),
            port: address.port(),
            database: address.database().to_owned(),
            tls: address.tls(),
            credential: args.credential.clone().unwrap_or_else(|| format!("{store}_reader")),
            selection: selection.clone(),
        };
        Ok(Self {
            file: folder.join(format!("{store}.yaml")),
            folder: folder.join(&store),
            store,
            new: Some(new),
            selection,
            address: Some(address),
            warning: None,
            note: None,
        })
    }

    /// The folder of datasets as the document of the store names it.
    pub(super) fn folder_shown(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Role that logged in by the address, for the next step.
    pub(super) fn user(&self) -> Option<&str> {
        self.address.as_ref().map(Address::user)
    }
}

/// The connection.
///
/// # Errors
/// Those of the credential and of the connection, with the name of the server.
pub(super) async fn open(target: &Target, documents: &Documents) -> Result<PgConnection> {
    let Some(address) = &target.address else {
        let (endpoint, store) = teal_model::source_of(documents, &target.store)
            .ok_or_else(|| Error::new(code::CLI0054).with("store", &target.store))?;
        // The catalog of this `Io` is never opened.
        let io = Io::new(PgConnectOptions::new_without_pgpass(), store, APPLICATION, 1);
        return io.connect(&endpoint, APPLICATION).await;
    };
    let options = address.options()?.application_name(APPLICATION);
    let connected = pg::connect(&options).await;
    connected.map_err(|error| address.explained(error.with("server", address.place())))
}

/// The store that the model has already, if one is meant.
fn known<'a>(
    args: &Args,
    address: Option<&Address>,
    documents: &'a Documents,
) -> Result<Option<&'a Datastore>> {
    let stores = &documents.datastores;
    match (&args.store, address) {
        (Some(name), _) => Ok(stores.iter().find(|store| store.name.value == *name)),
        (None, Some(address)) => {
            let here: Vec<&Datastore> =
                stores.iter().filter(|store| is_at(store, address)).collect();
            match here.as_slice() {
                [] => Ok(None),
                [store] => Ok(Some(store)),
                _ => Err(unclear(args, documents)),
            }
        }
        (None, None) => match stores.as_slice() {
            [store] => Ok(Some(store)),
            _ => Err(unclear(args, documents)),
        },
    }
}

fn unclear(args: &Args, documents: &Documents) -> Error {
    let names: Vec<&str> =
        documents.datastores.iter().map(|store| store.name.value.as_str()).collect();
    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let error = Error::new(code::CLI0054);
    match &args.store {
        Some(store) => error.with("store", store.escape_debug()).with("stores", names),
        None => error.with("stores", names),
    }
}

fn is_at(store: &Datastore, address: &Address) -> bool {
    let source = &store.source.postgres;
    let port = source.port.as_ref().map_or(5432, |port| port.value.get());
    source.host.value == bare(address.host())
        && port == address.port()
        && source.database.value == address.database()
}

/// A numeric address without the brackets that URLs put around it.
fn bare(host: &str) -> &str {
    host.trim_matches(['[', ']'])
}

/// Who owns what is new.
///
/// # Errors
/// `CLI0055` when the model has no team, or several.
pub(super) fn team(args: &Args, documents: &Documents) -> Result<String> {
    let teams: Vec<&str> = documents.teams.iter().map(|team| team.name.value.as_str()).collect();
    match (&args.team, teams.as_slice()) {
        (Some(team), _) => Ok(team.clone()),
        (None, [team]) => Ok((*team).to_owned()),
        (None, []) => Err(Error::new(code::CLI0055).with("teams", "none")),
        (None, teams) => Err(Error::new(code::CLI0055).with("teams", teams.join(", "))),
    }
}

/// Schemas of the tables that the store has already.
fn known_schemas(store: &str, documents: &Documents) -> Vec<String> {
    let datasets = documents.datasets.iter().filter(|dataset| dataset.store.value == store);
    let schemas: BTreeSet<String> = datasets
        .filter_map(|dataset| Some(dataset.body.table.as_ref()?.table.schema.clone()))
        .collect();
    schemas.into_iter().collect()
}

/// What the command line says goes over what the model says.
fn asked(mut selection: Selection, args: &Args) -> Selection {
    for (said, asked) in [
        (&mut selection.schemas, &args.schemas),
        (&mut selection.tables, &args.tables),
        (&mut selection.exclude, &args.exclude),
    ] {
        if !asked.is_empty() {
            said.clone_from(asked);
        }
    }
    selection.views &= !args.no_views;
    selection.foreign_tables &= !args.no_foreign_tables;
    selection
}
