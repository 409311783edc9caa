//! Credentials by reference: names in the model, secrets only here, at the moment of use.
//!
//! In: a credentials store and an endpoint. Out: a [`Login`], which says where it was found.
//! Invariant: nothing is kept, so that a rotated secret needs no restart; no error and no `Debug`
//! holds a secret.
//! Read first: [`resolve`], then one module for each store.

mod env;
mod files;
mod home;
pub mod pgpass;
mod secret;

use teal_model::{
    Error, Result, name,
    release::{CredentialStore, PostgresEndpoint},
};

pub use env::variables;
pub use home::passfile;
pub use secret::{Certificate, Login, Secret};

use crate::code;

/// Looks the credential of `endpoint` up, anew at each call.
///
/// # Errors
/// `CRED0001` naming each place that was looked at, `CRED0002` for a name that is none, `CRED0003`
/// for a file that cannot be used.
pub fn resolve(store: &CredentialStore, endpoint: &PostgresEndpoint) -> Result<Login> {
    let name = &endpoint.credential;
    // The model was checked; a release may come from elsewhere, and its names become paths here.
    if let Some(fault) = name::credential_fault(name) {
        return Err(Error::new(code::CRED0002)
            .with("credential", name.escape_debug())
            .with("problem", format!("it {fault}")));
    }
    let found = match store {
        CredentialStore::Env { prefix } => env::look(prefix, endpoint, &env::of_process),
        CredentialStore::Files { dir } => files::look(dir, endpoint),
        CredentialStore::Pgpass { file } => pgpass::look(file.as_deref(), endpoint),
    };
    found.map_err(|error| error.with("credential", name))
}

/// Nothing there: `what` is missing, and these are the places that were looked at.
fn missing(what: &'static str, places: impl std::fmt::Display) -> Error {
    Error::new(code::CRED0001).with("missing", what).with("looked_at", places)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The endpoint of the stores' tests.
    pub(super) fn endpoint() -> PostgresEndpoint {
        PostgresEndpoint {
            host: "db.example".into(),
            port: 5432,
            database: "shop".into(),
            credential: "shop-reader".into(),
            user: None,
            tls: None,
            max_sessions: 4,
        }
    }

    #[test]
    fn a_name_that_leaves_its_folder_is_refused() {
        let store = CredentialStore::Files { dir: "/etc/teal/secrets".into() };
        let endpoint = PostgresEndpoint { credential: "../shadow".into(), ..endpoint() };
        let error = resolve(&store, &endpoint).unwrap_err();
        assert_eq!(error.code(), code::CRED0002);
    }
}
