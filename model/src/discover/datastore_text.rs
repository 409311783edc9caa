//! The document of a new store, as text. It is written once and then belongs to its owner.

use super::{LeftOut, Selection};
use crate::{
    release::Tls,
    yaml::emit::{Within, comment, scalar},
};

/// A store that the model does not have yet.
#[derive(Debug, Clone)]
pub struct NewStore {
    /// Its name.
    pub name: String,
    /// Its owner, `zone/team`.
    pub team: String,
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Database.
    pub database: String,
    /// How the connection is encrypted, where that was said.
    pub tls: Option<Tls>,
    /// Name of the credential.
    pub credential: String,
    /// Which tables are looked at.
    pub selection: Selection,
}

/// The file of a new store. `folder`: where its datasets stand, as a person would say it.
pub fn datastore_text(store: &NewStore, folder: &str, left_out: &[LeftOut]) -> String {
    let NewStore { name, team, host, port, database, tls, credential, selection } = store;
    let (name_text, team) = (scalar(name, Within::Block), scalar(team, Within::Block));
    let (host, database) = (scalar(host, Within::Flow), scalar(database, Within::Flow));
    let credential = scalar(credential, Within::Block);
    let tls = tls.as_ref().map(encryption).unwrap_or_default();
    let mut text = format!(
        "\
# The database `{name}`. This file is yours: `teal discover` wrote it once and never changes it.
# Its tables stand in {folder}/, which `teal discover --store {name}` keeps up to date. What
# you know better stands here.
kind: Datastore
name: {name_text}
team: {team}
source:
  postgres: {{host: {host}, port: {port}, database: {database}{tls}}}
  credential: {credential}
ingest: {{snapshot: {{}}}}
streams: multi            # one snapshot and one batch for all datasets; single: a stream for each
schedule: {{every: 5m}}     # or {{cron: \"*/5 * * * *\"}}, or external: only when told to
discover: {discover}
# What you add to a dataset, by its name in {folder}/:
# datasets:
#   orders:
#     classification: [PC1]
#     columns:
#       email: {{classification: [PC1], description: \"as typed by the customer\"}}
",
        folder = comment(folder),
        discover = discover(selection),
    );
    let left_out: Vec<&LeftOut> =
        left_out.iter().filter(|table| !table.columns.is_empty()).collect();
    if !left_out.is_empty() {
        text.push_str(
            "# These are left out, because nothing says what identifies a row. Say it as below and run\n\
             # `teal discover` again:\n# datasets:\n",
        );
        for table in left_out {
            let columns: Vec<String> =
                table.columns.iter().map(|column| scalar(column, Within::Flow)).collect();
            text.push_str(&format!(
                "#   {}: {{key: [ ]}}  # of: {}\n",
                table.dataset,
                columns.join(", ")
            ));
        }
    }
    text
}

/// As the last field of the address.
fn encryption(tls: &Tls) -> String {
    let mode = tls.mode.as_str();
    match &tls.ca {
        Some(ca) => format!(", tls: {{mode: {mode}, ca: {}}}", scalar(ca, Within::Flow)),
        None => format!(", tls: {{mode: {mode}}}"),
    }
}

/// What is looked at, as the document says it.
fn discover(selection: &Selection) -> String {
    let list = |texts: &[String]| {
        let texts: Vec<String> = texts.iter().map(|text| scalar(text, Within::Flow)).collect();
        format!("[{}]", texts.join(", "))
    };
    let mut parts = vec![format!("schemas: {}", list(&selection.schemas))];
    if !selection.tables.is_empty() {
        parts.push(format!("tables: {}", list(&selection.tables)));
    }
    if !selection.exclude.is_empty() {
        parts.push(format!("exclude: {}", list(&selection.exclude)));
    }
    if !selection.views {
        parts.push("views: false".to_owned());
    }
    if !selection.foreign_tables {
        parts.push("foreign_tables: false".to_owned());
    }
    format!("{{{}}}", parts.join(", "))
}
