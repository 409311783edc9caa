//! Credentials in a password file of libpq: lines `host:port:database:user:password`.
//!
//! The rules are libpq's (<https://www.postgresql.org/docs/current/libpq-pgpass.html>): `*` fits
//! anything, `\:` and `\\` are escapes, the first line that fits counts, and a file that others may
//! read is not read. One thing differs: libpq always knows the user. Here the model may leave it out,
//! and then the first line that fits the rest and names one says who logs in.

use std::{
    fs,
    path::{Path, PathBuf},
};

use teal_model::{Error, Result, release::PostgresEndpoint};

use super::{Login, Secret, missing, passfile};
use crate::code;

/// What a line is looked up for.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Host as it is connected to; a socket's folder is `localhost`.
    pub host: &'a str,
    /// TCP port.
    pub port: u16,
    /// Database.
    pub database: &'a str,
    /// Role; `None`: the line says it.
    pub user: Option<&'a str>,
}

/// A line that fits.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub number: usize,
    /// Who logs in.
    pub user: String,
    /// With what.
    pub password: Secret,
}

pub(super) fn look(file: Option<&str>, endpoint: &PostgresEndpoint) -> Result<Login> {
    let Some(file) = file.map(PathBuf::from).or_else(passfile) else {
        return Err(missing("the password file", "PGPASSFILE and ~/.pgpass (there is no home)"));
    };
    let place = Place {
        host: &endpoint.host,
        port: endpoint.port,
        database: &endpoint.database,
        user: endpoint.user.as_deref(),
    };
    let Some(line) = find(&file, place)? else {
        let user = endpoint.user.as_deref().unwrap_or("*");
        let wanted = format!("{}:{}:{}:{user}", place.shown_host(), place.port, place.database);
        let mut error = missing("a line of the password file", file.display()).with("line", wanted);
        if endpoint.user.is_none() {
            error = error.hint(
                "add the line (a line whose user is `*` needs `user:` beside `host:` in the model)",
            );
        }
        return Err(error);
    };
    Ok(Login {
        user: line.user,
        password: Some(line.password),
        certificate: None,
        ca: None,
        found_in: format!("{} line {}", file.display(), line.number),
    })
}

/// The first line of `file` that fits; `None`: there is none, or no file.
///
/// # Errors
/// `CRED0003` for a file that others may read, or that cannot be read.
pub fn find(file: &Path, place: Place<'_>) -> Result<Option<Line>> {
    let refused = |problem: &str| {
        Error::new(code::CRED0003).with("looked_at", file.display()).with("problem", problem)
    };
    let about = match fs::metadata(file) {
        Ok(about) => about,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused("it cannot be read").caused_by(error)),
    };
    if !about.is_file() {
        return Err(refused("it is not a plain file"));
    }
    if is_open_to_others(&about) {
        return Err(refused("others may read it: chmod 600"));
    }
    let text = fs::read(file).map_err(|error| refused("it cannot be read").caused_by(error))?;
    Ok(find_in(&String::from_utf8_lossy(&text), place))
}

#[cfg(unix)]
fn is_open_to_others(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    about.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &fs::Metadata) -> bool {
    false
}

fn find_in(text: &str, place: Place<'_>) -> Option<Line> {
    text.lines().zip(1..).find_map(|(line, number)| {
        let line = line.trim_end_matches('\r');
        if line.starts_with('#') {
            return None;
        }
        let [host, port, database, user, password] = fields(line)?;
        let fits = host.fits(place.shown_host())
            && port.fits(&place.port.to_string())
            && database.fits(place.database);
        let user = match place.user {
            Some(wanted) => user.fits(wanted).then(|| wanted.to_owned()),
            None => (!user.is_any()).then_some(user.0),
        }?;
        fits.then(|| Line { number, user, password: Secret::new(password.0) })
    })
}

impl Place<'_> {
    fn shown_host(&self) -> &str {
        if self.host.is_empty() || self.host.starts_with('/') { "localhost" } else { self.host }
    }
}

/// One field: its text without escapes, and whether it was a bare `*`.
struct Field(String, bool);

impl Field {
    fn is_any(&self) -> bool {
        self.1
    }

    fn fits(&self, value: &str) -> bool {
        self.is_any() || self.0 == value
    }
}

/// The five fields; `None`: fewer. What follows a sixth colon does not count, as in libpq.
fn fields(line: &str) -> Option<[Field; 5]> {
    let mut fields = Vec::with_capacity(5);
    let (mut text, mut bare) = (String::new(), true);
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => {
                bare = false;
                text.push(characters.next().unwrap_or('\\'));
            }
            ':' => {
                let any = bare && text == "*";
                fields.push(Field(std::mem::take(&mut text), any));
                bare = true;
            }
            other => text.push(other),
        }
    }
    fields.push(Field(text, false));
    fields.truncate(5);
    fields.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::tests::endpoint;

    const FILE: &str = "\
# host:port:database:user:password
other:5432:shop:reader:no
db:5432:shop:a\\:b:p\\:a\\\\s:ignored\r
db:*:*:*:wild
\\*:5432:star:reader:literal
short:line
";

    fn found(host: &str, database: &str, user: Option<&str>) -> Option<(usize, String, String)> {
        let line = find_in(FILE, Place { host, port: 5432, database, user })?;
        Some((line.number, line.user, line.password.reveal().to_owned()))
    }

    fn line(number: usize, user: &str, password: &str) -> Option<(usize, String, String)> {
        Some((number, user.to_owned(), password.to_owned()))
    }

    #[test]
    fn the_first_line_that_fits_counts_with_escapes_and_wildcards() {
        assert_eq!(found("db", "shop", Some("a:b")), line(3, "a:b", "p:a\\s"));
        assert_eq!(found("db", "shop", None), line(3, "a:b", "p:a\\s"));
        assert_eq!(found("db", "shop", Some("me")), line(4, "me", "wild"));
        assert_eq!(found("db", "other", None), None, "a wildcard names no user");
        assert_eq!(found("star", "star", Some("reader")), None, "an escaped star is a star");
        assert_eq!(found("nowhere", "shop", Some("reader")), None);
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pgpass");
        fs::write(&file, "db.example:5432:shop:reader:hunter2\n").unwrap();
        let store = file.to_str().unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        let error = look(Some(store), &endpoint()).unwrap_err();
        assert_eq!(error.code(), code::CRED0003);
        assert!(error.one_line().contains("chmod 600"), "{error}");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let login = look(Some(store), &endpoint()).unwrap();
        assert_eq!((login.user.as_str(), login.password.unwrap().reveal()), ("reader", "hunter2"));
    }

    #[test]
    fn a_missing_line_names_the_file_and_what_was_wanted() {
        let error = look(Some("/nowhere/pgpass"), &endpoint()).unwrap_err();
        let text = error.one_line();
        assert!(text.contains("/nowhere/pgpass"), "{text}");
        assert!(text.contains("db.example:5432:shop:*"), "{text}");
    }
}
