//! The docs as a person follows them: every command of every page is typed into a shell.
//!
//! A page's blocks of kind `console` are run from top to bottom; what a command prints is for the
//! reader and not compared, its exit code is. `# exits 2` after a command promises another code
//! than 0, and a comment `<!-- not run by the tests: reason -->` leaves a block out. Commands that
//! stand in sentences, tables, the advice of codes and the examples of `--help` are typed each for
//! itself (`sentences`). Every exception stands in `rules`, with its reason.

mod page;
mod rules;
mod sentences;
mod shell;
mod spoken;

use page::{Command, Page};
use shell::{ATTENDED, Shell};

use crate::testkit::{Db, source_db, teal};

/// Pages that start with `make up` and end with `make down`.
const EXAMPLE: [&str; 2] = ["README.md", "examples/tpch/README.md"];

/// What `teal init` writes into the folder of a new model.
const OF_INIT: &str = "cli/src/commands/init/skeleton/README.md";

/// How figures are taken.
const FIGURES: &str = "bench/README.md";

#[test]
fn the_pages_about_the_example_work() {
    let mut shell = Shell::new();
    let (project, example) = (page::PROJECT, teal::example().display());
    // the folder of the project, as its `.git` would say
    shell.first(&format!("mkdir .teal examples && cp -r '{project}/examples/tpch' examples/tpch"));
    shell.exchange("make up", format!("'{example}' up --scale 0.01"));
    shell.exchange("make down", format!("'{example}' down --wipe"));
    shell.finally(&format!("'{example}' down --wipe"));
    shell.exchange("$PWD/target/debug:", "");
    shell.exchange("target/debug/teal ", "teal ");
    // with other ports when somebody's stack holds the usual ones
    let model = "$(ls -d .teal/dev/model-* 2>/dev/null || echo examples/tpch/model)";
    shell.exchange("examples/tpch/model", model);
    // the editor of somebody who knows what to change
    shell.first(
        "printf '#!/bin/sh\nfind \"$@\" -type f | xargs sed -i \"s/every: 10s/every: 15s/\"\n' > edit",
    );
    shell.first("chmod +x edit");
    shell.set("EDITOR", format!("{}/edit", shell.folder().display()));
    for name in EXAMPLE {
        shell.run(&Page::read(name).commands);
    }
}

/// A person's first days, in this order: each page goes on where the one before ended.
const GUIDE: [&str; 5] = [
    "docs/quickstart.md",
    "docs/operating.md",
    "docs/backup.md",
    "docs/upgrade.md",
    "docs/uninstall.md",
];

/// What the owner of the database `shop` did before.
const SHOP: &str = r#"
    create table customers (id bigint primary key, name text not null, vip boolean);
    create table "Order Lines" ("No" integer, "Line" integer, "Price €" numeric(12,2), note xml,
        primary key ("No", "Line"));
    comment on table customers is 'Who buys';
    insert into customers select n, 'customer ' || n, n % 2 = 0 from generate_series(1, 100) n;
    insert into "Order Lines" select n, 1, n * 1.5, '<a/>' from generate_series(1, 50) n;
    analyze;
    drop role if exists ROLE;
    create role ROLE login password 'choose one';
    grant connect on database DATABASE to ROLE;
    grant usage on schema public to ROLE;
    grant select on all tables in schema public to ROLE;"#;

/// A shop that nobody prepared but for a role that may read.
struct Shop {
    source: Db,
    role: String,
}

impl Shop {
    async fn new(test: &str) -> Self {
        let source = source_db(test).await;
        let hash = source.name.rsplit('_').next().unwrap_or_default();
        let role = format!("{}_{hash}", test.chars().take(20).collect::<String>());
        source.run(&SHOP.replace("ROLE", &role).replace("DATABASE", &source.name)).await;
        Self { source, role }
    }

    /// A shell in which its address stands for that of the pages, with a stack of its own.
    fn shell(&self) -> Shell {
        let there = self.source.endpoint("shop_reader");
        let url =
            format!("postgres://{}@{}:{}/{}", self.role, there.host, there.port, there.database);
        let mut shell = Shell::new();
        shell.exchange("postgres://shop_reader@localhost:5432/shop", url);
        shell.exchange("_USER=shop_reader ", format!("_USER={} ", self.role));
        // as the pages say, when somebody's stack holds the usual ports
        let env = "eval \"$(teal dev env)\"";
        let port =
            "sed -i \"s/port: 15433/port: $(echo $TEAL_CATALOG | sed 's/.*:\\(.*\\)\\/.*/\\1/')/\"";
        shell.exchange(env, format!("{env}; {port} model/platforms.yaml"));
        shell.first(ATTENDED);
        shell.exchange("teal apply", "attended teal apply");
        shell.exchange("teal worker --all", "teal worker --all --metrics-addr 127.0.0.1:0");
        shell.finally("kill $(jobs -p) 2>/dev/null; wait; teal dev down --wipe");
        shell
    }

    /// Types the commands of pages, then takes the role away.
    async fn follow(self, shell: Shell, pages: &[&str]) {
        let commands = pages.iter().flat_map(|name| Page::read(name).commands).collect::<Vec<_>>();
        if let Err(failed) = tokio::task::spawn_blocking(move || shell.run(&commands)).await {
            std::panic::resume_unwind(failed.into_panic());
        }
        let role = &self.role;
        self.source.run(&format!("drop owned by {role}; drop role {role}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_works_from_the_first_page_to_the_last() {
    let shop = Shop::new("the_guide_works_from_the_first_page_to_the_last").await;
    let mut shell = shop.shell();
    let (project, target) = (page::PROJECT, teal::target().display().to_string());
    shell.exchange("git clone <this repository>", format!("git clone --quiet '{project}'"));
    // what was built for the tests is what it would build, in a profile that takes no minutes
    shell.exchange(
        "cargo install --locked --path teal/cli",
        format!(
            "cargo install --quiet --locked --offline --debug --path '{project}/cli' \
             --target-dir '{target}' --root ~/.cargo; export PATH=\"$HOME/.cargo/bin:$PATH\""
        ),
    );
    shop.follow(shell, &GUIDE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_of_a_new_model_works() {
    let shop = Shop::new("the_readme_of_a_new_model_works").await;
    let mut shell = shop.shell();
    shell.first("teal init my-data");
    shell.first("cd my-data");
    shop.follow(shell, &[OF_INIT]).await;
}

#[test]
fn the_readme_of_a_new_model_goes_the_way_of_the_quickstart() {
    let line = |text: &str| text.split_once("  ").map_or(text, |(line, _)| line).trim().to_owned();
    let mut quickstart = Page::read(GUIDE[0]).commands.into_iter().map(|c| line(&c.text));
    for Command { place, text, .. } in Page::read(OF_INIT).commands {
        let text = line(&text);
        assert!(
            quickstart.any(|step| step == text),
            "{place}: the quickstart does not go on with `{text}`"
        );
    }
}

#[test]
fn figures_can_be_taken() {
    let bench = format!("'{}'", teal::bench().display());
    let mut shell = Shell::new();
    for (page, there) in rules::FIGURES {
        shell.exchange(page, there.replace("BENCH", &bench));
    }
    shell.run(&Page::read(FIGURES).commands);
}

#[test]
fn every_page_with_commands_is_run() {
    let mut unknown = page::names();
    unknown.retain(|name| !EXAMPLE.contains(&name.as_str()) && !GUIDE.contains(&name.as_str()));
    unknown.retain(|name| ![OF_INIT, FIGURES].contains(&name.as_str()));
    unknown.retain(|name| !Page::read(name).commands.is_empty());
    assert_eq!(unknown, Vec::<String>::new(), "add these pages to a list of tests/src/docs/mod.rs");
}
