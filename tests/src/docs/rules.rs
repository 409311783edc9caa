//! Everything that is not typed as it stands in the docs, and every exception with its reason.

/// Blocks of commands that no test types, with the reason that stands before them.
pub(super) const BLOCKS_LEFT_OUT: [(&str, &str); 6] = [
    ("README.md", BY_CI),
    ("docs/contributing/failpoints.md", "both commands end what they start"),
    ("docs/contributing/failpoints.md", "it is one of them"),
    ("docs/contributing/kills.md", "it takes an hour"),
    ("docs/contributing/workflows.md", "it writes the fixtures anew"),
    ("docs/errors/TEMPORAL0013.md", "it ends a workflow"),
];
/// The reason whose commands must stand in `.ci/run`, each as a line of its own.
pub(super) const BY_CI: &str = "run by .ci/run";

/// How figures are taken in seconds, in a build for tests; the longest words come first. What takes
/// minutes whatever its size (streams that are due each minute) has only its options tried.
pub(super) const FIGURES: [(&str, &str); 4] = [
    ("cargo x bench first-load --rows 20000000 --rounds 1", "BENCH first-load --help"),
    ("cargo x bench first-load ", "! command -v psql || BENCH first-load --rows 20000 --rounds 1 "),
    ("cargo x bench streams ", "BENCH streams --streams 10 --minutes 1 --help "),
    ("cargo x bench ", "BENCH --help "),
];

/// What stands in sentences for something of the reader's, and what it is in the test.
pub(super) const STAND_INS: [(&str, &str); 24] = [
    ("<stream>", "live/shop"),
    ("<CODE>", "MODEL0001"),
    ("explain CODE", "explain MODEL0001"),
    ("<verb>", "plan"),
    ("<folder>", "schemas"),
    ("<store>", "shop"),
    ("<id>", "stream/live/shop"),
    ("<name>", "elsewhere"),
    ("--class NAME", "--class small"),
    ("--class …", "--class small"),
    ("--dataset …", "--dataset orders"),
    ("[model/]", "model/"),
    ("[BATCH]", "1"),
    ("live/shop 1421", "live/shop 1"),
    ("history/shop/orders", "history/shop"),
    ("run …", "run live/shop"),
    ("dev …", "dev status"),
    ("bash|zsh|fish|elvish|powershell", "elvish"),
    ("discover …", "discover $SOURCE"),
    ("postgres://…", "$SOURCE"),
    ("postgres://user@host:port/database", "$SOURCE"),
    ("postgres://reader@db.example:5432/shop", "$SOURCE"),
    ("postgres://reader@db.example/shop", "$SOURCE"),
    ("0.0.0.0:9464", "127.0.0.1:0"),
];

/// Commands that a sentence names without what they need, and how they are typed.
pub(super) const CUT_SHORT: [(&str, &str); 18] = [
    ("teal init", "teal init fresh"),
    ("teal dev", "teal dev status"),
    ("teal run", "teal run live/shop"),
    ("teal pause", "teal pause live/shop --reason looking"),
    ("teal resume", "teal resume live/shop"),
    ("teal resume --local", "teal resume live/shop --local"),
    ("teal retry", "teal retry live/shop"),
    ("teal resync", "teal resync live/shop"),
    ("teal reset", "teal reset live/shop"),
    ("teal reload", "teal reload live/shop"),
    ("teal batches", "teal batches live/shop"),
    ("teal verify", "teal verify live/shop"),
    ("teal sql", "teal sql 'select 1'"),
    ("teal completions", "teal completions bash"),
    ("teal plan --out", "teal plan --out FILE"),
    ("teal apply --plan", "teal apply --plan FILE"),
    ("teal schema --out", "teal schema --out schemas"),
    ("temporal workflow update", "temporal workflow update --help"),
];

/// How a command that stands in a sentence is tried.
#[derive(Debug, Clone, Copy)]
pub(super) enum How {
    /// As it is, after shell text that makes it possible; other text takes back what it did.
    Between(&'static str, &'static str),
    /// As it is; it is refused with these words.
    Refused(&'static str),
    /// Other text in its place.
    Instead(&'static str),
    /// Blocks of pages that are run hold it.
    InBlocks,
    /// `.ci/run` holds this line, which is the same.
    ByCi(&'static str),
    /// Not at all, and why.
    Not(&'static str),
}

use How::{Between, ByCi, InBlocks, Instead, Not, Refused};

/// The first whose text the command begins with counts. All others are typed as they are and must
/// end with 0.
pub(super) const RULES: &[(&str, How)] = &[
    // ---- verbs for what is not the case on a healthy stack: it is made the case
    ("teal pause", Between("", "teal resume '*'")),
    ("teal resume", Between("teal pause '*' --reason looking", "teal resume '*'")),
    ("teal retry", Between("breaks; teal run '*'; mends", "teal run '*'")),
    ("teal reset", Between("dies_in_a_batch", "teal run live/shop")),
    (
        "teal resync live/shop --cancel",
        Between("breaks; teal resync live/shop; mends", "teal run '*'"),
    ),
    ("teal resync live/shop --discard-history", Refused("nobody is there to say it")),
    (
        "teal resync live/shop --dataset orders --discard-history",
        Refused("nobody is there to say it"),
    ),
    ("temporal workflow terminate", Between("", "teal apply")),
    ("teal apply --cancel", Refused("nothing is being applied")), // the tests `cli::cancel` cancel
    ("teal drop history/", Refused("there is no such retired table")), // `cli::drop` drops
    ("teal drop 'history/*'", Refused("there is no such retired table")),
    // ---- what goes on until somebody ends it
    ("teal worker", Instead("attends")),
    ("teal status --watch", Instead("timeout --signal INT 1 teal status --watch; test $? = 124")),
    // ---- what needs a place of its own
    ("teal init .", Between("mkdir own && cd own", "")),
    (
        "teal validate shop.yaml",
        Between("cp model/shop.yaml . && mkdir -p web && touch web/x.yaml", ""),
    ),
    ("teal completions zsh", Between("fpath=(x zsh) && mkdir -p zsh", "")),
    ("teal completions bash >", Between("mkdir -p ~/.local/share/bash-completion/completions", "")),
    ("teal completions fish", Between("mkdir -p ~/.config/fish/completions", "")),
    ("teal completions powershell", Between("PROFILE=profile.ps1", "")),
    ("psql -h <host>", Instead("psql \"$SOURCE\" -c 'select 1'")),
    // ---- what is run elsewhere
    ("teal dev up", InBlocks),
    ("teal dev down", InBlocks),
    ("make up", InBlocks),
    ("cargo x bench", InBlocks),
    ("make demo", ByCi("make demo")),
    ("make test", ByCi("make test")),
    ("cargo x test", ByCi("make test")),
    ("cargo x check", ByCi("cargo run --quiet --locked --package xtask -- check")),
    // ---- what is not run
    ("cargo test", Not("it is what runs this")),
    ("cargo x kills", Not("make test runs what it runs, with few kills")),
    ("cargo x docs", Not("documents_are_what_the_program_would_write does what it does")),
    ("teal sql -w", Not("the sentence says that it is gone")),
    ("psql -c \"copy …", Not("said of what the bench does itself")),
    ("git revert", Not("a person's commit")),
];
