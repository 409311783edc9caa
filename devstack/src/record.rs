//! The state file of a stack: what was chosen once (ports, passwords) and what runs (processes).

use std::{
    collections::BTreeMap,
    fmt, fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use teal_model::Result;

use crate::{io::At, ports::Ports, process::Process};

/// What runs, and at which ports. Rewritten after each step, so that a crash loses nothing.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Record {
    pub(crate) ports: Option<Ports>,
    /// Servers and background programs by name.
    pub(crate) processes: BTreeMap<String, Process>,
    /// The Temporal CLI that the server was started with.
    pub(crate) temporal_cli: Option<PathBuf>,
}

/// Passwords of the stack's databases. Written once, before the first server.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Passwords {
    pub(crate) superuser: String,
    pub(crate) merge_rw: String,
    pub(crate) source_reader: String,
}

impl Record {
    /// The stored record; an empty one where there is none or it cannot be read (then the servers
    /// are found by their folders).
    pub(crate) fn load(folder: &Path) -> Self {
        read(&path(folder)).unwrap_or_default()
    }

    pub(crate) fn save(&self, folder: &Path) -> Result<()> {
        write(&path(folder), self)
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passwords")
    }
}

impl Passwords {
    /// The stored passwords.
    pub(crate) fn load(folder: &Path) -> Option<Self> {
        read(&folder.join("passwords.json"))
    }

    /// The stored passwords, or new ones.
    pub(crate) fn load_or_make(folder: &Path) -> Result<Self> {
        if let Some(known) = Self::load(folder) {
            return Ok(known);
        }
        let made = Self {
            superuser: random_word()?,
            merge_rw: random_word()?,
            source_reader: random_word()?,
        };
        write(&folder.join("passwords.json"), &made)?;
        Ok(made)
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("stack.json")
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Whole or not at all, and for our eyes only.
fn write<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let text = serde_json::to_vec_pretty(value).map_err(std::io::Error::from);
    let text = text.at("writing the state of the stack", path)?;
    let aside = path.with_extension("json.new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options
        .open(&aside)
        .and_then(|mut file| file.write_all(&text))
        .and_then(|()| fs::rename(&aside, path))
        .at("writing the state of the stack", path)
}

fn random_word() -> Result<String> {
    let mut bytes = [0_u8; 16];
    let device = Path::new("/dev/urandom");
    fs::File::open(device)
        .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut bytes))
        .at("reading random bytes", device)?;
    Ok(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_record_reads_as_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = Record::default();
        record.processes.insert("source".into(), Process { pid: 1, started: "x".into() });
        record.save(folder.path()).unwrap();
        assert_eq!(Record::load(folder.path()).processes.len(), 1);
        fs::write(path(folder.path()), "{\"proc").unwrap();
        assert!(Record::load(folder.path()).processes.is_empty());
    }

    #[test]
    fn passwords_are_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let first = Passwords::load_or_make(folder.path()).unwrap();
        let second = Passwords::load_or_make(folder.path()).unwrap();
        assert_eq!(first.superuser, second.superuser);
        assert_ne!(first.superuser, first.merge_rw);
    }
}
