//! `max_delete:` the guard against a source that was emptied by mistake.

use crate::{
    code,
    release::MaxDelete,
    yaml::{Content, Decode, Finding, Node, Report, Shape, Span, Spanned, mapping::mapping},
};

/// `20%`, or `{percent: 20, rows: 1000}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MaxDeleteField {
    /// What it says; what it does not say is the default.
    pub max_delete: MaxDelete,
}

mapping! {
    /// How much one batch may delete of a dataset: more than both are too many.
    pub struct MaxDeleteParts {
        /// Share of the dataset's rows, 0 to 100; 100 switches the guard off.
        percent: Option<Spanned<u8>> = 20,
        /// Rows that may always go.
        rows: Option<Spanned<u64>> = 1000,
    }
}

impl Decode for MaxDeleteField {
    fn shape() -> Shape {
        let share = Shape::text("a share of the rows, such as 20%", r"^(100|\d{1,2})\s*%$");
        Shape::Either(vec![share, MaxDeleteParts::shape()])
    }

    fn decode(node: &Node, report: &mut Report) -> Self {
        match &node.content {
            Content::Scalar { text, .. } => Self::from_share(text, node.at, report),
            Content::Map(_) | Content::List(_) | Content::Broken => Self::from_fields(node, report),
        }
    }
}

impl MaxDeleteField {
    fn from_share(text: &str, at: Span, report: &mut Report) -> Self {
        let percent = text.strip_suffix('%').and_then(|number| number.trim().parse().ok());
        Self::checked(percent, None, text, at, report)
    }

    fn from_fields(node: &Node, report: &mut Report) -> Self {
        let MaxDeleteParts { at: _, percent, rows } = MaxDeleteParts::decode(node, report);
        let at = percent.as_ref().map_or(node.at, |percent| percent.at);
        let default = MaxDelete::default();
        let percent = percent.map_or(default.percent, |percent| percent.value);
        Self::checked(Some(percent), rows.map(|rows| rows.value), &percent.to_string(), at, report)
    }

    fn checked(
        percent: Option<u8>,
        rows: Option<u64>,
        text: &str,
        at: Span,
        report: &mut Report,
    ) -> Self {
        let default = MaxDelete::default();
        let rows = rows.unwrap_or(default.rows);
        match percent {
            Some(percent @ 0..=100) => Self { max_delete: MaxDelete { percent, rows } },
            _ => {
                let message = format!("`{text}` is not a share of 0% to 100%");
                report.add(Finding::new(code::MODEL0045, at, message));
                Self::default()
            }
        }
    }
}
