//! Ways of ingestion: how changes of a source are found.

use crate::{
    code,
    yaml::{
        Content, Decode, Fields, Finding, Node, Report, Shape, Span, mapping::mapping, wrong_shape,
    },
};

/// How changes of a source are found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Ingest {
    /// The whole source is compared with what is kept; only what differs is read.
    Snapshot(Snapshot),
    /// Unreadable.
    #[default]
    Unknown,
}

mapping! {
    /// A way of ingestion: how changes of a source are found.
    pub struct IngestWays {
        /// Compares the source with what is kept and reads only what differs. Works for every table
        /// and view of PostgreSQL; there is nothing to set up at the source.
        snapshot: Option<Snapshot>,
    }
}

mapping! {
    /// Settings of snapshot ingestion; none yet.
    pub struct Snapshot {
    }
}

/// Ways that are planned.
const PLANNED: [&str; 5] = ["watermark", "changes", "files", "api", "debezium"];

impl Decode for Ingest {
    fn shape() -> Shape {
        Shape::Mapping(IngestWays::mapping().one_of(&["snapshot"]))
    }

    fn decode(node: &Node, report: &mut Report) -> Self {
        if !matches!(node.content, Content::Map(_) | Content::Broken) {
            report.add(wrong_shape(node, "a way of ingestion, such as `{snapshot: {}}`"));
            return Self::default();
        }
        let Some(mut fields) = Fields::of(node, report) else { return Self::default() };
        let mut named = 0;
        for way in PLANNED {
            if let Some((key, _)) = fields.take_node(way) {
                let message = format!("ingestion by `{way}` is not built yet");
                report.add(Finding::new(code::MODEL0015, key.at, message));
                named += 1;
            }
        }
        IngestWays::announce(&mut fields, report);
        let snapshot = fields.place_of("snapshot");
        let ways = IngestWays::from_fields(&mut fields, report);
        let at = if fields.at.is_somewhere() { fields.at } else { node.at };
        let known = fields.finish(report);
        match ways.snapshot {
            Some(settings) => Self::Snapshot(settings),
            None if snapshot.is_some() => Self::Snapshot(Snapshot::default()),
            None if named > 0 || !known => Self::Unknown, // reported
            None => missing(at, report),
        }
    }
}

fn missing(at: Span, report: &mut Report) -> Ingest {
    let finding = Finding::new(code::MODEL0008, at, "no way of ingestion is named");
    report.add(finding.help("write `ingest: {snapshot: {}}`"));
    Ingest::Unknown
}
