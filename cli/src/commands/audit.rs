//! `teal audit`: who did what, when and why.

use jiff::Timestamp;
use serde_json::Value;
use teal_activities::catalog::status::{self, AuditFilter, AuditRow};
use teal_model::Result;

use crate::{
    args::Output,
    exit::Exit,
    session::Session,
    since,
    ui::{
        Format, Printer,
        table::{self, Side, cell},
        units::Clock,
    },
};

/// Show who applied, paused, resumed, ran or reset what, when and why.
///
/// Every request of a person and every apply is written down in the catalog before it is answered,
/// whether it came from `teal` or from `temporal workflow update`. Newest first.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal audit
  teal audit live/shop 'history/*'             what was done to these streams
  teal audit --by ann --since 7d
  teal audit --verb pause --verb resume
  teal audit -o json | jq '.[] | select(.reason == \"\")'")]
pub struct Args {
    /// Streams, platforms, apply/<ecosystem>, or patterns with *
    #[arg(value_name = "OBJECT")]
    objects: Vec<String>,
    /// Only by this person: a user, or user@host
    #[arg(long, value_name = "WHO")]
    by: Option<String>,
    /// Only this verb, such as pause; may be given more than once
    #[arg(long = "verb", value_name = "VERB")]
    verbs: Vec<String>,
    /// Only since then: 2h, 3d, 2026-11-27, '2026-11-27 03:00'
    #[arg(long, value_name = "WHEN", value_parser = since::parse)]
    since: Option<Timestamp>,
    /// Most lines, newest first
    #[arg(long, default_value_t = 50, value_name = "NUMBER")]
    limit: u32,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let session = Session::open().await?;
    let filter = AuditFilter {
        objects: args.objects.clone(),
        by: args.by.clone(),
        verbs: args.verbs.clone(),
        since: args.since,
        limit: args.limit,
    };
    let lines = status::audit(session.io.control(), &filter).await?;
    match args.output.format {
        Format::Json => printer.json(&lines)?,
        Format::Text if lines.is_empty() => printer.say("no line of the audit is like that"),
        Format::Text => printer.data(&render(&lines, &Clock::now(), table::terminal_width()))?,
    }
    Ok(Exit::Done)
}

fn render(lines: &[AuditRow], clock: &Clock, width: Option<u16>) -> String {
    let mut table = table::table(&[
        ("WHEN", Side::Left),
        ("WHO", Side::Left),
        ("WHAT", Side::Left),
        ("OBJECT", Side::Left),
        ("DETAILS", Side::Left),
        ("WHY", Side::Left),
    ]);
    for line in lines {
        let by = if line.by.is_empty() { "–" } else { &line.by };
        table.add_row([
            cell(line.at.map_or_else(String::new, |at| clock.time(at))),
            cell(by),
            cell(&line.verb),
            cell(line.object.strip_prefix("stream/").unwrap_or(&line.object)),
            cell(details(&line.details)),
            cell(line.reason.replace('\n', " ")),
        ]);
    }
    table::fit_into(&mut table, width, &["DETAILS", "WHEN", "WHO"]);
    table::render(&table)
}

/// `tables 2, plan 0a1b2c3d4e5f`: what is not empty, hashes cut short.
fn details(details: &Value) -> String {
    let Some(fields) = details.as_object() else { return String::new() };
    let shown = fields.iter().filter_map(|(name, value)| {
        let value = match value {
            Value::String(text) if text == "true" => return Some(name.replace('_', " ")),
            Value::String(text) if is_hash(text) => text.get(..12)?.to_owned(),
            Value::String(text) if !text.is_empty() => text.clone(),
            Value::Bool(true) => return Some(name.replace('_', " ")),
            Value::Number(number) if number.as_u64() != Some(0) => number.to_string(),
            Value::Array(items) if !items.is_empty() => {
                items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
            }
            _ => return None,
        };
        Some(format!("{} {value}", name.replace('_', " ")))
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::*;
    use crate::ui::{batch::sample::at, style::plain};

    fn line(verb: &str, object: &str, reason: &str, details: Value) -> AuditRow {
        AuditRow {
            id: 1,
            at: at(-3_600),
            by: if reason.is_empty() { String::new() } else { "ann@desk".into() },
            verb: verb.into(),
            object: object.into(),
            reason: reason.into(),
            details,
        }
    }

    #[test]
    fn lines_say_who_what_and_why() {
        let lines = [
            line("pause", "stream/live/shop", "source is being\nupgraded", json!({})),
            line("run_now", "stream/live/shop", "", json!({"accept_deletes": true})),
            line(
                "applied",
                "apply/acme",
                "",
                json!({"plan": "ab".repeat(32), "base": null, "steps": 12}),
            ),
        ];
        let clock = Clock::at(at(0).unwrap(), TimeZone::UTC);
        insta::assert_snapshot!(plain(&render(&lines, &clock, None)), @"
        WHEN      WHO       WHAT     OBJECT      DETAILS                      WHY
        21:13:20  ann@desk  pause    live/shop                                source is being upgraded
        21:13:20  –         run_now  live/shop   accept deletes
        21:13:20  –         applied  apply/acme  plan abababababab, steps 12
        ");
        insta::assert_snapshot!(plain(&render(&lines, &clock, Some(60))), @"
        WHO       WHAT     OBJECT      WHY
        ann@desk  pause    live/shop   source is being upgraded
        –         run_now  live/shop
        –         applied  apply/acme
        ");
    }
}
