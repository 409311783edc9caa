//! Datasets: a table of a store as the model sees it. Written in the store, or as `kind: Dataset`
//! in files that a machine owns; where both exist, what the store says is laid over.

use super::{hints::Hints, schedule::ScheduleField};
use crate::{
    code,
    release::TableName,
    types::ColumnType,
    yaml::{
        Content, Decode, Entries, Fields, Finding, Mapping, Node, Refusal, Report, Scalar, Shape,
        Span, Spanned, Text, closest, mapping::mapping, wrong_shape,
    },
};

mapping! {
    /// What a dataset is. Table and columns must be said here or in its `kind: Dataset`.
    pub struct DatasetBody {
        /// Earlier names: its data goes on under the new one.
        formerly: Vec<Spanned<String>>,
        /// What it is, for people who read the model.
        description: Option<Spanned<String>>,
        /// What kinds of facts it holds, for policies.
        classification: Vec<Spanned<String>>,
        /// Table, view or materialised view at the source.
        table: Option<TableRef>,
        /// Columns that identify a row, by their names in the model; none of them is ever NULL.
        key: Vec<Spanned<String>>,
        /// Columns by name, in the order of the merge table. What the source has beyond them is ignored.
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

mapping! {
    /// A dataset in a document of its own, such as `teal discover` writes. What the store says of the
    /// same dataset is laid over it.
    ///
    /// ```yaml
    /// kind: Dataset
    /// store: shop
    /// name: orders
    /// table: public.orders
    /// key: [id]
    /// columns:
    ///   id: bigint
    ///   customer: bigint
    ///   total: {type: "decimal(12,2)", nullable: true}
    /// ```
    pub struct DatasetHead {
        /// Its name within the store.
        name: Spanned<String>,
        /// Name of the store that it belongs to.
        store: Spanned<String>,
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
    pub(crate) fn announce(fields: &mut Fields<'_>, _: &mut Report) {
        fields.know(&[DatasetHead::NAMES, DatasetBody::NAMES].concat());
    }

    pub(crate) fn from_fields(fields: &mut Fields<'_>, report: &mut Report) -> Self {
        let DatasetHead { at: _, name, store } = DatasetHead::from_fields(fields, report);
        Self { name, store, body: DatasetBody::from_fields(fields, report) }
    }

    pub(crate) fn mapping() -> Mapping {
        let mut head = DatasetHead::mapping();
        head.fields.extend(DatasetBody::mapping().fields);
        head
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
    /// The two parts of a table's name, where one holds a dot.
    pub struct TableParts {
        /// Its schema, exactly as the source writes it.
        schema: Spanned<String>,
        /// Its name, exactly as the source writes it.
        name: Spanned<String>,
    }
}

impl Decode for TableRef {
    fn shape() -> Shape {
        let text = Shape::text("`schema.table`", r"^[^.]+\.[^.]+$");
        Shape::Either(vec![text, TableParts::shape()])
    }

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
        /// Whether NULL may occur.
        nullable: Option<Spanned<bool>> = false,
        /// Name at the source, where it differs.
        source: Option<Spanned<String>>,
        /// Earlier names: its values go on under the new one.
        formerly: Vec<Spanned<String>>,
        /// What kinds of facts it holds, for policies.
        classification: Vec<Spanned<String>>,
        /// What it is, for people who read the model.
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
    fn shape() -> Shape {
        Shape::Either(vec![ColumnType::shape(), ColumnBody::shape()])
    }

    fn decode(node: &Node, report: &mut Report) -> Self {
        let body = match &node.content {
            Content::Scalar { .. } => ColumnBody {
                at: node.at,
                column_type: Some(Spanned::decode(node, report)),
                ..ColumnBody::default()
            },
            Content::List(_) => {
                report.add(wrong_shape(node, "a column type, such as bigint, or `{type: bigint}`"));
                ColumnBody::default()
            }
            Content::Map(_) | Content::Broken => ColumnBody::decode(node, report),
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

    fn shape() -> Shape {
        let words: Vec<String> = WORDS
            .iter()
            .map(|word| match ARGUMENTS.iter().find(|(with, _)| with == word) {
                Some((_, arguments)) => format!("{word}({arguments})?"),
                None => (*word).to_owned(),
            })
            .collect();
        Shape::Text(Text {
            expected: Self::EXPECTED,
            pattern: Some(format!(r"^(({})(\[\])?|native:.*\S.*)$", words.join("|"))),
            suggestions: &WORDS,
            or_number: false,
        })
    }
}

/// Types with numbers, and how these are written.
const ARGUMENTS: [(&str, &str); 3] = [
    ("decimal", r"\s*\(\s*\d+\s*(,\s*-?\d+\s*)?\)"),
    ("varchar", r"\s*\(\s*\d+\s*\)"),
    ("char", r"\s*\(\s*\d+\s*\)"),
];

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
