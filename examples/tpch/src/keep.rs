//! `make up` and `make down`: the demo's stack, kept running for a person to play with.

use sqlx::PgPool;
use teal_devstack::{Options, Progress, Stack};

use crate::{Result, load, model, programs, say};

/// What to keep running.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// TPC-H scale factor of the data, when none is loaded yet
    #[arg(long, default_value_t = 0.1)]
    scale: f64,
    /// Changed rows per second at the source; 0: no change driver
    #[arg(long, default_value_t = 100.0)]
    rate: f64,
}

fn options() -> Options {
    Options::dev(model::project(), Progress::to(|line| say!("  {line}")))
}

/// Starts what does not run; a worker and a change driver of an earlier build are replaced.
pub(crate) async fn up(arguments: &Arguments) -> Result {
    say!("Starting the stack");
    let stack = Stack::up(&options()).await?;
    if !load::is_loaded(&stack.source_url()).await? {
        say!("Loading TPC-H, scale factor {}", arguments.scale);
        load::run(&stack.source_url(), arguments.scale).await?;
    }
    say!("Starting a worker");
    stack.spawn("worker", programs::worker()?).await?;
    let folder = model::folder(&stack)?;
    let model = programs::short(&folder);
    if installed(&stack).await? {
        say!("A release is installed already; `teal apply {model}` installs what you changed");
    } else {
        programs::run(&stack, &["apply", "--yes", &model]).await?;
    }
    if arguments.rate > 0.0 {
        say!("Starting the change driver");
        let driver = programs::driver(&stack.source_url(), arguments.rate)?;
        stack.spawn("driver", driver).await?;
    }
    say!(
        "
The stack is up: worker and change driver run in the background.
  Temporal UI   {ui}
  logs          {logs}

  eval \"$({teal} dev env)\"
  {teal} status
  {teal} sql 'select * from reporting._status'
  $EDITOR {model}
  {teal} plan {model}
  {teal} apply {model}

`make down` stops it.",
        ui = stack.ui_url(),
        logs = programs::short(&stack.folder().join("logs")),
        teal = programs::short(&programs::teal()?),
    );
    Ok(())
}

/// Stops worker, driver and servers.
pub(crate) async fn down(wipe: bool) -> Result {
    if wipe {
        Stack::wipe(&options()).await?;
    } else {
        Stack::down(&options()).await?;
    }
    say!("The stack is down");
    Ok(())
}

async fn installed(stack: &Stack) -> Result<bool> {
    let catalog = PgPool::connect(&stack.catalog_url()).await?;
    let table: Option<String> = sqlx::query_scalar("select to_regclass('teal.installed')::text")
        .fetch_one(&catalog)
        .await?;
    if table.is_none() {
        return Ok(false);
    }
    let query = "select exists (select from teal.installed)";
    Ok(sqlx::query_scalar(query).fetch_one(&catalog).await?)
}
