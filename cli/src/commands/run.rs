//! `teal run`: a batch of streams, now; on their workflows, or in this process.

use teal_model::Result;
use teal_proto::v1::{Ask, IntentRequest};
use teal_temporal::names;

use crate::{
    args::Output,
    config,
    exit::Exit,
    interrupt,
    session::Session,
    streams::{self, Choice, Chosen, Danger, Desk, Done, Outcome, Outcomes, Ticket},
    ui::Printer,
};

/// Run a batch of streams now.
///
/// Asks the stream's workflow for a batch, waits for it and prints what it changed. During a run
/// exactly one more follows. Interrupting the wait leaves the batch running. Of several streams a
/// table shows how each ended.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal run live/shop                 ask the workflow and wait
  teal run live/shop --no-wait       ask and return
  teal run 'live/*' --team retail    several at once
  teal run live/shop --accept        let a batch pass that deletes more than max_delete
  teal run live/shop --local         do it here, without Temporal or a worker")]
pub struct Args {
    #[command(flatten)]
    choice: Choice,
    /// Return as soon as the streams have accepted
    #[arg(long, conflicts_with = "local")]
    no_wait: bool,
    /// Let this batch delete more rows than max_delete allows
    #[arg(long)]
    accept: bool,
    /// Do the work in this process, without Temporal
    #[arg(long)]
    local: bool,
    /// Why, for the audit
    #[arg(short, long, default_value = "")]
    reason: String,
    /// Go on without asking, also when several streams may lose many rows
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    output: Output,
}

/// Name of the verb in the audit.
const VERB: &str = "run";

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let session = Session::open().await?;
    let chosen = args.choice.look_up(&session).await?;
    let danger = if args.accept {
        Danger::Several("let batches pass that delete more than max_delete")
    } else {
        Danger::None
    };
    danger.confirm(&chosen, args.yes, printer)?;
    let outcomes = if args.local {
        local(args, &session, &chosen, printer).await
    } else {
        let ask = Ask { accept_deletes: args.accept, ..streams::ask(&args.reason) };
        durable(&session, &chosen, names::RUN_NOW, &ask, args.no_wait, printer).await?
    };
    Outcomes(outcomes).show(&chosen, args.output.format, printer)
}

async fn local(args: &Args, session: &Session, chosen: &Chosen, printer: Printer) -> Vec<Outcome> {
    let told = streams::each_locally(&chosen.streams, async |stream| {
        let mut details = std::collections::BTreeMap::from([("local", "true")]);
        if args.accept {
            details.insert("accept_deletes", "true");
        }
        let request = IntentRequest {
            stream: stream.to_string(),
            verb: VERB.to_owned(),
            reason: args.reason.clone(),
            by: config::whoami(),
            details: details.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
            ..IntentRequest::default()
        };
        let _report = teal_activities::stream::set_intent(&session.io, &request).await?;
        Ok(Done::said("asked"))
    });
    told.await;
    streams::local_batches(session, &chosen.streams, args.accept, printer).await
}

/// Asks the workflows for batches; waits for them unless `no_wait`. Also used by `resync`.
pub(crate) async fn durable(
    session: &Session,
    chosen: &Chosen,
    verb: &str,
    ask: &Ask,
    no_wait: bool,
    printer: Printer,
) -> Result<Vec<Outcome>> {
    let desk = Desk::open(session).await?;
    let replies = desk.ask_for_batches(&chosen.streams, verb, ask).await;
    let (mut outcomes, mut tickets) = (Vec::new(), Vec::new());
    for (stream, reply) in replies {
        match reply {
            Ok(reply) if no_wait => {
                outcomes.push(Outcome { ended: Ok(Done::replied(&stream, &reply)), stream });
            }
            Ok(reply) => tickets.push((stream, Ticket::from(&reply))),
            Err(refused) => outcomes.push(Outcome { stream, ended: Err(refused) }),
        }
    }
    if !tickets.is_empty() {
        let advice = "the workflows go on with their batches; `teal status` shows them";
        let waiting =
            async { Ok(streams::served(session, &desk.temporal, tickets, printer).await) };
        outcomes.extend(interrupt::leaving(advice, waiting).await?);
    }
    outcomes.sort_by_key(|outcome| outcome.stream.to_string());
    Ok(outcomes)
}
