//! `max_delete:` the guard against a source that was emptied by mistake.

use crate::{
    code,
    release::MaxDelete,
    yaml::{Content, Decode, Fields, Finding, Node, Report, Span, Spanned},
};

/// `20%`, or `{percent: 20, rows: 1000}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MaxDeleteField {
    /// What it says; what it does not say is the default.
    pub max_delete: MaxDelete,
}

impl Decode for MaxDeleteField {
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
        let Some(mut fields) = Fields::of(node, report) else { return Self::default() };
        let percent: Option<Spanned<u8>> = fields.take("percent", report);
        let rows: Option<Spanned<u64>> = fields.take("rows", report);
        fields.finish(report);
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
