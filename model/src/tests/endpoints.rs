//! Credentials and encryption of endpoints.

use crate::{
    release::{CredentialStore, Tls, TlsMode},
    tests::{mistakes, released},
};

#[test]
fn tls_without_a_mode_verifies_everything() {
    let tls = |text: &str| {
        let merge = format!("database: merge, tls: {text}}}");
        released(&[("database: merge}", &merge)]).services.merge.tls
    };
    let ca = Some("merge-ca.pem".to_owned());
    assert_eq!(tls("{}"), Some(Tls { mode: TlsMode::VerifyFull, ca: None }));
    assert_eq!(tls("{ca: merge-ca.pem}"), Some(Tls { mode: TlsMode::VerifyFull, ca }));
    assert_eq!(tls("{mode: disable}"), Some(Tls { mode: TlsMode::Disable, ca: None }));
    assert_eq!(released(&[]).services.merge.tls, None);
}

#[test]
fn pgpass_is_a_store_with_or_without_a_file() {
    let store = |text: &str| {
        released(&[("credentials: {env: {}}", &format!("credentials: {text}"))])
            .services
            .credentials
    };
    assert_eq!(store("{pgpass: {}}"), CredentialStore::Pgpass { file: None });
    let file = Some("/etc/teal/pgpass".to_owned());
    assert_eq!(store("{pgpass: {file: /etc/teal/pgpass}}"), CredentialStore::Pgpass { file });
}

#[test]
fn mistakes_of_endpoints_show_what_to_write() {
    let found = mistakes(&[
        ("credential: merge_rw", "credential: /merge"),
        ("database: merge}", "database: merge, tls: {mode: verify, ca: 7}}"),
        ("credentials: {env: {}}", "credentials: {env: {}, pgpass: {}}"),
    ]);
    insta::assert_snapshot!(found, @r"
    error[MODEL0010]: `verify` is not one of `disable`, `prefer`, `require`, `verify-ca`, `verify-full`
      --> ecosystem.yaml:22:72
       |
    22 |   postgres: {host: localhost, port: 5432, database: merge, tls: {mode: verify, ca: 7}}
       |                                                                        ^^^^^^
       = help: did you mean `verify-ca`?

    error[MODEL0070]: the credential name `/merge` starts with `/`
      --> ecosystem.yaml:23:15
       |
    23 |   credential: /merge
       |               ^^^^^^
       = help: name it with letters, digits, `_`, `-` and `.`, starting with a letter or digit, at most 63 characters; it names a role or a secret, it is not one

    error[MODEL0009]: credentials: two places are named
      --> ecosystem.yaml:26:24
       |
    26 | credentials: {env: {}, pgpass: {}}                     # or files: {dir: /etc/teal/secrets}
       |                        ^^^^^^
       = help: write `{env: {}}`, `{files: {dir: /etc/teal/secrets}}` or `{pgpass: {}}`
    ");
}
