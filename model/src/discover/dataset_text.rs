//! The file of a dataset, as text.

use super::{Estimate, FoundColumn, FoundTable, TableKind};
use crate::{
    types::ColumnType,
    yaml::emit::{Within, comment, quoted, scalar},
};

/// Start of each file that discover may write anew.
pub const MARK: &str = "# Written by `teal discover`";

/// Start of the line that says how large the table is.
const SIZE: &str = "# estimated ";

/// Longest line that holds all of a column; longer ones say each thing on a line of its own.
const LINE: usize = 100;

/// A dataset that is to be written.
#[derive(Debug)]
pub(super) struct DatasetText<'a> {
    pub(super) store: &'a str,
    pub(super) name: &'a str,
    pub(super) found: &'a FoundTable,
    pub(super) estimate: Estimate,
    /// Whether the person says in the store which table it is.
    pub(super) table_is_said: bool,
    /// Names in the model.
    pub(super) key: Vec<String>,
    /// Name in the model, column, and whether NULL may occur.
    pub(super) columns: Vec<(String, &'a FoundColumn, bool)>,
}

impl DatasetText<'_> {
    pub(super) fn render(&self) -> String {
        let (store, name) = (self.store, self.name);
        let mut lines = vec![
            format!("{MARK}; the next one writes it anew. What you add belongs"),
            format!("# into the Datastore `{store}`, under `datasets: {{{name}: …}}`."),
        ];
        lines.extend(size(self.estimate));
        lines.extend([
            "kind: Dataset".to_owned(),
            format!("store: {}", scalar(store, Within::Block)),
            format!("name: {}", scalar(name, Within::Block)),
        ]);
        if let Some(about) = self.found.comment.as_deref().filter(|about| !about.is_empty()) {
            lines.push(format!("description: {}", quoted(about)));
        }
        lines.push(self.table());
        if !self.key.is_empty() {
            let key: Vec<String> =
                self.key.iter().map(|column| scalar(column, Within::Flow)).collect();
            lines.push(format!("key: [{}]", key.join(", ")));
        }
        lines.push("columns:".to_owned());
        for (name, found, nullable) in &self.columns {
            match &found.column_type {
                Ok(column_type) => lines.extend(column(name, found, column_type, *nullable)),
                Err(why) => lines.push(left_out(found, why)),
            }
        }
        lines.push(String::new());
        lines.join("\n")
    }

    fn table(&self) -> String {
        let table = &self.found.table;
        let kind = match self.found.kind {
            TableKind::Table => String::new(),
            kind => format!("  # a {}", kind.as_str()),
        };
        if self.table_is_said {
            return format!(
                "# table: {} (said in the Datastore){kind}",
                comment(&table.to_string())
            );
        }
        if table.schema.contains('.') || table.name.contains('.') {
            let (schema, name) =
                (scalar(&table.schema, Within::Flow), scalar(&table.name, Within::Flow));
            return format!("table: {{schema: {schema}, name: {name}}}{kind}");
        }
        format!("table: {}{kind}", scalar(&table.to_string(), Within::Block))
    }
}

/// The fields of a column, each with its value.
fn column(name: &str, found: &FoundColumn, is: &ColumnType, nullable: bool) -> Vec<String> {
    let key = scalar(name, Within::Block);
    let mut fields = vec![match is {
        ColumnType::Native(native) => ("native", native.clone()),
        neutral => ("type", neutral.to_string()),
    }];
    let about = found.comment.as_deref().filter(|about| !about.is_empty());
    if fields[0].0 == "type" && !nullable && found.name == name && about.is_none() {
        return vec![with_origin(
            format!("  {key}: {}", scalar(&fields[0].1, Within::Block)),
            found,
        )];
    }
    let text =
        |(field, value): &(&str, String), within| format!("{field}: {}", scalar(value, within));
    if found.name != name {
        fields.push(("source", found.name.clone()));
    }
    let mut flow: Vec<String> = fields.iter().map(|field| text(field, Within::Flow)).collect();
    let mut block: Vec<String> = fields.iter().map(|field| text(field, Within::Block)).collect();
    if nullable {
        flow.insert(1, "nullable: true".to_owned());
        block.insert(1, "nullable: true".to_owned());
    }
    if let Some(about) = about {
        let line = format!("description: {}", quoted(about));
        flow.push(line.clone());
        block.push(line);
    }
    let line = format!("  {key}: {{{}}}", flow.join(", "));
    if line.chars().count() <= LINE {
        return vec![with_origin(line, found)];
    }
    let head = with_origin(format!("  {key}:"), found);
    std::iter::once(head).chain(block.into_iter().map(|field| format!("    {field}"))).collect()
}

/// Says what the source calls the type where the model says less.
fn with_origin(line: String, found: &FoundColumn) -> String {
    if found.says_all { line } else { format!("{line}  # {}", comment(&found.source_type)) }
}

/// A column that the model cannot have, as a comment.
fn left_out(found: &FoundColumn, why: &str) -> String {
    let name = scalar(&found.name, Within::Block);
    format!("  # {name}: {} is left out: {}", comment(&found.source_type), comment(why))
}

fn size(estimate: Estimate) -> Option<String> {
    let known = |noun: &str, n: Option<u64>| n.map(|n| format!("{noun}: {n}"));
    let parts: Vec<String> = [known("rows", estimate.rows), known("bytes", estimate.bytes)]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| format!("{SIZE}{}", parts.join(", ")))
}

/// The size that a written file says.
pub(super) fn size_in(text: &str) -> Estimate {
    let line = text.lines().find_map(|line| line.strip_prefix(SIZE)).unwrap_or_default();
    let number = |noun: &str| {
        line.split(", ").find_map(|part| part.strip_prefix(noun)?.strip_prefix(": ")?.parse().ok())
    };
    Estimate { rows: number("rows"), bytes: number("bytes") }
}
