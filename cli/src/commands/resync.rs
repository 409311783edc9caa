//! `teal resync`: every row is compared, or everything is loaded from zero.

use teal_activities::stream;
use teal_model::Result;
use teal_proto::v1::{Ask, ResyncRequest};
use teal_temporal::names;

use super::run;
use crate::{
    args::Output,
    config,
    exit::Exit,
    session::Session,
    streams::{self, Choice, Chosen, Danger, Done, Outcome, Outcomes},
    ui::Printer,
};

/// Compare every row of streams with their source.
///
/// One ordinary batch in which digests and hashes are not trusted: every row is read and compared
/// value by value, so that also what somebody changed in a merge table by hand is mended. Consumers
/// read on, history and batches stay. With --discard-history everything is loaded into new tables
/// instead, which take the place of the old ones at one stroke: older versions, and indexes and
/// grants that others put on the merge tables, are gone then.
///
/// The wish stands in the catalog until a batch has done it, whatever happens to workers or Temporal.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal resync live/shop                      all datasets; waits
  teal resync live/shop --dataset orders     one of them
  teal resync live/shop --discard-history --reason 'the first load was of a test system'
  teal resync live/shop --cancel             take back what is not done yet
  teal resync live/shop --local              do it here, without Temporal or a worker")]
pub struct Args {
    #[command(flatten)]
    choice: Choice,
    /// Only these datasets of the stream
    #[arg(long = "dataset", value_name = "DATASET", value_delimiter = ',')]
    datasets: Vec<String>,
    /// Load again from zero: loses older versions
    #[arg(long, requires = "reason")]
    discard_history: bool,
    /// Take back what was asked for and is not done
    #[arg(long, conflicts_with_all = ["datasets", "discard_history", "accept", "no_wait"])]
    cancel: bool,
    /// Let this batch delete more rows than max_delete allows
    #[arg(long)]
    accept: bool,
    /// Return as soon as the streams have accepted
    #[arg(long, conflicts_with = "local")]
    no_wait: bool,
    /// Do the work in this process, without Temporal
    #[arg(long)]
    local: bool,
    /// Why, for the audit and for whoever looks at `teal status`
    #[arg(short, long)]
    reason: Option<String>,
    /// Go on without asking
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let session = Session::open().await?;
    let chosen = args.choice.look_up(&session).await?;
    danger(args).confirm(&chosen, args.yes, printer)?;
    let wish = Wish {
        datasets: &args.datasets,
        discard_history: args.discard_history,
        cancel: args.cancel,
        accept: args.accept,
        reason: args.reason.as_deref().unwrap_or_default(),
    };
    let outcomes = if args.local {
        wish.local(&session, &chosen, printer).await
    } else {
        wish.durable(&session, &chosen, args.no_wait || args.cancel, printer).await?
    };
    let outcomes = Outcomes(outcomes);
    let exit = outcomes.show(&chosen, args.output.format, printer)?;
    if !args.cancel && outcomes.any_batch_failed() {
        printer.hint(
            "what was asked for stands: the next batch that succeeds does it, and the stream goes \
             on trying; `teal resync <stream> --cancel` takes it back",
        );
    }
    Ok(exit)
}

const fn danger(args: &Args) -> Danger {
    match (args.cancel, args.discard_history) {
        (true, _) => Danger::None,
        (false, true) => Danger::Always("load everything from zero and lose older versions"),
        (false, false) => Danger::Several("read every row of the sources"),
    }
}

/// What is asked of streams. Also by `verify --repair`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wish<'a> {
    /// None: all.
    pub(crate) datasets: &'a [String],
    pub(crate) discard_history: bool,
    pub(crate) cancel: bool,
    /// Let the batch delete more than `max_delete`.
    pub(crate) accept: bool,
    pub(crate) reason: &'a str,
}

impl Wish<'_> {
    /// Tells the workflows, and waits for their batches.
    pub(crate) async fn durable(
        self,
        session: &Session,
        chosen: &Chosen,
        no_wait: bool,
        printer: Printer,
    ) -> Result<Vec<Outcome>> {
        let ask = Ask {
            accept_deletes: self.accept,
            datasets: self.datasets.to_vec(),
            discard_history: self.discard_history,
            cancel: self.cancel,
            ..streams::ask(self.reason)
        };
        run::durable(session, chosen, names::RESYNC, &ask, no_wait, printer).await
    }

    /// Writes the wish, as the workflow does, then runs the batch that does it.
    pub(crate) async fn local(
        self,
        session: &Session,
        chosen: &Chosen,
        printer: Printer,
    ) -> Vec<Outcome> {
        let told = streams::each_locally(&chosen.streams, async |stream| {
            if !self.cancel {
                streams::may_run(&session.io, stream).await?;
            }
            let request = ResyncRequest {
                stream: stream.to_string(),
                datasets: self.datasets.to_vec(),
                discard_history: self.discard_history,
                cancel: self.cancel,
                accept_deletes: self.accept,
                reason: self.reason.to_owned(),
                by: config::whoami(),
            };
            let report = stream::resync(&session.io, &request).await?;
            Ok(Done::said(&format!("{} resync taken back", report.cancelled)))
        })
        .await;
        if self.cancel {
            return told;
        }
        let (told, mut refused): (Vec<_>, Vec<_>) =
            told.into_iter().partition(|outcome| outcome.ended.is_ok());
        let streams: Vec<_> = told.into_iter().map(|outcome| outcome.stream).collect();
        refused.extend(streams::local_batches(session, &streams, self.accept, printer).await);
        refused.sort_by_key(|outcome| outcome.stream.to_string());
        refused
    }
}
