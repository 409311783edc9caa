//! `teal worker`: hosts workflows and activities on the task queues of the installed release.

use std::{net::SocketAddr, time::Duration};

use clap::ValueEnum;
use teal_model::Result;
use teal_worker::{Classes, Deployment, WorkerConfig, logs};

use crate::{
    config,
    exit::Exit,
    ui::{Printer, Verbosity},
};

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// For people
    #[default]
    Human,
    /// For log collectors: one JSON object for each line
    Json,
}

/// Do the work: host workflows and activities.
///
/// Needs the catalog, Temporal and a credentials store; everything else comes from the installed
/// release. Before the first apply it waits for one. SIGTERM and Ctrl-C let open batches end first;
/// a second signal ends at once, and another worker takes the work over.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal worker                        everything, on one machine
  teal worker --class small,large    ingest and merge of two classes, no workflows
  teal worker --workflows            workflows and control activities only
  teal worker --log-format json --metrics-addr 0.0.0.0:9464

Endpoints: /metrics, /health/live, /health/ready.
Environment: RUST_LOG filters logs; TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID version
the worker.")]
pub struct Args {
    /// Resource classes whose ingest and merge activities it runs
    #[arg(long = "class", value_name = "CLASS", value_delimiter = ',')]
    classes: Vec<String>,
    /// Run workflows and control activities
    #[arg(long)]
    workflows: bool,
    /// All classes and the workflows: what happens when neither is said
    #[arg(long, conflicts_with_all = ["classes", "workflows"])]
    all: bool,
    /// Platform services it is meant for; another release is refused
    #[arg(long, value_name = "NAME")]
    services: Option<String>,
    /// Where metrics and health are offered; `off`: nowhere. Nobody is asked who he is
    #[arg(
        long,
        env = "TEAL_METRICS_ADDR",
        value_name = "ADDRESS",
        default_value_t = Listen(Some(WorkerConfig::DEFAULT_LISTEN))
    )]
    metrics_addr: Listen,
    /// How log lines look
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    log_format: LogFormat,
    /// Seconds that open batches may go on after SIGTERM
    #[arg(long, value_name = "SECONDS", default_value_t = WorkerConfig::DEFAULT_GRACE.as_secs())]
    grace: u64,
    /// Name of the process in Temporal's UI and in `teal status` (default: pid@host)
    #[arg(long)]
    name: Option<String>,
}

/// An address, or `off`.
#[derive(Debug, Clone, Copy)]
struct Listen(Option<SocketAddr>);

impl std::fmt::Display for Listen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(address) => address.fmt(f),
            None => f.write_str("off"),
        }
    }
}

impl std::str::FromStr for Listen {
    type Err = std::net::AddrParseError;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        if text == "off" { Ok(Self(None)) } else { text.parse().map(|address| Self(Some(address))) }
    }
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let format = match args.log_format {
        LogFormat::Human => logs::Format::Human,
        LogFormat::Json => logs::Format::Json,
    };
    logs::init(format, filter(printer).as_deref())?;
    let settings = settings(args)?;
    let shutdown = teal_worker::until_signalled().map_err(crate::refused_by_system)?;
    Box::pin(teal_worker::run(settings, shutdown)).await?;
    Ok(Exit::Done)
}

/// `RUST_LOG` wins over `--quiet` and `--verbose`.
fn filter(printer: Printer) -> Option<String> {
    let of_verbosity = match printer.verbosity() {
        Verbosity::Quiet => Some("error"),
        Verbosity::Normal => None,
        Verbosity::Verbose => Some("debug,h2=info,hyper=info,tower=info,tonic=info,rustls=info"),
    };
    config::log_filter().or_else(|| of_verbosity.map(str::to_owned))
}

fn settings(args: &Args) -> Result<WorkerConfig> {
    let name = args.name.clone().unwrap_or_else(config::process_name);
    let mut settings = WorkerConfig::new(config::catalog()?, name);
    if !args.classes.is_empty() || args.workflows {
        settings.classes = Classes::Only(args.classes.clone());
        settings.workflows = args.workflows;
    }
    settings.services = args.services.clone();
    settings.listen = args.metrics_addr.0;
    settings.grace = Duration::from_secs(args.grace);
    settings.deployment = Deployment::from_environment();
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn parse(words: &[&str]) -> Args {
        Line::parse_from(std::iter::once(&"worker").chain(words)).args
    }

    #[test]
    fn classes_are_separated_by_commas_and_metrics_can_be_off() {
        let args = parse(&["--class", "small,large", "--metrics-addr", "off"]);
        assert_eq!(args.classes, ["small", "large"]);
        assert!(args.metrics_addr.0.is_none() && !args.workflows);
        assert_eq!(parse(&[]).metrics_addr.0, Some(WorkerConfig::DEFAULT_LISTEN));
        assert!(Line::try_parse_from(["worker", "--all", "--workflows"]).is_err());
    }
}
