//! What a batch did, as a person and a program read it.

use serde_json::{Map, Value, json};
use teal_model::StreamId;
use teal_proto::v1::MergeReport;

use super::Done;
use crate::ui::{
    style::{DONE, NAME, paint},
    units,
};

impl Done {
    /// A batch was committed.
    pub(crate) fn committed(stream: &StreamId, report: &MergeReport) -> Self {
        Self {
            message: format!("committed batch {}: {}", report.batch, changes(report)),
            data: Some(line(stream, report)),
            fields: fields(report),
            failure: None,
        }
    }
}

/// Protobuf's own JSON writes 64-bit numbers as text; here they are numbers.
fn fields(report: &MergeReport) -> Map<String, Value> {
    let value = json!({
        "batch": report.batch,
        "staged_rows": report.staged_rows,
        "inserted": report.inserted,
        "updated": report.updated,
        "deleted": report.deleted,
        "unchanged": report.unchanged,
        "merge_ms": report.duration_ms,
        "committed_at": units::rfc3339(report.committed_at_ms),
        "next_due_at": units::rfc3339(report.next_due_at_ms),
        "already_committed": report.already_committed,
        "resync": report.resync,
    });
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn changes(report: &MergeReport) -> String {
    if report.inserted + report.updated + report.deleted == 0 {
        "no change".to_owned()
    } else {
        units::changes(report.inserted, report.updated, report.deleted)
    }
}

fn line(stream: &StreamId, report: &MergeReport) -> String {
    let again = if report.already_committed { " (committed earlier)" } else { "" };
    format!(
        "{} {} batch {}: {}, {} staged, merged in {}{again}",
        paint(DONE, "committed"),
        paint(NAME, stream),
        report.batch,
        changes(report),
        units::counted(report.staged_rows, "row"),
        units::millis(report.duration_ms),
    )
}
