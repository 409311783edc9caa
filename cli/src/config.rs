//! What the environment says. The one place of the command line that reads it.
//!
//! | variable | means | default |
//! |---|---|---|
//! | `TEAL_CATALOG` | database of the control catalog, `postgres://user:password@host:port/db?sslmode=…` | none |
//! | `TEAL_CATALOG_PASSWORD_FILE`, `PGPASSWORD`, `PGPASSFILE` | its password, where the URL holds none (read by `teal_activities::pg::Address`) | `~/.pgpass` |
//! | `TEAL_TLS_DIR` | where relative paths of `ca` start | the credentials' folder |
//! | `TEMPORAL_ADDRESS`, … | Temporal frontend, as for the Temporal CLI (read by `teal_temporal::connect`) | `127.0.0.1:7233` |
//! | `TEAL_CREDENTIAL_<NAME>_USER`, `…_PASSWORD` | credentials, when the model says `env` | none |
//! | `TEAL_METRICS_ADDR` | where a worker offers metrics and health | 127.0.0.1:9464 |
//! | `TEAL_TEMPORAL_UI` | address of Temporal's UI, for links: `http://127.0.0.1:8233` | none |
//! | `RUST_LOG` | filter of the logs | `info` for workers, else none |
//! | `NO_COLOR` | no colour when set | unset |
//! | `TEAL_FAILPOINTS` | for tests: where the process dies (`teal_failpoint::arm`) | unset |

use std::env;

use nix::unistd::{Uid, User};
use teal_activities::pg::Address;
use teal_model::{Error, Result, release::CredentialStore};

use crate::code;

/// Shown below the help of every command.
pub(crate) const ENVIRONMENT_HELP: &str = "\
Environment:
  TEAL_CATALOG        database of the control catalog: postgres://user:password@host:port/db,
                      with sslmode=, sslrootcert=, sslcert=, sslkey= and passfile= as for psql
  TEAL_CATALOG_PASSWORD_FILE
                      file of its password, read anew at each connect; else PGPASSWORD, PGPASSFILE
  TEMPORAL_ADDRESS    Temporal frontend [default: 127.0.0.1:7233]; TEMPORAL_API_KEY, TEMPORAL_TLS_*
                      and temporal.toml as for the Temporal CLI
  TEAL_CREDENTIAL_<NAME>_USER, TEAL_CREDENTIAL_<NAME>_PASSWORD
                      user and password of the credential <name> of the model
  TEAL_METRICS_ADDR   where `teal worker` offers metrics and health: 127.0.0.1:9464, or off
  TEAL_TEMPORAL_UI    address of Temporal's UI, for links, such as http://127.0.0.1:8233
  NO_COLOR            no colour when set

Exit codes: 0 done, 1 the request cannot be met, 64 wrong usage.";

/// The catalog that `TEAL_CATALOG` names.
///
/// # Errors
/// `CLI0001` when it is not set, `CLI0002` when it cannot be read. The value itself is never
/// printed, as it holds a password.
pub fn catalog() -> Result<Address> {
    let address = env::var("TEAL_CATALOG").unwrap_or_default();
    parse_catalog(address.trim())
}

fn parse_catalog(address: &str) -> Result<Address> {
    if address.is_empty() {
        return Err(Error::new(code::CLI0001));
    }
    Address::parse_catalog(address)
        .map_err(|problem| Error::new(code::CLI0002).with("problem", problem))
}

/// Where credentials are looked up as long as no model has said so.
pub fn default_credentials() -> CredentialStore {
    CredentialStore::Env { prefix: "TEAL_CREDENTIAL_".to_owned() }
}

/// Who runs this command, for the audit: `user@host`.
pub fn whoami() -> String {
    let user = match User::from_uid(Uid::effective()) {
        Ok(Some(user)) => user.name,
        Ok(None) | Err(_) => Uid::effective().to_string(), // a container without a passwd entry
    };
    format!("{user}@{}", host())
}

/// Name of this process among others of its kind: `1234@host`.
pub fn process_name() -> String {
    format!("{}@{}", std::process::id(), host())
}

/// What `RUST_LOG` says about logs.
pub fn log_filter() -> Option<String> {
    env::var("RUST_LOG").ok().filter(|filter| !filter.is_empty())
}

/// Where people find Temporal's UI, without a slash at the end; `None`: nobody said.
pub fn temporal_ui() -> Option<String> {
    let address = env::var("TEAL_TEMPORAL_UI").ok()?;
    Some(address.trim_end_matches('/').to_owned()).filter(|address| !address.is_empty())
}

/// What tests arm; an empty text: nothing.
pub(crate) fn failpoints() -> String {
    env::var(teal_failpoint::VARIABLE).unwrap_or_default()
}

/// Whether the terminal cannot do more than print one line after another.
pub fn terminal_is_dumb() -> bool {
    env::var_os("TERM").is_some_and(|term| term == "dumb")
}

fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| env::var("HOSTNAME").ok())
        .map(|host| host.trim().to_owned())
        .filter(|host| !host.is_empty())
        .unwrap_or_else(|| "localhost".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalog_address_is_read_without_its_password() {
        let catalog = parse_catalog("postgres://me:s%40cret@db.example:5433/merge").unwrap();
        assert_eq!(catalog.place(), "db.example:5433/merge");
    }

    #[test]
    fn a_bad_catalog_address_is_refused_and_never_printed() {
        for (address, id) in [
            ("", "CLI0001"),
            ("me:hunter2@db/merge", "CLI0002"),
            ("mysql://me:hunter2@db/merge", "CLI0002"),
            ("postgres://me:hunter2@db:port/merge", "CLI0002"),
            ("postgres://me:hunter2@db", "CLI0002"),
            ("postgres://me:1/hunter2@db/merge", "CLI0002"),
            ("postgres://me:hunter2@db/merge?sslmode=hunter2", "CLI0002"),
        ] {
            let error = parse_catalog(address).unwrap_err();
            assert_eq!(error.code().id, id, "{address}");
            assert!(!crate::ui::error::render(&error).contains("hunter2"), "{address}");
        }
    }
}
