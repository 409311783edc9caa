//! Credentials in files: one folder each, with the names that Kubernetes gives to the entries of
//! its secrets (`kubernetes.io/basic-auth`, `kubernetes.io/tls`).

use std::{fs, io, path::Path};

use teal_model::{Error, Result, release::PostgresEndpoint};

use super::{Certificate, Login, Secret, missing};
use crate::code;

/// Looks in `<dir>/<name>/`.
pub(super) fn look(dir: &str, endpoint: &PostgresEndpoint) -> Result<Login> {
    let folder = Path::new(dir).join(&endpoint.credential);
    let read = |file: &str| read(&folder.join(file));
    let places = format!("files {0}/username, {0}/password", folder.display());
    let Some(user) = read("username")?.or_else(|| endpoint.user.clone()) else {
        return Err(missing("the user", places));
    };
    let certificate = match (read("tls.crt")?, read("tls.key")?) {
        (Some(chain), Some(key)) => Some(Certificate { chain, key: Secret::new(key) }),
        (None, None) => None,
        _one_alone => {
            return Err(Error::new(code::CRED0003)
                .with("looked_at", format!("files {0}/tls.crt, {0}/tls.key", folder.display()))
                .with("problem", "a certificate and its key belong together"));
        }
    };
    let password = read("password")?.map(Secret::new);
    Ok(Login { user, password, certificate, ca: read("ca.crt")?, found_in: places })
}

/// A file's text without the line end that editors add; `None`: no such file, or an empty one.
fn read(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => {
            let text = text.trim_end_matches(['\r', '\n']);
            Ok((!text.is_empty()).then(|| text.to_owned()))
        }
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(error) => {
            Err(Error::new(code::CRED0003).with("looked_at", path.display()).caused_by(error))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::tests::endpoint;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("shop-reader")).unwrap();
        for (name, text) in files {
            fs::write(dir.path().join("shop-reader").join(name), text).unwrap();
        }
        dir
    }

    #[test]
    fn a_mounted_secret_is_read_with_its_certificate() {
        let dir = folder(&[
            ("username", "reader\n"),
            ("password", "hunter 2\r\n"),
            ("tls.crt", "CERT\n"),
            ("tls.key", "KEY\n"),
            ("ca.crt", "CA\n"),
        ]);
        let login = look(dir.path().to_str().unwrap(), &endpoint()).unwrap();
        assert_eq!(login.user, "reader");
        assert_eq!(login.password.unwrap().reveal(), "hunter 2");
        assert_eq!(login.certificate.unwrap().chain, "CERT");
        assert_eq!(login.ca.as_deref(), Some("CA"));
    }

    #[test]
    fn a_missing_credential_names_both_files() {
        let dir = folder(&[("password", "hunter2")]);
        let error = look(dir.path().to_str().unwrap(), &endpoint()).unwrap_err();
        let text = error.one_line();
        assert!(text.contains("shop-reader/username") && text.contains("shop-reader/password"));
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn what_is_no_text_is_refused_by_path() {
        let dir = folder(&[("username", "reader")]);
        fs::write(dir.path().join("shop-reader/password"), [0xff, 0xfe]).unwrap();
        let error = look(dir.path().to_str().unwrap(), &endpoint()).unwrap_err();
        assert_eq!(error.code(), code::CRED0003);
        assert!(error.one_line().contains("shop-reader/password"), "{error}");
    }
}
