//! `teal verify`: whether merge tables hold what the last batch read; `--repair` lets a batch mend.

mod render;

use teal_activities::{
    Pulse,
    verify::{self, Options, Report, Verifier},
};
use teal_model::{Error, Result, StreamId};
use teal_proto::v1::Failure;
use teal_temporal::names;
use tokio_util::sync::CancellationToken;

use super::{resync::Wish, run};
use crate::{
    args::Output,
    code,
    exit::Exit,
    interrupt,
    session::Session,
    streams::{self, Choice, Chosen, Danger, Outcome},
    ui::{Printer, progress::Line},
};

/// Compare merge tables with their sources, and histories with the ledger.
///
/// Both sides are computed from rows; stored hashes and digests are not believed. Rows that differ are
/// named by their keys and columns, never by other values. As the source may have changed since the
/// last batch, a batch is run where something differs: what outlives it is damage. Then what cannot be
/// is looked for: versions that overlap or leave gaps, batches that never were, counts that do not add
/// up.
///
/// The work is done by this process and by the servers; nothing is changed unless `--repair` is given,
/// which lets the stream compare every row of the datasets concerned in an ordinary batch.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 everything is sound, 1 something is not, or it could not be found out

Examples:
  teal verify live/shop                      all datasets of a stream
  teal verify live/shop --dataset orders     one of them
  teal verify 'live/*' -o json               many streams, for a program
  teal verify live/shop --no-batch           the source is at rest: tell every difference at once
  teal verify live/shop --repair             mend what a batch can mend, and verify again
  teal verify live/shop --local              run its batches here, without Temporal or a worker")]
pub struct Args {
    #[command(flatten)]
    choice: Choice,
    /// Only these datasets of the stream
    #[arg(long = "dataset", value_name = "DATASET", value_delimiter = ',')]
    datasets: Vec<String>,
    /// Keys, versions and batches that are named of each dataset; all are counted
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    limit: u32,
    /// Run no batch: what the source changed since the last one shows as a difference
    #[arg(long)]
    no_batch: bool,
    /// Let a batch that compares every row mend what differs, and verify again
    #[arg(long)]
    repair: bool,
    /// Let that batch delete more rows than max_delete allows
    #[arg(long, requires = "repair")]
    accept: bool,
    /// Run batches in this process, without Temporal
    #[arg(long)]
    local: bool,
    /// Go on without asking
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let session = Session::open().await?;
    let chosen = args.choice.look_up(&session).await?;
    let danger = match args.repair {
        true => Danger::Several("compare every row of what differs and mend it"),
        false => Danger::None,
    };
    danger.confirm(&chosen, args.yes, printer)?;
    let cancellation = CancellationToken::new();
    let work = Work { args, session: &session, cancellation: cancellation.clone(), printer };
    let all = async {
        let mut verdicts = Vec::new();
        for stream in &chosen.streams {
            let ended = Box::pin(work.verify(stream)).await;
            if cancellation.is_cancelled() {
                return Err(Error::new(code::CLI0009).with("stream", stream));
            }
            verdicts.push(Verdict { stream: stream.clone(), ended });
        }
        Ok(verdicts)
    };
    let verdicts = interrupt::stoppable(&cancellation, all).await?;
    render::show(&verdicts, chosen.single, args.output.format, printer)?;
    let sound = verdicts.iter().all(Verdict::is_sound);
    Ok(if sound { Exit::Done } else { Exit::Failed })
}

/// What was found of one stream.
#[derive(Debug)]
struct Verdict {
    stream: StreamId,
    ended: Result<Found>,
}

/// The last look, and how it came about.
#[derive(Debug)]
struct Found {
    report: Report,
    /// Why no batch told damage from changes of the source.
    undecided: Option<Failure>,
    /// What a batch was asked to mend before.
    repaired: Vec<String>,
    /// Why that batch failed.
    unrepaired: Option<Failure>,
}

impl Verdict {
    fn is_sound(&self) -> bool {
        self.ended.as_ref().is_ok_and(|found| found.report.is_sound())
    }
}

/// One command's work.
struct Work<'a> {
    args: &'a Args,
    session: &'a Session,
    cancellation: CancellationToken,
    printer: Printer,
}

impl Work<'_> {
    async fn verify(&self, stream: &StreamId) -> Result<Found> {
        let mut found = self.look(stream).await?;
        let datasets = found.report.mendable();
        if !self.args.repair || datasets.is_empty() || found.undecided.is_some() {
            return Ok(found);
        }
        let reason = format!("teal verify --repair: {}", render::in_short(&found.report));
        let wish = Wish {
            datasets: &datasets,
            accept: self.args.accept,
            reason: &reason,
            ..Wish::default()
        };
        let chosen = only(stream);
        let ended = if self.args.local {
            Ok(wish.local(self.session, &chosen, self.printer).await)
        } else {
            wish.durable(self.session, &chosen, false, self.printer).await
        };
        match failure_of(ended)? {
            Some(failure) => found.unrepaired = Some(failure),
            None => found = self.look(stream).await?,
        }
        Ok(Found { repaired: datasets, ..found })
    }

    /// Looks once, or before and after a batch.
    async fn look(&self, stream: &StreamId) -> Result<Found> {
        let options = Options { datasets: self.args.datasets.clone(), limit: self.args.limit };
        let found =
            |report| Found { report, undecided: None, repaired: Vec::new(), unrepaired: None };
        if self.args.no_batch {
            let line = self.line();
            let report = verify::at_rest(&self.session.io, stream, &options, &line).await;
            return Ok(found(report?));
        }
        let mut verifier = Box::pin(Verifier::open(&self.session.io, stream, &options)).await?;
        let report = verifier.first_look(&self.line()).await?;
        if !report.needs_batch() {
            return Ok(found(report));
        }
        self.printer.detail(&format!("{stream}: {}", render::in_short(&report)));
        if let Some(failure) = failure_of(self.batch(stream).await)? {
            return Ok(Found { undecided: Some(failure), ..found(report) });
        }
        Ok(found(verifier.second_look(&self.line()).await?))
    }

    /// A batch that begins now.
    async fn batch(&self, stream: &StreamId) -> Result<Vec<Outcome>> {
        let chosen = only(stream);
        if self.args.local {
            let streams = &chosen.streams;
            return Ok(streams::local_batches(self.session, streams, false, self.printer).await);
        }
        let ask = streams::ask("teal verify");
        run::durable(self.session, &chosen, names::RUN_NOW, &ask, false, self.printer).await
    }

    fn line(&self) -> impl Pulse {
        Line::start(self.printer, self.cancellation.clone())
    }
}

fn only(stream: &StreamId) -> Chosen {
    Chosen { streams: vec![stream.clone()], single: true }
}

/// Why the batch of the only stream was not committed; an interruption ends everything.
fn failure_of(ended: Result<Vec<Outcome>>) -> Result<Option<Failure>> {
    let outcomes = match ended {
        Err(error) if error.code() == code::CLI0009 => return Err(error),
        Err(error) => return Ok(Some(Failure::from_error(&error, 0))),
        Ok(outcomes) => outcomes,
    };
    let Some(outcome) = outcomes.into_iter().next() else { return Ok(None) };
    match outcome.ended {
        Ok(done) => Ok(done.failure),
        Err(error) if error.code() == code::CLI0009 => Err(error),
        Err(error) => Ok(Some(Failure::from_error(&error, 0))),
    }
}
