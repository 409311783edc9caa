//! How a verb ended at each stream, for people and for programs.

use serde_json::{Map, Value, json};
use teal_model::{Error, Result, StreamId};
use teal_proto::v1::{Failure, Reply};
use teal_temporal::code::TEMPORAL0005;

use super::Chosen;
use crate::{
    exit::Exit,
    ui::{
        Format, Printer,
        error::render_failure,
        style::{DONE, NAME, paint},
        table::{self, Color, Side, cell, colored},
        units,
    },
};

/// One stream's end of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) stream: StreamId,
    pub(crate) ended: Result<Done>,
}

/// What a stream has done, or says it will do.
#[derive(Debug)]
pub(crate) struct Done {
    /// One line without the stream's name.
    pub(crate) message: String,
    /// Where the line is what the command was run for: goes to stdout.
    pub(crate) data: Option<String>,
    /// The same for programs.
    pub(crate) fields: Map<String, Value>,
    /// The stream took the verb, and what followed failed.
    pub(crate) failure: Option<Failure>,
}

impl Done {
    /// The stream's own words.
    pub(crate) fn replied(stream: &StreamId, reply: &Reply) -> Self {
        let own = format!("{stream}: ");
        let message = reply.message.strip_prefix(&own).unwrap_or(&reply.message);
        let mut fields = Map::new();
        fields.insert("state".to_owned(), json!(reply.state));
        for (name, number) in [("ticket", reply.ticket), ("resync", reply.resync)] {
            if number != 0 {
                fields.insert(name.to_owned(), json!(number));
            }
        }
        if reply.reset_batch != 0 {
            fields.insert("reset_batch".to_owned(), json!(reply.reset_batch));
        }
        Self { fields, failure: reply.failure.clone(), ..Self::said(message) }
    }

    /// A line of this command.
    pub(crate) fn said(message: &str) -> Self {
        let message = message.to_owned();
        Self { message, data: None, fields: Map::new(), failure: None }
    }

    /// What was asked for was begun and failed.
    pub(crate) fn failed(failure: &Failure) -> Self {
        Self { failure: Some(failure.clone()), ..Self::said(&failure.message) }
    }
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Outcomes(pub(crate) Vec<Outcome>);

impl Outcomes {
    /// Tells them: one stream in a line of its own, several as a table. Fails when one of them did.
    ///
    /// # Errors
    /// `CLI0003`.
    pub(crate) fn show(&self, chosen: &Chosen, format: Format, printer: Printer) -> Result<Exit> {
        match self.0.as_slice() {
            [only] if chosen.single => {
                if format == Format::Json {
                    printer.json(&only.as_json())?;
                }
                tell(only, format, printer)?;
            }
            several => {
                match format {
                    Format::Text => printer.data(&as_table(several))?,
                    Format::Json => {
                        let all: Vec<Value> = several.iter().map(Outcome::as_json).collect();
                        printer.json(&all)?;
                    }
                }
                printer.say(&self.summary());
            }
        }
        let failed = self.0.iter().any(|outcome| outcome.word() != Word::Done);
        Ok(if failed { Exit::Failed } else { Exit::Done })
    }

    /// Whether a stream took the verb and the batch that followed failed.
    pub(crate) fn any_batch_failed(&self) -> bool {
        self.0.iter().any(|outcome| matches!(outcome.ended, Ok(Done { failure: Some(_), .. })))
    }

    /// `12 done, 1 refused`
    fn summary(&self) -> String {
        let mut parts = Vec::new();
        for word in [Word::Done, Word::Refused, Word::Failed] {
            let count = self.0.iter().filter(|outcome| outcome.word() == word).count();
            if count > 0 {
                parts.push(format!("{count} {}", word.as_str()));
            }
        }
        let count = u64::try_from(self.0.len()).unwrap_or(u64::MAX);
        format!("{}: {}", units::counted(count, "stream"), parts.join(", "))
    }
}

/// How it ended, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Done,
    Refused,
    Failed,
}

impl Word {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    const fn color(self) -> Color {
        match self {
            Self::Done => Color::Green,
            Self::Refused => Color::Yellow,
            Self::Failed => Color::Red,
        }
    }
}

impl Outcome {
    fn word(&self) -> Word {
        match &self.ended {
            Ok(Done { failure: None, .. }) => Word::Done,
            Ok(Done { failure: Some(_), .. }) => Word::Failed,
            Err(error) if error.code() == TEMPORAL0005 => Word::Refused,
            Err(_) => Word::Failed,
        }
    }

    /// In one line, without the name of the stream.
    fn line(&self) -> String {
        let own = format!("{} ", self.stream);
        match &self.ended {
            Ok(done) => done.message.clone(),
            Err(error) => reason(error)
                .map_or_else(|| error.one_line(), |why| why.trim_start_matches(&own).to_owned()),
        }
    }

    fn as_json(&self) -> Value {
        let mut fields = Map::new();
        fields.insert("stream".to_owned(), json!(self.stream));
        fields.insert("result".to_owned(), json!(self.word().as_str()));
        match &self.ended {
            Ok(done) => {
                fields.insert("message".to_owned(), json!(done.message));
                fields.extend(done.fields.clone());
                if let Some(failure) = &done.failure {
                    let error = json!({ "code": failure.code, "message": failure.message });
                    fields.insert("error".to_owned(), error);
                }
            }
            Err(error) => {
                let error = json!({ "code": error.code().id, "message": error.one_line() });
                fields.insert("error".to_owned(), error);
            }
        }
        Value::Object(fields)
    }
}

/// Why the stream refused, in its own words.
fn reason(error: &Error) -> Option<&str> {
    let refused = error.code() == TEMPORAL0005;
    error.context().iter().find(|(key, _)| refused && *key == "reason").map(|(_, why)| why.as_str())
}

/// One stream, with all there is to say.
fn tell(outcome: &Outcome, format: Format, printer: Printer) -> Result<()> {
    match &outcome.ended {
        Err(error) => printer.error(error),
        Ok(Done { failure: Some(failure), .. }) => printer.stderr(&render_failure(failure)),
        Ok(Done { data: Some(data), .. }) if format == Format::Text => printer.data(data)?,
        Ok(Done { data: Some(_), .. }) => {}
        Ok(done) => {
            let stream = paint(NAME, &outcome.stream);
            printer.say(&format!("{stream}: {}", paint(DONE, &done.message)));
        }
    }
    Ok(())
}

fn as_table(outcomes: &[Outcome]) -> String {
    let mut table =
        table::table(&[("STREAM", Side::Left), ("RESULT", Side::Left), ("ANSWER", Side::Left)]);
    for outcome in outcomes {
        let word = outcome.word();
        table.add_row([
            cell(&outcome.stream),
            colored(word.as_str(), word.color()),
            cell(outcome.line()),
        ]);
    }
    table::render(&table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::style::plain;

    fn outcomes() -> Outcomes {
        let stream = |store| StreamId::multi("live", store);
        let refusal = "live/shop is paused: resume it first (state: paused)";
        let failure = Failure {
            code: "MERGE0002".into(),
            message: "[MERGE0002] the batch deletes more than it may".into(),
            ..Failure::default()
        };
        let reply = Reply {
            message: "live/crm: paused".into(),
            state: "paused".into(),
            ..Reply::default()
        };
        Outcomes(vec![
            Outcome { stream: stream("crm"), ended: Ok(Done::replied(&stream("crm"), &reply)) },
            Outcome {
                stream: stream("shop"),
                ended: Err(Error::new(TEMPORAL0005).with("reason", refusal)),
            },
            Outcome { stream: stream("web"), ended: Ok(Done::failed(&failure)) },
        ])
    }

    #[test]
    fn several_streams_are_a_table_with_reasons_and_a_summary() {
        let outcomes = outcomes();
        insta::assert_snapshot!(plain(&as_table(&outcomes.0)), @r"
        STREAM     RESULT   ANSWER
        live/crm   done     paused
        live/shop  refused  is paused: resume it first (state: paused)
        live/web   failed   [MERGE0002] the batch deletes more than it may
        ");
        assert_eq!(outcomes.summary(), "3 streams: 1 done, 1 refused, 1 failed");
    }

    #[test]
    fn programs_get_the_same_with_codes() {
        let all: Vec<Value> = outcomes().0.iter().map(Outcome::as_json).collect();
        let of = |index: usize, field: &str| all[index][field].clone();
        assert_eq!((of(0, "stream"), of(0, "state")), (json!("live/crm"), json!("paused")));
        assert_eq!(
            (of(1, "result"), &all[1]["error"]["code"]),
            (json!("refused"), &json!("TEMPORAL0005"))
        );
        assert_eq!(
            (of(2, "result"), &all[2]["error"]["code"]),
            (json!("failed"), &json!("MERGE0002"))
        );
    }
}
