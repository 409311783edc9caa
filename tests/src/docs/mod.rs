//! The docs as a person follows them: every command of every page is typed into a shell.
//!
//! A page's blocks of kind `console` are run from top to bottom; what a command prints is for the
//! reader and not compared, its exit code is. `# exits 2` after a command promises another code
//! than 0, and a comment `<!-- not run by the tests: reason -->` leaves a block out.

mod page;
mod shell;

use page::Page;
use shell::Shell;

use crate::testkit::{source_db, teal};

/// Pages that start with `make up` and end with `make down`.
const EXAMPLE: [&str; 2] = ["README.md", "examples/tpch/README.md"];

/// Pages that `teal init` writes: a person fills in what their commands need, so only `init` is tested.
const TO_FILL_IN: [&str; 1] = ["cli/src/commands/init/skeleton/README.md"];

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

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_works_from_the_first_page_to_the_last() {
    let shop = source_db("the_guide_works_from_the_first_page_to_the_last").await;
    let hash = shop.name.rsplit('_').next().unwrap_or_default();
    let role = format!("shop_reader_{hash}");
    shop.run(&SHOP.replace("ROLE", &role).replace("DATABASE", &shop.name)).await;
    let there = shop.endpoint("shop_reader");
    let url = format!("postgres://{role}@{}:{}/{}", there.host, there.port, there.database);

    let mut shell = Shell::new();
    shell.exchange("postgres://shop_reader@localhost:5432/shop", url);
    shell.exchange("_USER=shop_reader ", format!("_USER={role} "));
    // as the page says, when somebody's stack holds the usual ports
    let env = "eval \"$(teal dev env)\"";
    let port =
        "sed -i \"s/port: 15433/port: $(echo $TEAL_CATALOG | sed 's/.*:\\(.*\\)\\/.*/\\1/')/\"";
    shell.exchange(env, format!("{env}; {port} model/platforms.yaml"));
    shell.exchange("teal worker --all", "teal worker --all --metrics-addr 127.0.0.1:0");
    shell.finally("kill $(jobs -p) 2>/dev/null; wait; teal dev down --wipe");
    let commands = GUIDE.iter().flat_map(|name| Page::read(name).commands).collect::<Vec<_>>();
    if let Err(failed) = tokio::task::spawn_blocking(move || shell.run(&commands)).await {
        std::panic::resume_unwind(failed.into_panic());
    }
    shop.run(&format!("drop owned by {role}; drop role {role}")).await;
}

#[test]
fn every_page_with_commands_is_run() {
    let mut unknown = page::all();
    unknown.retain(|name| !EXAMPLE.contains(&name.as_str()) && !GUIDE.contains(&name.as_str()));
    unknown.retain(|name| !TO_FILL_IN.contains(&name.as_str()));
    unknown.retain(|name| !Page::read(name).commands.is_empty());
    assert_eq!(unknown, Vec::<String>::new(), "add these pages to a list of tests/src/docs/mod.rs");
}
