//! What a verification found, for people and for programs.

use serde_json::{Map, Value, json};
use teal_activities::verify::{Findings, Remedy, Report};
use teal_model::Result;
use teal_proto::v1::Failure;

use super::{Found, Verdict};
use crate::ui::{
    Format, Printer,
    error::render_failure,
    style::{ERROR, FAINT, NAME, paint},
    table::{self, Color, Side, cell, colored},
    units,
};

/// Findings on stdout; on stderr what could not be found out, and what to do.
pub(super) fn show(
    verdicts: &[Verdict],
    single: bool,
    format: Format,
    printer: Printer,
) -> Result<()> {
    match (format, verdicts) {
        (Format::Json, [only]) if single => printer.json(&as_json(only))?,
        (Format::Json, all) => {
            printer.json(&all.iter().map(as_json).collect::<Vec<Value>>())?;
        }
        (Format::Text, all) => printer.data(&as_text(all))?,
    }
    for verdict in verdicts {
        match &verdict.ended {
            Err(error) => printer.error(error),
            Ok(found) => advise(verdict, found, printer),
        }
    }
    printer.say(&summary(verdicts));
    Ok(())
}

fn advise(verdict: &Verdict, found: &Found, printer: Printer) {
    let stream = &verdict.stream;
    if let Some(failure) = &found.undecided {
        printer.stderr(&render_failure(failure));
        printer.hint(&format!(
            "no batch could tell damage of {stream} from changes of its source; `--local` runs it in \
             this process, `--no-batch` is for a source at rest"
        ));
        return;
    }
    if let Some(failure) = &found.unrepaired {
        printer.stderr(&render_failure(failure));
        printer.hint(&format!(
            "what is to be mended of {stream} stands: the next batch that succeeds does it; `teal \
             resync {stream} --cancel` takes it back"
        ));
        return;
    }
    let has = |remedy| {
        let faults = found.report.datasets.iter().flat_map(|dataset| &dataset.faults);
        faults.into_iter().any(|fault| fault.kind.remedy() == remedy)
    };
    if has(Remedy::Apply) {
        printer.hint("`teal plan` shows what the table lacks, `teal apply` puts it back");
    }
    if !found.report.mendable().is_empty() && found.repaired.is_empty() {
        // What else is wrong may be so because of it.
        printer
            .hint(&format!("a batch mends this, or most of it: `teal verify {stream} --repair`"));
    } else if has(Remedy::Anew) {
        printer.hint(&format!(
            "no batch mends what is wrong with the past or with batch numbers: restore the merge \
             store from a backup, or load the dataset from zero by `teal resync {stream} --dataset … \
             --discard-history`"
        ));
    }
}

fn summary(verdicts: &[Verdict]) -> String {
    let count = |of: fn(&Verdict) -> bool| verdicts.iter().filter(|verdict| of(verdict)).count();
    let all = [
        (count(Verdict::is_sound), "sound"),
        (count(|verdict| word(verdict) == "unsound"), "not sound"),
        (count(|verdict| word(verdict) == "undecided"), "undecided"),
        (count(|verdict| word(verdict) == "failed"), "failed"),
    ];
    let some = all.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = some.map(|(count, word)| format!("{count} {word}")).collect();
    let streams = u64::try_from(verdicts.len()).unwrap_or(u64::MAX);
    format!("{}: {}", units::counted(streams, "stream"), parts.join(", "))
}

fn word(verdict: &Verdict) -> &'static str {
    match &verdict.ended {
        Err(_) => "failed",
        Ok(found) if found.report.is_sound() => "sound",
        Ok(Found { undecided: Some(_), .. }) => "undecided",
        Ok(_) => "unsound",
    }
}

/// What is wrong with a stream, in a line without keys.
pub(super) fn in_short(report: &Report) -> String {
    let unsound = report.datasets.iter().filter(|found| !found.is_sound());
    unsound
        .map(|found| format!("{}: {}", found.dataset, result(found)))
        .collect::<Vec<_>>()
        .join("; ")
}

fn result(found: &Findings) -> String {
    if found.is_sound() {
        return "sound".to_owned();
    }
    let mut parts = Vec::new();
    if !found.loaded {
        parts.push("not loaded yet".to_owned());
    }
    if found.counts.all() > 0 {
        parts.push(found.counts.to_string());
    }
    if !found.faults.is_empty() {
        let faults = u64::try_from(found.faults.len()).unwrap_or(u64::MAX);
        parts.push(units::counted(faults, "fault"));
    }
    parts.join(", ")
}

fn as_text(verdicts: &[Verdict]) -> String {
    let mut grid = table::table(&[
        ("DATASET", Side::Left),
        ("BATCH", Side::Right),
        ("SOURCE", Side::Right),
        ("MERGE", Side::Right),
        ("RESULT", Side::Left),
    ]);
    let mut details = Vec::new();
    for verdict in verdicts {
        let Ok(found) = &verdict.ended else { continue };
        for dataset in &found.report.datasets {
            let name = label(verdict, dataset);
            let color = match (dataset.is_sound(), &found.undecided) {
                (true, _) => Color::Green,
                (false, Some(_)) => Color::Yellow,
                (false, None) => Color::Red,
            };
            grid.add_row([
                cell(&name),
                cell(found.report.batch),
                cell(units::count(dataset.source_rows)),
                cell(units::count(dataset.rows)),
                colored(result(dataset), color),
            ]);
            if !dataset.is_sound() {
                details.push(detail(&name, dataset));
            }
        }
    }
    let mut text = table::render(&grid);
    for detail in details {
        text.push_str("\n\n");
        text.push_str(&detail);
    }
    text
}

/// `live/shop/orders`: also where the stream has several datasets.
fn label(verdict: &Verdict, dataset: &Findings) -> String {
    let stream = verdict.stream.to_string();
    match stream.strip_suffix(&format!("/{}", dataset.dataset)) {
        Some(_of_one) => stream,
        None => format!("{stream}/{}", dataset.dataset),
    }
}

fn detail(name: &str, found: &Findings) -> String {
    let mut lines = vec![format!("{} ({})", paint(NAME, name), found.table)];
    lines.extend(found.differences.iter().map(|difference| format!("  {difference}")));
    let listed = u64::try_from(found.differences.len()).unwrap_or(u64::MAX);
    if found.counts.all() > listed {
        let more = units::count(found.counts.all() - listed);
        lines.push(format!("  {}", paint(FAINT, format!("and {more} more (--limit)"))));
    }
    for fault in &found.faults {
        let times = if fault.count > 1 { format!(" ({})", fault.count) } else { String::new() };
        lines.push(format!("  {}{times}", paint(ERROR, fault.kind.title())));
        lines.extend(fault.samples.iter().map(|sample| format!("    {sample}")));
    }
    lines.join("\n")
}

fn as_json(verdict: &Verdict) -> Value {
    let mut fields = Map::new();
    fields.insert("stream".to_owned(), json!(verdict.stream));
    fields.insert("result".to_owned(), json!(word(verdict)));
    match &verdict.ended {
        Err(error) => {
            let error = json!({ "code": error.code().id, "message": error.one_line() });
            fields.insert("error".to_owned(), error);
        }
        Ok(found) => {
            fields.insert("batch".to_owned(), json!(found.report.batch));
            fields.insert("standing".to_owned(), json!(found.report.standing));
            fields.insert("datasets".to_owned(), json!(found.report.datasets));
            if !found.repaired.is_empty() {
                fields.insert("repaired".to_owned(), json!(found.repaired));
            }
            let failure = found.undecided.as_ref().or(found.unrepaired.as_ref());
            if let Some(Failure { code, message, .. }) = failure {
                fields.insert("error".to_owned(), json!({ "code": code, "message": message }));
            }
        }
    }
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use teal_activities::verify::{Counts, Difference, Fault, FaultKind, Key, Standing, Way};
    use teal_model::{Error, StreamId};
    use teal_temporal::code::TEMPORAL0005;

    use super::*;
    use crate::ui::style::plain;

    fn dataset(name: &str) -> Findings {
        Findings {
            dataset: name.to_owned(),
            table: format!("live.shop__{name}"),
            loaded: true,
            source_rows: 120_000,
            rows: 120_000,
            counts: Counts::default(),
            moving: 0,
            differences: Vec::new(),
            faults: Vec::new(),
        }
    }

    fn verdicts() -> Vec<Verdict> {
        let key = |id: &str| Key(vec![("id".to_owned(), id.to_owned())]);
        let difference = |id, way, columns: &[&str]| Difference {
            key: key(id),
            way,
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
        };
        let people = Findings {
            counts: Counts { missing: 1, different: 30, ..Counts::default() },
            differences: vec![
                difference("2", Way::Missing, &[]),
                difference("5", Way::Different, &["name", "born"]),
            ],
            faults: vec![Fault {
                kind: FaultKind::Overlap,
                count: 3,
                samples: vec!["id = 7: 3..5".to_owned()],
            }],
            ..dataset("people")
        };
        let report = |stream: &StreamId, datasets| Report {
            stream: stream.clone(),
            batch: 1421,
            standing: Standing::Confirmed,
            datasets,
        };
        let found =
            |report, undecided| Found { report, undecided, repaired: Vec::new(), unrepaired: None };
        let (shop, crm) =
            (StreamId::multi("live", "shop"), StreamId::single("live", "crm", "people"));
        let refused = Failure::from_error(&Error::new(TEMPORAL0005), 0);
        let ended = Ok(found(report(&shop, vec![dataset("orders"), people.clone()]), None));
        vec![
            Verdict { stream: shop, ended },
            Verdict {
                stream: crm.clone(),
                ended: Ok(found(
                    report(&crm, vec![Findings { faults: Vec::new(), ..people }]),
                    Some(refused),
                )),
            },
            Verdict { stream: crm, ended: Err(Error::new(TEMPORAL0005)) },
        ]
    }

    #[test]
    fn a_table_of_all_datasets_is_followed_by_what_is_wrong() {
        let verdicts = verdicts();
        insta::assert_snapshot!(plain(&as_text(&verdicts)), @"
        DATASET           BATCH  SOURCE  MERGE  RESULT
        live/shop/orders   1421   120 K  120 K  sound
        live/shop/people   1421   120 K  120 K  1 missing, 30 different, 1 fault
        live/crm/people    1421   120 K  120 K  1 missing, 30 different

        live/shop/people (live.shop__people)
          missing id = 2
          different id = 5: name, born
          and 29 more (--limit)
          versions of one key overlap (3)
            id = 7: 3..5

        live/crm/people (live.shop__people)
          missing id = 2
          different id = 5: name, born
          and 29 more (--limit)
        ");
        assert_eq!(summary(&verdicts), "3 streams: 1 not sound, 1 undecided, 1 failed");
        let Ok(found) = &verdicts[0].ended else { panic!() };
        assert_eq!(in_short(&found.report), "people: 1 missing, 30 different, 1 fault");
    }

    #[test]
    fn programs_get_keys_columns_and_codes() {
        let all: Vec<Value> = verdicts().iter().map(as_json).collect();
        let differences = &all[0]["datasets"][1]["differences"];
        assert_eq!(
            differences[1],
            json!({"key": {"id": "5"}, "way": "different", "columns": ["name", "born"]})
        );
        assert_eq!(all[0]["datasets"][1]["faults"][0]["kind"], "overlap");
        assert_eq!(
            (&all[1]["result"], &all[1]["error"]["code"]),
            (&json!("undecided"), &json!("TEMPORAL0005"))
        );
        assert_eq!((&all[2]["result"], &all[0]["result"]), (&json!("failed"), &json!("unsound")));
    }
}
