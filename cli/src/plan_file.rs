//! A plan in a file: made once, looked at by whoever has to, applied exactly so.
//!
//! It holds names, numbers and statements, never a secret; still, where databases are and who reads
//! what is for its owner to hand on, so nobody else may read it.

use std::{
    fs,
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use serde::{Deserialize, Serialize};
use teal_model::{Error, Result, plan::Plan, release::Release};

use crate::code;

/// Its owner reads and writes it.
const MODE: u32 = 0o600;

/// Grows when a file of an earlier form can no longer be read.
const FORMAT: u32 = 1;

/// What stands in the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PlanFile {
    format: u32,
    /// Version of the program that wrote it.
    teal: String,
    /// Content addresses, so that a file that was edited is told.
    hash: String,
    pub(crate) plan: Plan,
    pub(crate) release: Release,
}

impl PlanFile {
    /// A file for this plan.
    pub(crate) fn new(plan: &Plan, release: &Release) -> Self {
        Self {
            format: FORMAT,
            teal: env!("CARGO_PKG_VERSION").to_owned(),
            hash: plan.hash(),
            plan: plan.clone(),
            release: release.clone(),
        }
    }

    /// Writes it.
    ///
    /// # Errors
    /// `CLI0080`.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let refused = || Error::new(code::CLI0080).with("file", path.display());
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| refused().caused_by(error.to_string()))?;
        put(path, &(text + "\n")).map_err(|error| refused().caused_by(error))
    }

    /// Reads it.
    ///
    /// # Errors
    /// `CLI0081` when it is none, of another version, or was edited.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let refused = |problem: String| {
            Error::new(code::CLI0081).with("file", path.display()).with("problem", problem)
        };
        let text = fs::read_to_string(path).map_err(|error| {
            Error::new(code::CLI0081).with("file", path.display()).caused_by(error)
        })?;
        let file: Self = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
        if file.format != FORMAT {
            let written = format!("format {}, written by teal {}", file.format, file.teal);
            return Err(refused(written));
        }
        if file.plan.hash() != file.hash || file.release.hash() != file.plan.release {
            return Err(refused("it was changed after it was written".to_owned()));
        }
        Ok(file)
    }
}

/// Writes a file that is its owner's from its first byte; one that is there keeps no other mode. A
/// device, such as /dev/stdout, is written as it is.
fn put(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(false).mode(MODE).open(path)?;
    if file.metadata()?.is_file() {
        file.set_permissions(fs::Permissions::from_mode(MODE))?;
        file.set_len(0)?;
    }
    file.write_all(text.as_bytes())
}
