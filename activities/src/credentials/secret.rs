//! What a credential holds, in types that cannot be printed by accident.

use std::fmt;

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

/// How to log in to a database, and where that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Role name.
    pub user: String,
    /// Its password; `None` where the server needs none (peer, trust, a client certificate).
    pub password: Option<Secret>,
    /// Client certificate, shown to servers that ask for one.
    pub certificate: Option<Certificate>,
    /// Certificates (PEM) that came with the credential and are trusted where the model names none.
    pub ca: Option<String>,
    /// The place, for messages: `environment variables …`, `files …`, `/home/ann/.pgpass line 3`.
    pub found_in: String,
}

/// A client certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The chain, PEM.
    pub chain: String,
    /// Its private key, PEM.
    pub key: Secret,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_hides_every_secret() {
        let login = Login {
            user: "u".into(),
            password: Some(Secret::new("hunter2")),
            certificate: Some(Certificate { chain: "c".into(), key: Secret::new("hunter3") }),
            ca: None,
            found_in: "nowhere".into(),
        };
        assert!(!format!("{login:?}").contains("hunter"));
    }
}
