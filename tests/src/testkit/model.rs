//! The part of a small model that tests share: who owns what, and where data is kept.

use teal_model::release::PostgresEndpoint;

/// `ECOSYSTEM`, `SERVICES`, `MERGE`, `CREDENTIAL`, `TEMPORAL` and `SECRETS` are filled in.
const PREAMBLE: &str = "\
kind: Ecosystem
name: ECOSYSTEM
---
kind: PlatformServices
name: SERVICES
merge: {postgres: MERGE, credential: CREDENTIAL}
temporal: TEMPORAL
credentials: {files: {dir: 'SECRETS'}}
classes:
  small: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 500m, memory: 128Mi}, slots: 4}
  large: {requests: {cpu: 1, memory: 2Gi}, limits: {cpu: 4, memory: 4Gi}, slots: 2}
defaults: {ingest: small, merge: small, transform: small}
---
kind: Zone
name: retail
---
kind: Team
name: retail/online
---
";

/// An ecosystem with the team `retail/online` and one stack of services, with a class `small` that
/// everything gets and a class `large`; platforms and stores follow. `secrets`: folder of the
/// credentials.
pub(crate) fn preamble(
    ecosystem: &str,
    services: &str,
    merge: &PostgresEndpoint,
    secrets: &str,
) -> String {
    preamble_at("{namespace: default}", ecosystem, services, merge, secrets)
}

/// As [`preamble`], with what the model says of Temporal.
pub(crate) fn preamble_at(
    temporal: &str,
    ecosystem: &str,
    services: &str,
    merge: &PostgresEndpoint,
    secrets: &str,
) -> String {
    PREAMBLE
        .replace("TEMPORAL", temporal)
        .replace("ECOSYSTEM", ecosystem)
        .replace("SERVICES", services)
        .replace("MERGE", &place(merge))
        .replace("CREDENTIAL", &merge.credential)
        .replace("SECRETS", secrets)
}

/// Where a database is, as a model says it.
pub(crate) fn place(at: &PostgresEndpoint) -> String {
    format!("{{host: {}, port: {}, database: {}}}", at.host, at.port, at.database)
}
