//! Credentials by reference: names in the model, secrets only here, at the moment of use.

use std::{fmt, path::PathBuf};

use teal_model::{Error, Result, release::CredentialStore};

use crate::code;

/// A secret text: no `Display`, and `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself. Call it only where the value leaves for its server.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// User and password of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Role name.
    pub user: String,
    /// Its password; `None` where the server needs none (peer, trust).
    pub password: Option<Secret>,
}

/// Looks `name` up, anew at each call, so that a rotated secret needs no restart.
///
/// # Errors
/// `CRED0001` naming each place that was looked at.
pub fn resolve(store: &CredentialStore, name: &str) -> Result<Login> {
    match store {
        CredentialStore::Env { prefix } => {
            let stem = format!("{prefix}{}", name.to_uppercase());
            let (user, password) = (format!("{stem}_USER"), format!("{stem}_PASSWORD"));
            let Some(login) = env_value(&user) else {
                return Err(Error::new(code::CRED0001)
                    .with("credential", name)
                    .with("looked_at", format!("environment variables {user} and {password}")));
            };
            Ok(Login { user: login, password: env_value(&password).map(Secret::new) })
        }
        CredentialStore::Files { dir } => {
            let folder = PathBuf::from(dir).join(name);
            let read = |file: &str| {
                std::fs::read_to_string(folder.join(file))
                    .map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
            };
            let user = read("username").map_err(|error| {
                Error::new(code::CRED0001)
                    .with("credential", name)
                    .with("looked_at", folder.join("username").display())
                    .caused_by(error)
            })?;
            Ok(Login { user, password: read("password").ok().map(Secret::new) })
        }
    }
}

fn env_value(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_credential_names_the_place_that_was_looked_at() {
        let store = CredentialStore::Env { prefix: "TEAL_NOWHERE_".into() };
        let error = resolve(&store, "shop").unwrap_err();
        assert!(error.to_string().contains("TEAL_NOWHERE_SHOP_USER"), "{error}");
    }

    #[test]
    fn debug_output_hides_the_secret() {
        let login = Login { user: "u".into(), password: Some(Secret::new("hunter2")) };
        assert!(!format!("{login:?}").contains("hunter2"));
    }
}
