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
    /// `failing`, `stuck`, or `no_workflow`.
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
            seen @ Seen::Stuck(_) => of("stuck", String::new(), style::plain(&view.workflow(seen))),
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
    printer.say(&summary(objectives, streams, broken, late));
}

/// `2 objectives met; 3 streams at work`, or how many of each are not, and why.
fn summary(
    objectives: &[ObjectiveRow],
    streams: &[StreamStatusRow],
    broken: usize,
    late: usize,
) -> String {
    let of = |wanted: Verdict| objectives.iter().filter(|o| o.verdict == wanted).count();
    let by_pause = match of(Verdict::Paused) {
        0 => String::new(),
        n => format!(" ({n} by a pause; --ignore-paused leaves these out)"),
    };
    let ignored = match of(Verdict::Ignored) {
        0 => String::new(),
        n => format!(" ({n} of paused streams ignored)"),
    };
    let all = units::counted(objectives.len() as u64, "objective");
    let kept = match late {
        0 => format!("{all} met"),
        late => format!("{late} of {all} broken{by_pause}"),
    };
    let paused = streams.iter().filter(|stream| stream.wanted == "paused").count();
    let all = units::counted(streams.len() as u64, "stream");
    let at_work = match (broken, paused) {
        (0, 0) => format!("{all} at work"),
        (broken, paused) => {
            let mut parts =
                vec![format!("{} at work", streams.len().saturating_sub(broken + paused))];
            parts.extend((paused > 0).then(|| format!("{paused} paused")));
            parts.extend((broken > 0).then(|| format!("{broken} not at work")));
            format!("of {all} {}", parts.join(", "))
        }
    };
    format!("{kept}{ignored}; {at_work}")
}
