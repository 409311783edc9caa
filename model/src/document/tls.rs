//! How a connection to PostgreSQL is encrypted, and whom it trusts.

use crate::{
    release::TlsMode,
    yaml::{Spanned, Word, mapping::mapping},
};

mapping! {
    /// Encryption of a connection to PostgreSQL. A client certificate is part of the credential.
    pub struct Tls {
        /// What must be true of the server.
        mode: Option<Spanned<TlsMode>> = "verify-full",
        /// File of certificates (PEM) that are trusted besides those of the system. A relative path
        /// starts at `TEAL_TLS_DIR`, else at the folder of `credentials: {files: …}`, else at the
        /// working directory of the process.
        ca: Option<Spanned<String>>,
    }
}

impl Word for TlsMode {
    const EXPECTED: &str = "disable, prefer, require, verify-ca or verify-full";

    const WORDS: &'static [(&'static str, Self, &'static str)] = &[
        (Self::Disable.as_str(), Self::Disable, "never encrypted"),
        (Self::Prefer.as_str(), Self::Prefer, "encrypted when the server offers it, unverified"),
        (Self::Require.as_str(), Self::Require, "encrypted, whoever answers"),
        (Self::VerifyCa.as_str(), Self::VerifyCa, "by a server with a trusted certificate"),
        (
            Self::VerifyFull.as_str(),
            Self::VerifyFull,
            "by a server with a trusted certificate that is issued for this host",
        ),
    ];
}
