//! Datasets: a table of a store as the model sees it. Written in the store, or as `kind: Dataset`
//! in files that a machine owns; where both exist, what the store says is laid over.

use super::{hints::Hints, schedule::ScheduleField};
use crate::{
    code,
    release::TableName,
    types::ColumnType,
    yaml::{
        Content, Decode, Entries, Fields, Finding, Node, Refusal, Report, Scalar, Span, Spanned,
        closest, mapping::mapping, wrong_shape,
    },
};

mapping! {
    /// What a dataset is. Table and columns must be said here or in its `kind: Dataset`.
    pub struct DatasetBody {
        /// Earlier names.
        formerly: Vec<Spanned<String>>,
        /// For people.
        description: Option<Spanned<String>>,
        /// What kinds of facts it holds, for policies.
        classification: Vec<Spanned<String>>,
        /// The table at the source.
        table: Option<TableRef>,
        /// Columns that identify a row, by their names in the model.
        key: Vec<Spanned<String>>,
        /// Columns in the order of the merge table.
        columns: Entries<Column>,
        /// When its batches are due; only where it has a stream of its own.
        schedule: Option<ScheduleField>,
        /// Sizes; only where it has a stream of its own.
        hints: Option<Hints>,
    }
}

impl DatasetBody {
    /// Whether it says everything that must be said.
    pub fn is_whole(&self) -> bool {
        self.table.is_some() && !self.key.is_empty() && !self.columns.is_empty()
    }
}

/// `kind: Dataset`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatasetDocument {
    /// Its name within the store.
    pub name: Spanned<String>,
    /// The store that it belongs to.
    pub store: Spanned<String>,
    /// What it is.
    pub body: DatasetBody,
}

impl DatasetDocument {
    pub(crate) fn from_fields(fields: &mut Fields<'_>, report: &mut Report) -> Self {
        Self {
            name: fields.take("name", report),
            store: fields.take("store", report),
            body: DatasetBody::from_fields(fields, report),
        }
    }
}

/// A table at the source: `schema.table`, or `{schema: …, name: …}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRef {
    /// Its place.
    pub at: Span,
    /// The table.
    pub table: TableName,
}

impl Default for TableRef {
    fn default() -> Self {
        let table = TableName { schema: String::new(), name: String::new() };
        Self { at: Span::NOWHERE, table }
    }
}

mapping! {
    /// The two parts of a table's name.
    pub struct TableParts {
        /// Schema.
        schema: Spanned<String>,
        /// Table, view or materialised view.
        name: Spanned<String>,
    }
}

impl Decode for TableRef {
    fn decode(node: &Node, report: &mut Report) -> Self {
        match &node.content {
            Content::Scalar { text, .. } => match text.split('.').collect::<Vec<_>>()[..] {
                [schema, name] if !schema.is_empty() && !name.is_empty() => {
                    let table = TableName { schema: schema.to_owned(), name: name.to_owned() };
                    Self { at: node.at, table }
                }
                _ => {
                    let message = format!("`{text}` is not `schema.table`");
                    report.add(Finding::new(code::MODEL0039, node.at, message));
                    Self::default()
                }
            },
            Content::Map(_) => {
                let parts = TableParts::decode(node, report);
                let table = TableName { schema: parts.schema.value, name: parts.name.value };
                Self { at: parts.at, table }
            }
            Content::Broken => Self::default(),
            Content::List(_) => {
                report.add(wrong_shape(node, "`schema.table`"));
                Self::default()
            }
        }
    }
}

mapping! {
    /// What is known of a column.
    pub struct ColumnBody {
        /// Its type.
        column_type as "type": Option<Spanned<ColumnType>>,
        /// A type in the words of the source, in place of `type`.
        native: Option<Spanned<String>>,
        /// Whether NULL may occur; `false` where it is not said.
        nullable: Option<Spanned<bool>>,
        /// Name at the source, where it differs.
        source: Option<Spanned<String>>,
        /// Earlier names.
        formerly: Vec<Spanned<String>>,
        /// What kinds of facts it holds, for policies.
        classification: Vec<Spanned<String>>,
        /// For people.
        description: Option<Spanned<String>>,
    }
}

impl ColumnBody {
    /// Its type, however it is written.
    pub fn the_type(&self) -> Option<Spanned<ColumnType>> {
        let native = || {
            let native = self.native.as_ref()?;
            Some(Spanned { value: ColumnType::Native(native.value.clone()), at: native.at })
        };
        self.column_type.clone().or_else(native)
    }
}

/// A column as written: `id: bigint`, or `id: {type: bigint, …}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Column {
    /// What it says.
    pub body: ColumnBody,
}

impl Decode for Column {
    fn decode(node: &Node, report: &mut Report) -> Self {
        let body = match &node.content {
            Content::Scalar { .. } => ColumnBody {
                at: node.at,
                column_type: Some(Spanned::decode(node, report)),
                ..ColumnBody::default()
            },
            Content::Map(_) | Content::List(_) | Content::Broken => {
                ColumnBody::decode(node, report)
            }
        };
        Self { body }
    }
}

impl Scalar for ColumnType {
    const EXPECTED: &str = "a column type, such as bigint or varchar(80)";

    fn placeholder() -> Self {
        Self::Text
    }

    fn parse(text: &str, _: bool) -> Result<Self, Refusal> {
        let parsed = text.parse::<Self>().map_err(|error| {
            let refusal = Refusal::new(code::MODEL0017, error.to_string());
            match meant(text) {
                Some(close) => refusal.help(format!("did you mean `{close}`?")),
                None => refusal,
            }
        })?;
        match out_of_bounds(&parsed) {
            Some(why) => Err(Refusal::new(code::MODEL0017, format!("`{text}` {why}"))
                .help("correct the numbers, or leave them out where there is no limit")),
            None => Ok(parsed),
        }
    }
}

/// Words of databases and languages for the types of the model.
const SYNONYMS: [(&str, &str); 24] = [
    ("bool", "boolean"),
    ("int", "integer"),
    ("int2", "smallint"),
    ("int4", "integer"),
    ("int8", "bigint"),
    ("long", "bigint"),
    ("serial", "integer"),
    ("bigserial", "bigint"),
    ("float", "double"),
    ("float4", "real"),
    ("float8", "double"),
    ("double precision", "double"),
    ("numeric", "decimal"),
    ("number", "decimal"),
    ("string", "text"),
    ("str", "text"),
    ("character varying", "varchar"),
    ("bpchar", "char"),
    ("character", "char"),
    ("bytea", "binary"),
    ("blob", "binary"),
    ("datetime", "timestamp"),
    ("timestamp with time zone", "timestamptz"),
    ("guid", "uuid"),
];

const WORDS: [&str; 19] = [
    "boolean",
    "smallint",
    "integer",
    "bigint",
    "real",
    "double",
    "decimal",
    "text",
    "varchar",
    "char",
    "binary",
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "interval",
    "uuid",
    "json",
    "jsonb",
];

/// The type that was probably meant, with the arguments that were written.
fn meant(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let end = text.find(['(', '[']).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end)?;
    let word = word.trim();
    let synonym = SYNONYMS.iter().find(|(synonym, _)| *synonym == word).map(|(_, meant)| *meant);
    let close = synonym.or_else(|| closest(word, WORDS.into_iter()))?;
    let whole = format!("{close}{rest}");
    Some(if whole.parse::<ColumnType>().is_ok() { whole } else { close.to_owned() })
}

/// What PostgreSQL would refuse.
fn out_of_bounds(column_type: &ColumnType) -> Option<&'static str> {
    match column_type {
        ColumnType::Decimal(Some((precision, scale)))
            if !(1..=1_000).contains(precision) || !(-1_000..=1_000).contains(scale) =>
        {
            Some("needs 1 to 1000 digits, -1000 to 1000 of them after the point")
        }
        ColumnType::Varchar(Some(length)) | ColumnType::Char(length)
            if !(1..=10_485_760).contains(length) =>
        {
            Some("needs a length of 1 to 10485760")
        }
        ColumnType::Array(element) => out_of_bounds(element),
        _ => None,
    }
}
