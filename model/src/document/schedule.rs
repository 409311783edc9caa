//! `schedule:` of a store or a dataset.

use super::period::Period;
use crate::{
    code,
    schedule::{self, Schedule},
    yaml::{
        Content, Decode, Finding, Node, Refusal, Report, Shape, Span, Spanned, mapping::mapping,
        wrong_shape,
    },
};

/// When batches are due: `{every: 1m}`, `{cron: "*/5 * * * *", timezone: Europe/Zurich}` or
/// `external`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleField {
    /// Its place.
    pub at: Span,
    /// What it says.
    pub schedule: Schedule,
}

impl Default for ScheduleField {
    fn default() -> Self {
        Self { at: Span::NOWHERE, schedule: Schedule::External }
    }
}

const EXPECTED: &str = "`{every: 5m}`, `{cron: \"*/5 * * * *\"}` or `external`";

mapping! {
    /// A period, or the times of a clock.
    pub struct ScheduleTimes {
        /// A period, such as `5m`. The moment within it follows from the stream's name, so that not all
        /// streams start at once.
        every: Option<Spanned<Period>>,
        /// Minute, hour, day of month, month, day of week, such as `*/5 * * * *`.
        cron: Option<Spanned<String>>,
        /// Time zone of `cron`, such as `Europe/Zurich`.
        timezone: Option<Spanned<String>> = "UTC",
    }
}

impl Decode for ScheduleField {
    fn shape() -> Shape {
        let external = ("external", "only when somebody asks for it: `teal run`");
        let times = ScheduleTimes::mapping().one_of(&["every", "cron"]);
        Shape::Either(vec![Shape::Mapping(times), Shape::Words(vec![external])])
    }

    fn decode(node: &Node, report: &mut Report) -> Self {
        match &node.content {
            Content::Scalar { text, .. } if text == "external" => {
                Self { at: node.at, schedule: Schedule::External }
            }
            Content::Map(_) => from_mapping(node, report).unwrap_or_default(),
            Content::Broken => Self::default(),
            Content::Scalar { text, .. } => {
                let finding = wrong_shape(node, EXPECTED);
                report.add(match meant(text) {
                    Some(meant) => finding.help(format!("did you mean `{meant}`?")),
                    None => finding,
                });
                Self::default()
            }
            Content::List(_) => {
                report.add(wrong_shape(node, EXPECTED));
                Self::default()
            }
        }
    }
}

/// The schedule that a bare text was probably meant to be.
fn meant(text: &str) -> Option<String> {
    let period = text.strip_prefix("every").unwrap_or(text).trim();
    if crate::duration::parse(period).is_ok() {
        return Some(format!("{{every: {period}}}"));
    }
    check_cron(text).is_ok().then(|| format!("{{cron: \"{text}\"}}"))
}

/// `None`: reported.
fn from_mapping(node: &Node, report: &mut Report) -> Option<ScheduleField> {
    let ScheduleTimes { at, every, cron, timezone } = ScheduleTimes::decode(node, report);
    let at = if at.is_somewhere() { at } else { node.at };
    match (every, cron, timezone) {
        (Some(every), None, None) => {
            Some(ScheduleField { at, schedule: Schedule::Every { seconds: every.seconds } })
        }
        (None, Some(cron), timezone) => {
            let schedule = from_cron(&cron, timezone.as_ref(), report)?;
            Some(ScheduleField { at, schedule })
        }
        (every, cron, timezone) => {
            let message = match (every.is_some(), cron.is_some(), timezone.is_some()) {
                (true, true, _) => "the schedule says both `every` and `cron`",
                (true, false, _) => "`timezone` belongs to `cron`; a period has no time zone",
                _ => "the schedule says neither `every` nor `cron`",
            };
            report
                .add(Finding::new(code::MODEL0009, at, message).help(format!("write {EXPECTED}")));
            None
        }
    }
}

fn from_cron(
    cron: &Spanned<String>,
    timezone: Option<&Spanned<String>>,
    report: &mut Report,
) -> Option<Schedule> {
    if !cron.at.is_somewhere() {
        return None;
    }
    let zone = timezone.filter(|zone| jiff::tz::TimeZone::get(zone).is_err());
    if let Some(zone) = zone.filter(|zone| zone.at.is_somewhere()) {
        let message = format!("the time zone `{}` does not exist", zone.value);
        report.add(Finding::new(code::MODEL0041, zone.at, message));
    }
    if let Err(refusal) = check_cron(cron) {
        report.add(refusal.at(cron.at));
        return None;
    }
    let timezone = timezone.map_or_else(|| "UTC".to_owned(), |zone| zone.value.clone());
    let expression = cron.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    zone.is_none().then_some(Schedule::Cron { expression, timezone })
}

/// Any time in the past of this program; only used to see whether a cron ever comes.
const SOME_TIME: i64 = 1_767_225_600; // 2026-01-01T00:00:00Z

fn check_cron(cron: &str) -> Result<(), Refusal> {
    let bad = |why: &str| {
        Refusal::new(code::MODEL0040, format!("`{}` cannot be used: {why}", cron.escape_debug()))
    };
    let fields = cron.split_ascii_whitespace().count();
    if fields != 5 {
        return Err(bad(&format!("it has {fields} fields, not 5")));
    }
    // The parser's text shows expression and mark over three lines; what it says comes last.
    let parsed = schedule::parse_cron(cron, "UTC").map_err(|error| {
        let text = error.to_string();
        bad(text.rsplit("^ ").next().unwrap_or(&text))
    })?;
    let start = jiff::Timestamp::from_second(SOME_TIME).unwrap_or_default();
    match parsed.find_next(start) {
        Ok(_) => Ok(()),
        Err(_) => Err(bad("that does not come within four years")),
    }
}
