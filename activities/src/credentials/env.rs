//! Credentials in the environment: `<PREFIX><NAME>_USER`, `…_PASSWORD`, `…_TLS_CERT`, `…_TLS_KEY`.

use teal_model::{Error, Result, release::PostgresEndpoint};

use super::{Certificate, Login, Secret, missing};
use crate::code;

/// Reads a variable of this process; an empty one counts as unset.
pub(super) fn of_process(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Looks in an environment.
pub(super) fn look(
    prefix: &str,
    endpoint: &PostgresEndpoint,
    get: &dyn Fn(&str) -> Option<String>,
) -> Result<Login> {
    let stem = format!("{prefix}{}", variable(&endpoint.credential));
    let [user, password] = variables(prefix, &endpoint.credential);
    let [cert, key] = ["TLS_CERT", "TLS_KEY"].map(|last| format!("{stem}_{last}"));
    let places = format!("environment variables {user}, {password}");
    let Some(login) = get(&user).or_else(|| endpoint.user.clone()) else {
        return Err(missing("the user", places));
    };
    let certificate = match (get(&cert), get(&key)) {
        (Some(chain), Some(key)) => Some(Certificate { chain, key: Secret::new(key) }),
        (None, None) => None,
        _one_alone => {
            return Err(Error::new(code::CRED0003)
                .with("looked_at", format!("environment variables {cert}, {key}"))
                .with("problem", "a certificate and its key belong together"));
        }
    };
    Ok(Login {
        user: login,
        password: get(&password).map(Secret::new),
        certificate,
        ca: None,
        found_in: places,
    })
}

/// The variables of a credential's user and password.
pub fn variables(prefix: &str, credential: &str) -> [String; 2] {
    let stem = format!("{prefix}{}", variable(credential));
    ["USER", "PASSWORD"].map(|last| format!("{stem}_{last}"))
}

/// `shop-reader` → `SHOP_READER`: what a variable can be called.
fn variable(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::tests::endpoint;

    fn looked(variables: &[(&str, &str)], endpoint: &PostgresEndpoint) -> Result<Login> {
        let get = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned())
        };
        look("T_", endpoint, &get)
    }

    #[test]
    fn a_missing_credential_names_every_variable_that_was_looked_at() {
        let error = looked(&[("T_SHOP_READER_PASSWORD", "hunter2")], &endpoint()).unwrap_err();
        let text = error.one_line();
        assert!(text.contains("T_SHOP_READER_USER, T_SHOP_READER_PASSWORD"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn the_model_names_the_user_where_the_environment_does_not() {
        let mut endpoint = endpoint();
        endpoint.user = Some("reader".into());
        assert_eq!(looked(&[], &endpoint).unwrap().user, "reader");
        let own = looked(&[("T_SHOP_READER_USER", "own")], &endpoint).unwrap();
        assert_eq!((own.user.as_str(), own.password), ("own", None));
    }

    #[test]
    fn half_a_client_certificate_is_refused() {
        let half = [("T_SHOP_READER_USER", "u"), ("T_SHOP_READER_TLS_KEY", "hunter2")];
        let error = looked(&half, &endpoint()).unwrap_err();
        assert_eq!(error.code(), code::CRED0003);
        assert!(!error.one_line().contains("hunter2"));
    }
}
