//! Encryption: which server is believed, and what a failed handshake means.

use std::{
    io,
    path::{Path, PathBuf},
};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use teal_model::{
    Error, Result,
    release::{CredentialStore, PostgresEndpoint, TlsMode},
};

use crate::{code, credentials::Login};

/// Folder from which relative paths of `ca` start, where it is set.
const FOLDER: &str = "TEAL_TLS_DIR";

/// Adds what endpoint and login say of encryption. Where the model says nothing, `PGSSLMODE`,
/// `PGSSLROOTCERT`, `PGSSLCERT` and `PGSSLKEY` of the environment count, as for libpq.
///
/// # Errors
/// `PG0022` for a file of certificates that cannot be read.
pub(super) fn with_tls(
    mut options: PgConnectOptions,
    endpoint: &PostgresEndpoint,
    login: &Login,
    store: &CredentialStore,
) -> Result<PgConnectOptions> {
    if let Some(certificate) = &login.certificate {
        options = options
            .ssl_client_cert_from_pem(&certificate.chain)
            .ssl_client_key_from_pem(certificate.key.reveal());
    }
    let named = endpoint.tls.as_ref().and_then(|tls| tls.ca.as_deref());
    let ca = match named {
        Some(path) => Some(read_ca(&from_folder(path, store))?),
        None => login.ca.clone(),
    };
    if let Some(ca) = ca {
        options = options.ssl_root_cert_from_pem(ca.into_bytes());
    }
    Ok(match &endpoint.tls {
        Some(tls) => options.ssl_mode(ssl_mode(tls.mode)),
        None => options,
    })
}

/// The mode in sqlx's words.
pub(super) const fn ssl_mode(mode: TlsMode) -> PgSslMode {
    match mode {
        TlsMode::Disable => PgSslMode::Disable,
        TlsMode::Prefer => PgSslMode::Prefer,
        TlsMode::Require => PgSslMode::Require,
        TlsMode::VerifyCa => PgSslMode::VerifyCa,
        TlsMode::VerifyFull => PgSslMode::VerifyFull,
    }
}

/// A file of certificates; read at each connect, so that a renewed one counts at once.
///
/// # Errors
/// `PG0022` when it cannot be read or holds none.
pub(super) fn read_ca(path: &Path) -> Result<String> {
    let refused = || Error::new(code::PG0022).with("ca", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| refused().caused_by(error))?;
    if text.contains("-----BEGIN CERTIFICATE-----") {
        Ok(text)
    } else {
        Err(refused().with("problem", "it holds no certificate (PEM)"))
    }
}

/// A file of a client certificate or its key.
///
/// # Errors
/// `PG0022` when it cannot be read.
pub(super) fn read_pem(what: &'static str, path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path)
        .map_err(|error| Error::new(code::PG0022).with(what, path.display()).caused_by(error))
}

/// `TEAL_TLS_DIR`, else the folder of the credentials, else the working directory.
fn from_folder(path: &str, store: &CredentialStore) -> PathBuf {
    let folder = std::env::var_os(FOLDER).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let folder = folder.or_else(|| match store {
        CredentialStore::Files { dir } => Some(PathBuf::from(dir)),
        CredentialStore::Env { .. } | CredentialStore::Pgpass { .. } => None,
    });
    folder.map_or_else(|| PathBuf::from(path), |folder| folder.join(path))
}

/// How a TLS handshake failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handshake {
    /// The server has no TLS.
    NotOffered,
    /// Its certificate is not trusted.
    Untrusted,
    /// Our certificate or key, or the file of authorities, is no use.
    Unusable,
    /// The server does not accept our certificate, or our way of speaking.
    Refused,
    /// Anything else.
    Broken,
}

/// How the TLS handshake failed; `None`: it is something else.
pub(super) fn failed(error: &sqlx::Error) -> Option<Handshake> {
    match error {
        sqlx::Error::Tls(cause) => Some(match cause.downcast_ref::<rustls::Error>() {
            Some(cause) => of_rustls(cause),
            None if cause.to_string().contains("does not support TLS") => Handshake::NotOffered,
            None => Handshake::Unusable,
        }),
        sqlx::Error::Io(cause) => rustls_inside(cause).map(of_rustls),
        sqlx::Error::Configuration(_) => Some(Handshake::Unusable),
        _ => None,
    }
}

/// Whether the answer to a TLS handshake was no TLS at all.
pub(super) fn is_none(error: &sqlx::Error) -> bool {
    let found = match error {
        sqlx::Error::Io(cause) => rustls_inside(cause),
        sqlx::Error::Tls(cause) => cause.downcast_ref::<rustls::Error>(),
        _ => None,
    };
    matches!(found, Some(rustls::Error::InvalidMessage(_)))
}

fn rustls_inside(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

fn of_rustls(error: &rustls::Error) -> Handshake {
    match error {
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
            Handshake::Untrusted
        }
        rustls::Error::AlertReceived(_) => Handshake::Refused,
        rustls::Error::InconsistentKeys(_) => Handshake::Unusable,
        _ => Handshake::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_ca_starts_at_the_folder_of_the_credentials() {
        let files = CredentialStore::Files { dir: "/etc/teal/secrets".into() };
        assert_eq!(from_folder("ca.pem", &files), Path::new("/etc/teal/secrets/ca.pem"));
        assert_eq!(from_folder("/ca.pem", &files), Path::new("/ca.pem"));
        let env = CredentialStore::Env { prefix: String::new() };
        assert_eq!(from_folder("ca.pem", &env), Path::new("ca.pem"));
    }

    #[test]
    fn a_file_without_certificates_is_refused_by_its_path() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "-----BEGIN PRIVATE KEY-----\nhunter2").unwrap();
        let error = read_ca(file.path()).unwrap_err();
        assert_eq!(error.code(), code::PG0022);
        assert!(!error.one_line().contains("hunter2"), "{error}");
    }

    #[test]
    fn failed_handshakes_are_told_apart() {
        let untrusted = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let io = io::Error::new(io::ErrorKind::InvalidData, untrusted);
        assert_eq!(failed(&sqlx::Error::Io(io)), Some(Handshake::Untrusted));
        let alert = rustls::Error::AlertReceived(rustls::AlertDescription::UnknownCA);
        let io = io::Error::new(io::ErrorKind::InvalidData, alert);
        assert_eq!(failed(&sqlx::Error::Io(io)), Some(Handshake::Refused));
        let plain = sqlx::Error::Tls("server does not support TLS".into());
        assert_eq!(failed(&plain), Some(Handshake::NotOffered));
        assert_eq!(failed(&sqlx::Error::Io(io::Error::other("reset"))), None);
    }
}
