//! The steps of the demo, in order.

use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use teal_devstack::{Options, Stack};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Arguments, kill};
use crate::{
    Result, drive, load, model, programs, say,
    watch::{self, Screen, Stream},
};

/// How long the streams are watched before something is killed.
const WATCH: Duration = Duration::from_secs(12);
/// First loads, on a machine that does other things too.
const LOAD_LIMIT: Duration = Duration::from_secs(300);

pub(super) async fn tell(
    options: &Options,
    arguments: &Arguments,
    stop: &CancellationToken,
) -> Result {
    title(1, "Two PostgreSQL servers (source, merge store) and Temporal");
    let stack = Stack::up(options).await?;
    say!("  Temporal UI: {}", stack.ui_url());

    title(2, &format!("TPC-H data at the source, scale factor {}", arguments.scale));
    load::run(&stack.source_url(), arguments.scale).await?;

    title(3, "A worker, and the model");
    stack.spawn("worker", programs::worker()?).await?;
    let folder = model::folder(&stack)?;
    let model = programs::short(&folder);
    programs::run(&stack, &["validate", &model]).await?;
    programs::run(&stack, &["apply", "--yes", &model]).await?;

    title(4, "First loads, then the source changes and the streams follow");
    let catalog = PgPoolOptions::new().max_connections(3).connect(&stack.merge_url()).await?;
    let mut screen = Screen::new(catalog.clone());
    let loaded = |streams: &[Stream]| streams.iter().all(|stream| stream.last_batch > 0);
    screen.until(LOAD_LIMIT, || "loading".into(), loaded).await?;
    let driver = Driver::start(&stack, arguments.rate, stop);
    let watched_since = std::time::Instant::now();
    let long_enough = |_: &[Stream]| watched_since.elapsed() > WATCH;
    screen.until(WATCH * 2, || driver.done.line(), long_enough).await?;

    title(5, "kill -9 of the worker in the middle of a batch");
    let killed = kill::in_the_middle(&stack, &catalog).await?;
    say!("  another worker starts; Temporal notices the silence of the first after ten seconds");
    stack.spawn("worker", programs::worker()?).await?;
    kill::healed(&catalog, &mut screen, &killed, &driver.done).await?;

    title(6, "The source stops changing, the streams catch up");
    let done = driver.stop().await?;
    watch::caught_up(&mut screen, || done.line()).await?;

    title(7, "Proof: every live table equals its source, every history is sound");
    programs::run(&stack, &["verify", "*"]).await?;

    title(8, "What consumers see");
    consume(&stack).await?;
    if arguments.hold {
        say!("\nEverything keeps running until Ctrl-C.");
        stop.cancelled().await;
    }
    Ok(())
}

fn title(number: u32, text: &str) {
    say!("\n── {number}. {text}");
}

/// Queries a view the way a person would, and says where to look.
async fn consume(stack: &Stack) -> Result {
    let query = "select o_orderstatus, count(*) as orders, sum(o_totalprice) as total \
                 from reporting.sales__tpch_orders__orders group by 1 order by 1";
    programs::run(stack, &["sql", query]).await?;
    say!("\n  the same by psql:  psql \"$TEAL_CATALOG\" -c \"{query}\"");
    say!("  Temporal UI:       {} (workflows stream/live/tpch_orders, …)", stack.ui_url());
    say!("  to play with it:   make up");
    Ok(())
}

/// The change driver, beside the story.
struct Driver {
    done: drive::Done,
    stop: CancellationToken,
    task: JoinHandle<Result>,
}

impl Driver {
    fn start(stack: &Stack, rate: f64, stop: &CancellationToken) -> Self {
        let (done, stop, source) = (drive::Done::default(), stop.child_token(), stack.source_url());
        let (counts, token) = (done.clone(), stop.clone());
        let task = tokio::spawn(async move { drive::run(&source, rate, counts, token).await });
        Self { done, stop, task }
    }

    /// Lets it finish its transaction; what it did.
    async fn stop(self) -> Result<drive::Done> {
        self.stop.cancel();
        self.task.await??;
        Ok(self.done)
    }
}
