//! The long kill loop: servers of its own, so many kills, a seed that plays the same ones again.

use clap::Args;

use crate::process::{Result, cargo, run as start};

/// The test that `make test` runs with few kills.
const TEST: &str = "kills::streams_are_sound_after_everything_died_again_and_again";

/// How long, and which.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many
    #[arg(default_value_t = 1000)]
    kills: u32,
    /// Plays the victims of an earlier run again; by chance where it is not said
    #[arg(long)]
    seed: Option<u64>,
    /// Source and merge store are of the newest version of PostgreSQL, not of the machine's own
    #[arg(long)]
    newest: bool,
}

pub(crate) fn run(options: &Options) -> Result {
    let kills = options.kills.to_string();
    let seed = options.seed.map_or_else(|| "random".to_owned(), |seed| seed.to_string());
    let words =
        ["test", "--workspace", "--locked", "--quiet", "--", "--exact", "--nocapture", TEST];
    let mut variables = vec![("TEAL_TEST_KILLS", kills.as_str()), ("TEAL_TEST_SEED", &seed)];
    variables.extend(options.newest.then_some(("TEAL_TEST_POSTGRES", "newest")));
    start(&cargo(), &words, &variables)
}
