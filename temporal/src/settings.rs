//! Where the Temporal server is and how to log in, from the environment.
//!
//! The same variables and the same `temporal.toml` as the Temporal CLI: `TEMPORAL_ADDRESS`,
//! `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS*`, `TEMPORAL_PROFILE`,
//! `TEMPORAL_CONFIG_FILE`. Certificates are read when the settings are, so that a renewed file shows
//! as different settings; no error and no `Debug` holds a key.

use std::{env::VarError, path::Path};

use teal_model::{Error, Result};
use temporalio_client::{ConnectionOptions, envconfig::LoadClientConfigProfileOptions};
use temporalio_common::{
    envconfig::{ClientConfigProfile, ClientConfigTLS, ConfigError, DataSource},
    telemetry::metrics::TemporalMeter,
};

use crate::code;

/// Where a server is looked for when nothing says otherwise.
const DEFAULT_ADDRESS: &str = "127.0.0.1:7233";

/// Where the server is and how to log in.
#[derive(Clone)]
pub struct Settings {
    profile: ClientConfigProfile,
    namespace: String,
    identity: String,
    meter: Option<TemporalMeter>,
    /// With its scheme, for messages.
    address: String,
}

/// What new settings ask of an open connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// Nothing.
    Same,
    /// Another API key, which an open connection can take over.
    Key,
    /// A new connection: certificates, address or headers are others.
    Connection,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("address", &self.address())
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Reads environment and `temporal.toml`. `address` and `namespace` override both where given:
    /// the address from a flag, the namespace from the installed release.
    ///
    /// # Errors
    /// `TEMPORAL0002`.
    pub fn from_environment(address: Option<&str>, namespace: Option<&str>) -> Result<Self> {
        let mut profile = temporalio_common::envconfig::load_client_config_profile(
            LoadClientConfigProfileOptions::default(),
            None,
        )
        .map_err(|error| unusable(told(&error)))?;
        if let Some(address) = address {
            profile.address = Some(address.to_owned());
        }
        Self::of_profile(profile, namespace)
    }

    fn of_profile(mut profile: ClientConfigProfile, namespace: Option<&str>) -> Result<Self> {
        profile.api_key =
            profile.api_key.map(|key| key.trim().to_owned()).filter(|k| !k.is_empty());
        if profile.api_key.as_ref().is_some_and(|key| !key.chars().all(|c| c.is_ascii_graphic())) {
            // the SDK would leave the header out without a word
            return Err(unusable("the API key holds spaces or other than ASCII characters"));
        }
        let address = profile.address.get_or_insert_with(|| DEFAULT_ADDRESS.to_owned()).clone();
        if address.starts_with("https://") && profile.tls.is_none() {
            profile.tls = Some(ClientConfigTLS::default());
        }
        let encrypted = match &profile.tls {
            Some(tls) => tls.disabled != Some(true),
            None => profile.api_key.is_some(),
        };
        if encrypted && address.starts_with("http://") {
            return Err(unusable("TLS or an API key is set, but the address begins with http://"));
        }
        if let Some(tls) = profile.tls.as_mut().filter(|_| encrypted) {
            read_files(tls)?;
        }
        let namespace = namespace.map(str::to_owned).or_else(|| profile.namespace.clone());
        let options = options_of(profile.clone())?;
        Ok(Self {
            profile,
            namespace: namespace.unwrap_or_else(|| "default".to_owned()),
            identity: String::new(),
            meter: None,
            address: options.target.as_str().to_owned(),
        })
    }

    /// Name of this process in Temporal's UI (`teal worker 1234@host`).
    #[must_use]
    pub fn identity(mut self, identity: impl Into<String>) -> Self {
        self.identity = identity.into();
        self
    }

    /// Lets the client count its requests.
    #[must_use]
    pub fn meter(mut self, meter: Option<TemporalMeter>) -> Self {
        self.meter = meter;
        self
    }

    /// The server, for messages.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// What these newer settings ask of a connection that was made with `known`.
    pub fn renewal(&self, known: &Self) -> Renewal {
        if self.profile == known.profile {
            return Renewal::Same;
        }
        let mut but_for_key = self.profile.clone();
        but_for_key.api_key.clone_from(&known.profile.api_key);
        let has_both = self.profile.api_key.is_some() && known.profile.api_key.is_some();
        if has_both && but_for_key == known.profile { Renewal::Key } else { Renewal::Connection }
    }

    pub(crate) fn api_key(&self) -> Option<String> {
        self.profile.api_key.clone()
    }

    pub(crate) fn connection(&self) -> Result<ConnectionOptions> {
        let mut options = options_of(self.profile.clone())?;
        options.identity.clone_from(&self.identity);
        options.metrics_meter.clone_from(&self.meter);
        Ok(options)
    }

    /// As [`Self::connection`], for requests that are counted elsewhere.
    pub(crate) fn unmetered(&self) -> Result<ConnectionOptions> {
        let mut options = self.connection()?;
        options.metrics_meter = None;
        Ok(options)
    }
}

fn options_of(profile: ClientConfigProfile) -> Result<ConnectionOptions> {
    ConnectionOptions::try_from(profile).map_err(|error| unusable(told(&error)))
}

/// Puts the files' contents in the place of their paths.
fn read_files(tls: &mut ClientConfigTLS) -> Result<()> {
    if tls.disable_host_verification {
        return Err(unusable(
            "the verification of the server's name cannot be switched off; \
             TEMPORAL_TLS_SERVER_NAME says which name its certificate has",
        ));
    }
    for (what, source) in [
        ("client certificate", &mut tls.client_cert),
        ("client key", &mut tls.client_key),
        ("server's certificate authority", &mut tls.server_ca_cert),
    ] {
        if let Some(DataSource::Path(path)) = source {
            let read = std::fs::read(Path::new(path)).map_err(|error| {
                unusable(format!("the {what} cannot be read")).with("file", &*path).caused_by(error)
            })?;
            *source = Some(DataSource::Data(read));
        }
        if let Some(DataSource::Data(data)) = source
            && !data.windows(11).any(|window| window == b"-----BEGIN ")
        {
            return Err(unusable(format!("the {what} is not PEM text")));
        }
    }
    if tls.client_cert.is_some() != tls.client_key.is_some() {
        return Err(unusable("a client certificate and its key belong together"));
    }
    Ok(())
}

fn unusable(problem: impl Into<String>) -> Error {
    Error::new(code::TEMPORAL0002).with("problem", problem.into())
}

/// What may be told of it: parsers quote lines of the file, and a variable's value may be a key.
fn told(error: &ConfigError) -> String {
    match error {
        ConfigError::LoadError(cause) if cause.is::<VarError>() => {
            "a variable is not valid text".to_owned()
        }
        ConfigError::LoadError(cause) => {
            cause.to_string().lines().next().unwrap_or_default().to_owned()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use temporalio_common::envconfig::{ClientConfig, ClientConfigFromTOMLOptions};

    use super::*;

    /// Settings from a file's text, as `temporal.toml` has them.
    fn of_toml(text: &str) -> Result<Settings> {
        let options = ClientConfigFromTOMLOptions::default();
        let config = ClientConfig::from_toml(text.as_bytes(), options)
            .map_err(|error| unusable(told(&error)))?;
        Settings::of_profile(config.profiles["default"].clone(), None)
    }

    #[test]
    fn flag_and_release_win_over_the_environment() {
        let settings = Settings::from_environment(Some("10.0.0.1:7233"), Some("acme")).unwrap();
        assert_eq!(settings.address(), "http://10.0.0.1:7233/");
        assert_eq!(settings.namespace(), "acme");
    }

    #[test]
    fn an_api_key_or_https_switches_tls_on() {
        for text in [
            "[profile.default]\naddress = \"t.example:7233\"\napi_key = \"k\"",
            "[profile.default]\naddress = \"https://t.example:7233\"",
            "[profile.default]\naddress = \"t.example:7233\"\n[profile.default.tls]\nserver_name = \"x\"",
        ] {
            let settings = of_toml(text).unwrap();
            assert_eq!(settings.address(), "https://t.example:7233/", "{text}");
            assert!(settings.connection().unwrap().tls_options.is_some(), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_told_without_its_secrets() {
        for (text, told) in [
            ("[profile.default]\napi_key = hunter2", "TOML parse error at line 2"),
            ("[profile.default]\napi_key = \"hunter 2\"", "API key holds spaces"),
            ("[profile.default]\naddress = \"http://t:7233\"\napi_key = \"hunter2\"", "http://"),
            (
                "[profile.default.tls]\nclient_cert_path = \"/nowhere/tls.crt\"",
                "file: /nowhere/tls.crt",
            ),
            ("[profile.default.tls]\nclient_key_data = \"hunter2\"", "is not PEM"),
            ("[profile.default.tls]\nclient_key_data = \"-----BEGIN hunter2\"", "belong together"),
            ("[profile.default.tls]\ndisable_host_verification = true", "TEMPORAL_TLS_SERVER_NAME"),
        ] {
            let line = of_toml(text).unwrap_err().one_line();
            assert!(line.starts_with("[TEMPORAL0002]") && line.contains(told), "{text}: {line}");
            assert!(!line.contains("hunter"), "{line}");
        }
    }

    #[test]
    fn a_new_key_is_taken_over_and_new_certificates_need_a_new_connection() {
        let settings = |key: &str, ca: &str| {
            of_toml(&format!(
                "[profile.default]\napi_key = \"{key}\"\n[profile.default.tls]\n\
                 server_ca_cert_data = \"-----BEGIN {ca}\""
            ))
            .unwrap()
        };
        let known = settings("a", "1");
        assert_eq!(settings("a", "1").renewal(&known), Renewal::Same);
        assert_eq!(settings("b", "1").renewal(&known), Renewal::Key);
        assert_eq!(settings("b", "2").renewal(&known), Renewal::Connection);
        assert!(!format!("{known:?}").contains("BEGIN"));
    }
}
