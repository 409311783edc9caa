//! A database that a person names by a URL: `TEAL_CATALOG`, the argument of a command.
//!
//! The URL is libpq's: `postgres://user:password@host:port/database?sslmode=…`. A password that it
//! does not hold is looked up at each use, so that it can be rotated under a running process.
//! Read first: [`Address::parse`], [`Address::options`].

use std::{fmt, path::PathBuf};

use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use teal_model::{
    Error, Result,
    release::{Tls, TlsMode},
};
use url::Url;

use super::{connect, tls};
use crate::{
    code,
    credentials::{passfile, pgpass},
};

/// File that holds the password of the catalog alone, such as the entry of a mounted secret.
pub const PASSWORD_FILE: &str = "TEAL_CATALOG_PASSWORD_FILE";

/// Parameters of libpq that mean nothing here; anything else that is unknown is refused, as a
/// mistyped `password=` would else be logged by a library.
const IGNORED: [&str; 14] = [
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "fallback_application_name",
    "gssencmode",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
];
/// Parameters that the library reads itself.
const PASSED_ON: [&str; 7] =
    ["host", "hostaddr", "port", "dbname", "user", "application_name", "options"];

/// Where a database is and how to log in. `Debug` shows the place only.
#[derive(Clone)]
pub struct Address {
    base: PgConnectOptions,
    password: Password,
    /// What the URL says of encryption, if anything.
    mode: Option<TlsMode>,
    ca: Option<PathBuf>,
    /// Certificate and key.
    client: Option<(PathBuf, PathBuf)>,
}

/// Where the password is.
#[derive(Debug, Clone)]
enum Password {
    /// In the URL (or the options) itself, where there is one at all.
    OfAddress,
    /// In `PGPASSWORD`.
    OfEnvironment,
    /// Nowhere that was looked at.
    Missing,
    /// In a file of its own.
    File(PathBuf),
    /// In a password file of libpq.
    Passfile(PathBuf),
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Address").field(&self.place()).finish()
    }
}

impl From<PgConnectOptions> for Address {
    /// Options that hold everything, password included.
    fn from(base: PgConnectOptions) -> Self {
        Self { base, password: Password::OfAddress, mode: None, ca: None, client: None }
    }
}

impl Address {
    /// Reads a URL. Without a password in it, `PGPASSWORD` is one, else a line of the password file
    /// (`passfile=`, `PGPASSFILE`, `~/.pgpass`).
    ///
    /// # Errors
    /// What is wrong, in words that hold nothing of the URL but names of parameters.
    pub fn parse(text: &str) -> Result<Self, String> {
        if !["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Err("it does not begin with postgres://".to_owned());
        }
        let invalid = || "it is not a valid URL".to_owned();
        let mut url = Url::parse(text).map_err(|_may_quote| invalid())?;
        let (own, passed) = Parameters::read(&url)?;
        let has_own = url.password().is_some_and(|password| !password.is_empty());
        let own_password = has_own || own.password.is_some();
        let of_environment = || std::env::var("PGPASSWORD").ok().filter(|p| !p.is_empty());
        let password = if has_own { None } else { own.password.or_else(of_environment) };
        if !has_own {
            // With one the library does not look for others: its reader of password files logs
            // lines that it cannot read.
            url.set_password(Some("-")).map_err(|()| invalid())?;
        }
        url.query_pairs_mut().clear().extend_pairs(passed);
        let mut base = PgConnectOptions::from_url(&url).map_err(|_may_quote| invalid())?;
        if !has_own {
            base = base.password(password.as_deref().unwrap_or_default());
        }
        if let Some(mode) = own.mode {
            base = base.ssl_mode(tls::ssl_mode(mode));
        }
        match base.get_database() {
            None | Some("") => return Err("it names no database".to_owned()),
            // An unescaped `/` in the password ends the host early and leaves its rest here.
            Some(database) if database.contains('@') => {
                return Err("the database's name holds an @; is the password escaped?".to_owned());
            }
            Some(_name) => {}
        }
        let lookup = match (own_password, password) {
            (true, _) => Password::OfAddress,
            (false, Some(_)) => Password::OfEnvironment,
            (false, None) => {
                own.passfile.or_else(passfile).map_or(Password::Missing, Password::Passfile)
            }
        };
        Ok(Self { base, password: lookup, mode: own.mode, ca: own.ca, client: own.client })
    }

    /// As [`Address::parse`], for the catalog: a password that the URL does not hold is also looked
    /// for in the file that `TEAL_CATALOG_PASSWORD_FILE` names.
    ///
    /// # Errors
    /// As [`Address::parse`].
    pub fn parse_catalog(text: &str) -> Result<Self, String> {
        let mut address = Self::parse(text)?;
        let own = Url::parse(text).is_ok_and(|url| has_password(&url));
        let file = std::env::var_os(PASSWORD_FILE).filter(|file| !file.is_empty());
        if let (false, Some(file)) = (own, file) {
            address.password = Password::File(PathBuf::from(file));
        }
        Ok(address)
    }

    /// `host:port/database`, for messages.
    pub fn place(&self) -> String {
        let database = self.base.get_database().unwrap_or_default();
        format!("{}:{}/{database}", self.base.get_host(), self.base.get_port())
    }

    /// Host, or the folder of a socket.
    pub fn host(&self) -> &str {
        let socket = self.base.get_socket().and_then(|folder| folder.to_str());
        socket.unwrap_or_else(|| self.base.get_host())
    }

    /// What the URL says of encryption, in the words of a model.
    pub fn tls(&self) -> Option<Tls> {
        let ca = self.ca.as_ref().map(|ca| ca.display().to_string());
        self.mode.map(|mode| Tls { mode, ca })
    }

    /// TCP port.
    pub fn port(&self) -> u16 {
        self.base.get_port()
    }

    /// Database.
    pub fn database(&self) -> &str {
        self.base.get_database().unwrap_or_default()
    }

    /// Role that logs in.
    pub fn user(&self) -> &str {
        self.base.get_username()
    }

    /// An error of a connection to it: a refused login names who and where the password is from, as
    /// no credential of the model has a part in it.
    #[must_use]
    pub fn explained(&self, error: Error) -> Error {
        if error.code() != code::PG0003 {
            return error;
        }
        let from = match &self.password {
            Password::OfAddress => "the address".to_owned(),
            Password::OfEnvironment => "PGPASSWORD".to_owned(),
            Password::Missing => "nowhere: none was found".to_owned(),
            Password::File(file) | Password::Passfile(file) => file.display().to_string(),
        };
        error.with("user", self.user()).with("password_from", from).hint(
            "correct user and password: the password is that of the address, else PGPASSWORD, else a \
             line of ~/.pgpass; or look at the server's pg_hba.conf",
        )
    }

    /// Whether each use may give another password.
    pub(super) const fn is_looked_up(&self) -> bool {
        matches!(self.password, Password::File(_) | Password::Passfile(_))
    }

    /// How to connect without what has to be looked up.
    pub(super) fn bare(&self) -> PgConnectOptions {
        connect::settled(self.base.clone())
    }

    /// How to connect now, with the password of this moment.
    ///
    /// # Errors
    /// `CRED0001` and `CRED0003` for a password's file, `PG0022` for those of certificates.
    pub fn options(&self) -> Result<PgConnectOptions> {
        let mut options = self.base.clone();
        match &self.password {
            Password::OfAddress | Password::OfEnvironment | Password::Missing => {}
            Password::File(file) => {
                let text = std::fs::read_to_string(file).map_err(|error| {
                    Error::new(code::CRED0003).with("looked_at", file.display()).caused_by(error)
                })?;
                options = options.password(text.trim_end_matches(['\r', '\n']));
            }
            Password::Passfile(file) => {
                let place = pgpass::Place {
                    host: self.host(),
                    port: self.port(),
                    database: self.database(),
                    user: Some(self.user()),
                };
                if let Some(line) = pgpass::find(file, place)? {
                    options = options.password(line.password.reveal());
                }
            }
        }
        if let Some(ca) = &self.ca {
            options = options.ssl_root_cert_from_pem(tls::read_ca(ca)?.into_bytes());
        }
        if let Some((certificate, key)) = &self.client {
            options = options
                .ssl_client_cert_from_pem(tls::read_pem("sslcert", certificate)?)
                .ssl_client_key_from_pem(tls::read_pem("sslkey", key)?);
        }
        Ok(connect::settled(options))
    }
}

fn has_password(url: &Url) -> bool {
    let given = url.password().is_some_and(|password| !password.is_empty());
    given || url.query_pairs().any(|(name, _)| name == "password")
}

/// The parameters that are read here.
#[derive(Default)]
struct Parameters {
    mode: Option<TlsMode>,
    ca: Option<PathBuf>,
    client: Option<(PathBuf, PathBuf)>,
    passfile: Option<PathBuf>,
    password: Option<String>,
}

impl Parameters {
    /// Ours, and those to pass on.
    fn read(url: &Url) -> Result<(Self, Vec<(String, String)>), String> {
        let (mut own, mut passed) = (Self::default(), Vec::new());
        let (mut cert, mut key) = (None, None);
        for (name, value) in url.query_pairs() {
            match name.as_ref() {
                "sslmode" => own.mode = Some(mode(&value)?),
                "sslrootcert" => own.ca = Some(PathBuf::from(value.as_ref())),
                "sslcert" => cert = Some(PathBuf::from(value.as_ref())),
                "sslkey" => key = Some(PathBuf::from(value.as_ref())),
                "passfile" => own.passfile = Some(PathBuf::from(value.as_ref())),
                "password" => own.password = Some(value.into_owned()),
                name if PASSED_ON.contains(&name) => {
                    passed.push((name.to_owned(), value.into_owned()));
                }
                name if IGNORED.contains(&name) => {}
                name => return Err(format!("it has an unknown parameter `{}`", shown(name))),
            }
        }
        own.client = match (cert, key) {
            (Some(cert), Some(key)) => Some((cert, key)),
            (None, None) => None,
            _one_alone => return Err("sslcert and sslkey belong together".to_owned()),
        };
        // libpq's word for the system's own roots, which are always trusted here
        let system = own.ca.take_if(|ca| ca.as_os_str() == "system").is_some();
        own.mode = match own.mode {
            // as libpq: with a root certificate `require` verifies it
            Some(TlsMode::Require) if own.ca.is_some() => Some(TlsMode::VerifyCa),
            None if own.ca.is_some() || system => Some(TlsMode::VerifyFull),
            mode => mode,
        };
        Ok((own, passed))
    }
}

fn mode(word: &str) -> Result<TlsMode, String> {
    // `allow` of libpq would try without TLS first; with it first is as good and safer
    let word = if word == "allow" { "prefer" } else { word };
    let mode = TlsMode::ALL.into_iter().find(|mode| mode.as_str() == word);
    mode.ok_or_else(|| {
        let words = TlsMode::ALL.map(TlsMode::as_str).join(", ");
        format!("its sslmode is none of {words}")
    })
}

/// A name that somebody typed: short and printable, as it may be something else.
fn shown(name: &str) -> String {
    name.chars().take(20).map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(parameters: &str) -> Address {
        Address::parse(&format!("postgres://me:s%40cret@db.example:5433/merge{parameters}"))
            .unwrap()
    }

    #[test]
    fn the_place_and_debug_output_hold_no_password() {
        let address = parsed("");
        assert_eq!(address.place(), "db.example:5433/merge");
        assert_eq!(format!("{address:?}"), "Address(\"db.example:5433/merge\")");
        assert_eq!(address.user(), "me");
    }

    #[test]
    fn parameters_of_tls_are_those_of_libpq() {
        let mode = |parameters: &str| format!("{:?}", parsed(parameters).base.get_ssl_mode());
        assert_eq!(mode("?sslmode=verify-full"), "VerifyFull");
        assert_eq!(mode("?sslmode=require&sslrootcert=/ca.pem"), "VerifyCa");
        assert_eq!(mode("?sslrootcert=/ca.pem"), "VerifyFull");
        assert_eq!(mode("?sslrootcert=system&connect_timeout=3"), "VerifyFull");
        assert_eq!(mode("?sslmode=allow"), "Prefer");
        assert!(parsed("?sslrootcert=system").ca.is_none());
    }

    #[test]
    fn a_missing_ca_is_refused_by_its_path() {
        let error = parsed("?sslrootcert=/nowhere/ca.pem").options().unwrap_err();
        assert!(error.one_line().starts_with("[PG0022]"), "{error}");
        assert!(error.one_line().contains("/nowhere/ca.pem"), "{error}");
    }

    #[test]
    fn the_password_of_a_passfile_is_read_at_each_use() {
        use std::os::unix::fs::PermissionsExt;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o600)).unwrap();
        let url = format!("postgres://me@db:5433/merge?passfile={}", file.path().display());
        let address = Address::parse(&url).unwrap();
        for password in ["first", "second"] {
            std::fs::write(file.path(), format!("db:5433:*:me:{password}\n")).unwrap();
            let url = address.options().unwrap().to_url_lossy();
            assert_eq!(url.password(), Some(password));
        }
    }

    #[test]
    fn what_is_refused_is_never_quoted() {
        for (text, problem) in [
            ("me:hunter2@db/merge", "does not begin"),
            ("postgres://me:hunter2@db:port/merge", "valid URL"),
            ("postgres://me:hunter2@db", "no database"),
            ("postgres://me:1/hunter2@db/merge", "holds an @"),
            ("postgres://me@db/merge?sslmode=hunter2", "sslmode"),
            ("postgres://me@db/merge?pasword=hunter2", "`pasword`"),
            ("postgres://me@db/merge?sslcert=hunter2", "belong together"),
        ] {
            let refused = Address::parse(text).unwrap_err();
            assert!(refused.contains(problem) && !refused.contains("hunter2"), "{text}: {refused}");
        }
    }
}
