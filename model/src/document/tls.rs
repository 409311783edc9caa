//! How a connection to PostgreSQL is encrypted, and whom it trusts.

use crate::{
    release::TlsMode,
    yaml::{Refusal, Scalar, Spanned, mapping::mapping, one_of},
};

mapping! {
    /// Encryption of a connection to PostgreSQL. A client certificate is part of the credential.
    pub struct Tls {
        /// What must be true of the server; `verify-full` where it is not said. `disable`: never
        /// encrypted; `prefer`: when the server offers it; `require`: encrypted, whoever answers;
        /// `verify-ca`: by a server with a trusted certificate; `verify-full`: one that is issued for
        /// this host.
        mode: Option<Spanned<TlsMode>>,
        /// File of certificates (PEM) that are trusted besides those of the system. A relative path
        /// starts at `TEAL_TLS_DIR`, else at the folder of `credentials: {files: …}`, else at the
        /// working directory of the process.
        ca: Option<Spanned<String>>,
    }
}

impl Scalar for TlsMode {
    const EXPECTED: &str = "disable, prefer, require, verify-ca or verify-full";

    fn placeholder() -> Self {
        Self::default()
    }

    fn parse(text: &str, _: bool) -> Result<Self, Refusal> {
        one_of(text, &Self::ALL.map(|mode| (mode.as_str(), mode)))
    }
}
