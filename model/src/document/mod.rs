//! The documents of a model, as people write them: one module per kind.
//!
//! Every value carries its place. Nothing here is checked against anything else: that is
//! `crate::lint`. Read first: [`Documents`], [`datastore::Datastore`].

pub mod assignment;
pub mod dataset;
pub mod datastore;
pub mod ecosystem;
pub mod hints;
pub mod ingest;
pub mod max_delete;
pub mod period;
pub mod platform;
pub mod quantity;
pub mod schedule;
pub mod services;
pub mod source;
pub mod team;
pub mod tls;
pub mod workspace;
pub mod zone;

use self::{
    assignment::Assignment, dataset::DatasetDocument, datastore::Datastore, ecosystem::Ecosystem,
    platform::Platform, services::PlatformServices, team::Team, workspace::Workspace, zone::Zone,
};
use crate::{
    code,
    read::ModelFile,
    yaml::{Decode, Fields, Finding, Node, Report, Span, Spanned, closest},
};

/// All documents of a model, read and typed. Ordered by file, then by line.
#[derive(Debug, Default)]
pub struct Documents {
    /// The text that the places point into.
    pub(crate) files: Vec<ModelFile>,
    /// `kind: Ecosystem`
    pub ecosystems: Vec<Ecosystem>,
    /// `kind: PlatformServices`
    pub services: Vec<PlatformServices>,
    /// `kind: Platform`
    pub platforms: Vec<Platform>,
    /// `kind: Zone`
    pub zones: Vec<Zone>,
    /// `kind: Team`
    pub teams: Vec<Team>,
    /// `kind: Datastore`
    pub datastores: Vec<Datastore>,
    /// `kind: Dataset`
    pub datasets: Vec<DatasetDocument>,
    /// `kind: Workspace`
    pub workspaces: Vec<Workspace>,
    /// `kind: Assignment`
    pub assignments: Vec<Assignment>,
}

/// Every kind, as `kind:` says it.
pub const KINDS: [&str; 9] = [
    "Ecosystem",
    "PlatformServices",
    "Platform",
    "Zone",
    "Team",
    "Datastore",
    "Dataset",
    "Workspace",
    "Assignment",
];

impl Documents {
    /// The file that holds a place.
    pub fn file_of(&self, at: Span) -> Option<&ModelFile> {
        self.files.get(at.file_index()?)
    }

    /// Reads one document and keeps it under its kind. An empty document is none.
    pub(crate) fn add(&mut self, node: &Node, report: &mut Report) {
        if node.is_null() {
            return;
        }
        let Some(mut fields) = Fields::of(node, report) else { return report.gap() };
        let Some((_, kind)) = fields.take_node("kind") else {
            report.add(Finding::new(code::MODEL0005, fields.at, "the document has no `kind:`"));
            return report.gap();
        };
        let kind = Spanned::<String>::decode(kind, report);
        match kind.as_str() {
            "Ecosystem" => self.ecosystems.push(Ecosystem::from_fields(&mut fields, report)),
            "PlatformServices" => {
                self.services.push(PlatformServices::from_fields(&mut fields, report));
            }
            "Platform" => self.platforms.push(Platform::from_fields(&mut fields, report)),
            "Zone" => self.zones.push(Zone::from_fields(&mut fields, report)),
            "Team" => self.teams.push(Team::from_fields(&mut fields, report)),
            "Datastore" => self.datastores.push(Datastore::from_fields(&mut fields, report)),
            "Dataset" => self.datasets.push(DatasetDocument::from_fields(&mut fields, report)),
            "Workspace" => self.workspaces.push(Workspace::from_fields(&mut fields, report)),
            "Assignment" => self.assignments.push(Assignment::from_fields(&mut fields, report)),
            _ => {
                report.gap();
                if !kind.is_empty() {
                    report.add(unknown_kind(&kind));
                }
                return;
            }
        }
        fields.finish(report);
    }
}

fn unknown_kind(kind: &Spanned<String>) -> Finding {
    let finding =
        Finding::new(code::MODEL0006, kind.at, format!("the kind `{}` does not exist", kind.value));
    match closest(kind, KINDS.into_iter()) {
        Some(close) => finding.help(format!("did you mean `{close}`?")),
        None => finding,
    }
}
