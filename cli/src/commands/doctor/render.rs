//! What the doctor found, for a person: one block for each subject, then the statements to copy.

use anstyle::Style;
use teal_activities::doctor::{Check, Report, Script, Verdict};

use crate::ui::{
    style::{DONE, ERROR, FAINT, STRONG, WARNING, paint},
    table::terminal_width,
    wrap::wrap,
};

/// Columns before the words of a check: two blanks, the verdict, two blanks.
const INDENT: usize = 8;

/// The whole report.
pub(super) fn text(report: &Report) -> String {
    render(report, terminal_width())
}

fn render(report: &Report, width: Option<u16>) -> String {
    let mut lines = Vec::new();
    let mut subject = "";
    for check in &report.checks {
        if check.subject != subject {
            subject = &check.subject;
            lines.push(paint(STRONG, subject));
        }
        push_check(&mut lines, check, width);
    }
    for script in &report.scripts {
        lines.push(String::new());
        push_script(&mut lines, script, width);
    }
    lines.push(String::new());
    lines.push(summary(report));
    lines.join("\n")
}

fn push_check(lines: &mut Vec<String>, check: &Check, width: Option<u16>) {
    let (style, word) = look(check.verdict);
    let line = format!("  {}  {}: {}", paint(style, word), check.name, check.found);
    lines.push(wrap(&line, width, INDENT));
    if !check.help.is_empty() {
        lines.push(wrap(&format!("{:INDENT$}→ {}", "", check.help), width, INDENT + 2));
    }
}

/// Four columns each.
const fn look(verdict: Verdict) -> (Style, &'static str) {
    match verdict {
        Verdict::Ok => (DONE, "ok  "),
        Verdict::Warn => (WARNING, "warn"),
        Verdict::Fail => (ERROR, "FAIL"),
    }
}

/// Ready to be pasted: comments say where and by whom, statements are never broken.
fn push_script(lines: &mut Vec<String>, script: &Script, width: Option<u16>) {
    let place = &script.place;
    let head = format!(
        "-- at {}:{}, database {}, as {}:",
        place.host, place.port, place.database, script.run_by
    );
    lines.push(paint(FAINT, wrap(&head, width, 3).replace("\n   ", "\n-- ")));
    lines.extend(script.statements.iter().map(|statement| format!("{statement};")));
}

fn summary(report: &Report) -> String {
    let count = |verdict| report.count(verdict);
    let (fail, warn, ok) = (count(Verdict::Fail), count(Verdict::Warn), count(Verdict::Ok));
    let (style, word) = match report.verdict() {
        Verdict::Ok => (DONE, "All is well."),
        Verdict::Warn => (WARNING, "It will work."),
        Verdict::Fail => (ERROR, "Something will not work."),
    };
    format!("{} {fail} failed, {warn} to look at, {ok} ok.", paint(style, word))
}

#[cfg(test)]
mod tests {
    use teal_activities::doctor::{Place, RunBy};

    use super::*;
    use crate::ui::style::plain;

    fn sample() -> Report {
        let mut report = Report::default();
        let source = "source shop db.example:5432/shop";
        report.ok(source, "version", "PostgreSQL 15.8");
        report.warn(
            source,
            "clock",
            "2100 ms ahead of this machine (±1 ms)",
            "set both clocks by NTP",
        );
        report.fail(
            source,
            "grants",
            "reader lacks SELECT for Sales.Orders",
            "run the statements below",
        );
        report.scripts.push(Script {
            place: Place { host: "db.example".into(), port: 5432, database: "shop".into() },
            run_by: RunBy::Owner("anna".into()),
            statements: vec!["grant select on table \"Sales\".\"Orders\" to \"reader\"".into()],
        });
        report
    }

    #[test]
    fn findings_stand_by_subject_and_statements_are_ready_to_paste() {
        insta::assert_snapshot!(plain(&render(&sample(), None)), @r#"
        source shop db.example:5432/shop
          ok    version: PostgreSQL 15.8
          warn  clock: 2100 ms ahead of this machine (±1 ms)
                → set both clocks by NTP
          FAIL  grants: reader lacks SELECT for Sales.Orders
                → run the statements below

        -- at db.example:5432, database shop, as the owner anna, or a superuser:
        grant select on table "Sales"."Orders" to "reader";

        Something will not work. 1 failed, 1 to look at, 1 ok.
        "#);
    }

    #[test]
    fn a_narrow_terminal_breaks_words_apart_but_no_statement() {
        let text = plain(&render(&sample(), Some(40)));
        for line in text.lines().filter(|line| !line.starts_with("grant ")) {
            let is_summary = line.ends_with("ok.");
            assert!(line.chars().count() <= 40 || is_summary, "{line}");
        }
        assert!(
            text.contains("\n-- at db.example:5432, database shop, as\n-- the owner"),
            "{text}"
        );
        assert!(text.contains("\ngrant select on table \"Sales\".\"Orders\" to \"reader\";\n"));
    }
}
