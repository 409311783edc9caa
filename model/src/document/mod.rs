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
    yaml::{Decode, Fields, Finding, Mapping, Node, Report, Span, Spanned, closest},
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

/// Declares the kinds of documents: what each is read as, and where it is kept.
macro_rules! kinds {
    ($( $kind:literal: $Type:ty => $list:ident, )*) => {
        /// Every kind, as `kind:` says it.
        pub const KINDS: &[&str] = &[$( $kind ),*];

        /// Every kind and what a document of it may hold beside `kind:`.
        pub(crate) fn kinds() -> Vec<(&'static str, Mapping)> {
            vec![$( ($kind, <$Type>::mapping()) ),*]
        }

        impl Documents {
            /// Reads the fields of a document of this kind; `false`: there is no such kind.
            fn read(&mut self, kind: &str, fields: &mut Fields<'_>, report: &mut Report) -> bool {
                match kind {
                    $( $kind => {
                        <$Type>::announce(fields, report);
                        self.$list.push(<$Type>::from_fields(fields, report));
                    } )*
                    _ => return false,
                }
                true
            }
        }
    };
}

kinds! {
    "Ecosystem": Ecosystem => ecosystems,
    "PlatformServices": PlatformServices => services,
    "Platform": Platform => platforms,
    "Zone": Zone => zones,
    "Team": Team => teams,
    "Datastore": Datastore => datastores,
    "Dataset": DatasetDocument => datasets,
    "Workspace": Workspace => workspaces,
    "Assignment": Assignment => assignments,
}

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
        if self.read(&kind, &mut fields, report) {
            fields.finish(report);
            return;
        }
        report.gap();
        if !kind.is_empty() {
            report.add(unknown_kind(&kind));
        }
    }
}

fn unknown_kind(kind: &Spanned<String>) -> Finding {
    let finding =
        Finding::new(code::MODEL0006, kind.at, format!("the kind `{}` does not exist", kind.value));
    match closest(kind, KINDS.iter().copied()) {
        Some(close) => finding.help(format!("did you mean `{close}`?")),
        None => finding,
    }
}
