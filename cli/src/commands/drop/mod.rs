//! `teal drop`: retired tables are listed, and dropped when somebody says so.

mod choose;
mod render;

use serde_json::{Value, json};
use teal_activities::provision::drop::{self, Fate, Request, Retired};
use teal_model::Result;

use crate::{
    args::Output,
    config,
    exit::Exit,
    session::Session,
    streams,
    ui::{
        Format, Printer,
        style::{DONE, NAME, paint},
        table,
        units::{self, Clock},
    },
};

/// List retired tables, or drop them for good.
///
/// A table with history is not dropped when its dataset leaves the model or gets another key: it
/// waits in the schema `teal_retired`, seven days at least, until it is named here. Without a name
/// the tables are listed and nothing is changed. Each table goes in a transaction of its own; what
/// others built on it is named, and nothing of it is dropped.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").args(["tables", "expired"]).multiple(true))]
#[command(after_help = "\
Examples:
  teal drop                                  list them
  teal drop history/shop/orders --reason 'nobody asks for it any more'
  teal drop 'history/*' --expired            those of them whose seven days are over
  teal drop --expired --yes                  for cron
  teal drop history/shop --now               without waiting for the seven days
  teal drop -o json | jq '.[] | select(.is_due) | .table'")]
pub struct Args {
    /// Datasets (history/shop/orders), streams (history/shop), platforms (history), names of tables,
    /// or patterns with *
    #[arg(value_name = "TABLE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    tables: Vec<String>,
    /// Those whose seven days are over
    #[arg(long)]
    expired: bool,
    /// Also those whose seven days are not over
    #[arg(long, requires = "tables", conflicts_with = "expired")]
    now: bool,
    /// Why, for the audit
    #[arg(short, long, default_value = "", requires = "what")]
    reason: String,
    /// Go on without asking
    #[arg(short, long, requires = "what")]
    yes: bool,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let session = Session::open().await?;
    let retired = drop::retired(&session.io, &session.installed.release.services.merge).await?;
    if args.tables.is_empty() && !args.expired {
        return list(&retired, args.output.format, printer);
    }
    let chosen = choose::choose(&retired, &args.tables, args.expired)?;
    for table in &chosen {
        table.check_age(args.now)?;
    }
    if !chosen.is_empty() {
        if !args.yes && printer.can_ask() {
            let width = table::terminal_width();
            printer.stderr(&render::list(chosen.iter().copied(), &Clock::now(), width));
        }
        let whom = choose::names(&chosen);
        streams::agree("drop tables and their history for good", &whom, args.yes, printer)?;
    }
    let mut ended = Vec::new();
    for table in chosen {
        ended.push((table, one(args, &session, table).await));
    }
    tell(&ended, args.output.format, printer)
}

fn list(retired: &[Retired], format: Format, printer: Printer) -> Result<Exit> {
    match format {
        Format::Json => printer.json(&retired)?,
        Format::Text if retired.is_empty() => printer.say("no table is retired"),
        Format::Text => {
            printer.data(&render::list(retired, &Clock::now(), table::terminal_width()))?;
        }
    }
    Ok(Exit::Done)
}

async fn one(args: &Args, session: &Session, table: &Retired) -> Result<Fate> {
    let by = config::whoami();
    let request = Request { by: &by, reason: &args.reason, now: args.now };
    let merge = &session.installed.release.services.merge;
    drop::drop_retired(&session.io, merge, table, &request).await
}

/// One line for each; those that failed with all there is to say.
fn tell(ended: &[(&Retired, Result<Fate>)], format: Format, printer: Printer) -> Result<Exit> {
    if format == Format::Json {
        printer.json(&ended.iter().map(as_json).collect::<Vec<_>>())?;
    }
    if ended.is_empty() {
        printer.say("nothing to drop: no such table has waited its seven days");
    }
    for (table, fate) in ended {
        match fate {
            Ok(fate) => {
                let name = paint(NAME, table.label());
                printer.say(&format!("{name}: {}", paint(DONE, said(table, *fate))));
            }
            Err(error) => printer.error(error),
        }
    }
    let failed = ended.iter().any(|(_, fate)| fate.is_err());
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

fn said(table: &Retired, fate: Fate) -> String {
    match fate {
        Fate::Dropped => {
            format!("{} dropped, {}", table.table, units::bytes(table.bytes.unwrap_or_default()))
        }
        Fate::Recorded => format!("{} was not there any more; noted", table.table),
        Fate::AlreadyGone => format!("{} was dropped in the meantime", table.table),
    }
}

fn as_json((table, fate): &(&Retired, Result<Fate>)) -> Value {
    let mut fields = json!({
        "stream": table.stream,
        "dataset": table.dataset,
        "table": table.table.to_string(),
    });
    let (result, error) = match fate {
        Ok(Fate::Dropped) => ("dropped", None),
        Ok(Fate::Recorded) => ("was_missing", None),
        Ok(Fate::AlreadyGone) => ("already_dropped", None),
        Err(error) => ("failed", Some(error)),
    };
    if let Some(fields) = fields.as_object_mut() {
        fields.insert("result".to_owned(), json!(result));
        if let Some(error) = error {
            let error = json!({ "code": error.code().id, "message": error.one_line() });
            fields.insert("error".to_owned(), error);
        }
    }
    fields
}
