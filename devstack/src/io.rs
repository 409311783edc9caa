//! Results of the operating system as coded errors.

use std::path::Path;

use teal_model::{Error, Result};

use crate::code;

/// Says what was attempted, and where.
pub(crate) trait At<T> {
    /// `DEV0005` with the attempt and the path.
    fn at(self, attempted: &'static str, path: &Path) -> Result<T>;
}

impl<T> At<T> for std::io::Result<T> {
    fn at(self, attempted: &'static str, path: &Path) -> Result<T> {
        self.map_err(|error| {
            Error::new(code::DEV0005)
                .with("while", attempted)
                .with("path", path.display())
                .caused_by(error)
        })
    }
}

impl<T> At<T> for nix::Result<T> {
    fn at(self, attempted: &'static str, path: &Path) -> Result<T> {
        self.map_err(std::io::Error::from).at(attempted, path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_refuses_is_told_with_its_path() {
        let missing = Path::new("/nowhere/at all");
        let error = std::fs::read(missing).at("reading", missing).unwrap_err();
        assert_eq!(error.code(), code::DEV0005);
        assert!(error.to_string().contains("path: /nowhere/at all"), "{error}");
    }
}
