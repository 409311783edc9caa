//! `teal status --check`: do consumers get what the model promises? For cron, CI and monitoring.

use serde::Serialize;
use serde_json::json;
use teal_activities::catalog::status::{ObjectiveRow, StreamStatusRow, Verdict};
use teal_model::Result;
use teal_temporal::Seen;

use super::{
    Args, Desk,
    render::{View, check as render},
    runtime::Runtime,
};
use crate::{
    exit::Exit,
    ui::{Format, Printer, style, units},
};

/// A stream that does not do its work.
#[derive(Debug, Serialize)]
pub(super) struct Broken {
    /// Its name.
    pub(super) stream: String,
    /// `failing`, or `no_workflow`.
    pub(super) why: &'static str,
    /// Code of its last failure; empty: none.
    pub(super) code: String,
    /// One line.
    pub(super) message: String,
}

pub(super) async fn run(desk: &mut Desk, args: &Args, printer: Printer) -> Result<Exit> {
    let streams = desk.streams(args).await?;
    let mut objectives = desk.objectives(&streams, args.ignore_paused);
    if let Some(workspace) = &args.workspace {
        objectives.retain(|objective| objective.workspace == *workspace);
    }
    let view = View::now(&desk.runtime);
    let broken = broken(&streams, &desk.runtime, &view);
    let late = objectives.iter().filter(|objective| objective.verdict.is_broken()).count();
    let ok = late == 0 && broken.is_empty();
    match args.output.format {
        Format::Json => printer.json(&json!({
            "ok": ok,
            "temporal": desk.runtime.as_json(),
            "objectives": objectives,
            "streams": broken,
        }))?,
        Format::Text if !ok => {
            printer.data(&render::trouble(&objectives, &streams, &broken, &view))?;
        }
        Format::Text => {}
    }
    say(&objectives, &streams, broken.len(), late, printer);
    Ok(if ok { Exit::Done } else { Exit::Failed })
}

/// Streams that fail, or that nothing runs although they should.
fn broken(streams: &[StreamStatusRow], runtime: &Runtime, view: &View<'_>) -> Vec<Broken> {
    let look = |stream: &StreamStatusRow| {
        let of = |why, code: String, message: String| {
            Some(Broken { stream: stream.stream.clone(), why, code, message })
        };
        if stream.state == "failing" {
            let failure = stream.failure.clone().unwrap_or_default();
            return of("failing", failure.code, failure.message);
        }
        match runtime.seen(stream)? {
            Seen::Open(_) => None,
            seen => of("no_workflow", String::new(), style::plain(&view.workflow(seen))),
        }
    };
    streams.iter().filter_map(look).collect()
}

/// The count of everything, on stderr: silent with `-q`.
fn say(
    objectives: &[ObjectiveRow],
    streams: &[StreamStatusRow],
    broken: usize,
    late: usize,
    printer: Printer,
) {
    if objectives.is_empty() {
        printer.warn(
            "no group of these workspaces states how old its data may be \
             (`needs: {latency: 5m}`): only streams were checked",
        );
    }
    let ignored = objectives.iter().filter(|o| o.verdict == Verdict::Ignored).count();
    let ignored = match ignored {
        0 => String::new(),
        n => format!(" ({n} of paused streams ignored)"),
    };
    let count = |bad: usize, all: usize, noun: &str, well: &str, ill: &str| match bad {
        0 => format!("{} {well}", units::counted(all as u64, noun)),
        bad => format!("{bad} of {} {ill}", units::counted(all as u64, noun)),
    };
    printer.say(&format!(
        "{}{ignored}; {}",
        count(late, objectives.len(), "objective", "met", "broken"),
        count(broken, streams.len(), "stream", "at work", "not at work"),
    ));
}
