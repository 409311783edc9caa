//! The docs as a person follows them: every command of every page is typed into a shell.
//!
//! A page's blocks of kind `console` are run from top to bottom; what a command prints is for the
//! reader and not compared, its exit code is. `# exits 2` after a command promises another code
//! than 0, and a comment `<!-- not run by the tests: reason -->` leaves a block out.

mod page;
mod shell;

use page::Page;
use shell::Shell;

use crate::testkit::teal;

/// Pages that start with `make up` and end with `make down`.
const EXAMPLE: [&str; 2] = ["README.md", "examples/tpch/README.md"];

/// Pages that `teal init` writes: a person fills in what their commands need, so only `init` is tested.
const TO_FILL_IN: [&str; 1] = ["cli/src/commands/init/skeleton/README.md"];

#[test]
fn the_pages_about_the_example_work() {
    let mut shell = Shell::new();
    let (project, example) = (page::PROJECT, teal::example().display());
    shell.first(&format!("mkdir examples && cp -r '{project}/examples/tpch' examples/tpch"));
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

#[test]
fn every_page_with_commands_is_run() {
    let mut unknown = page::all();
    unknown.retain(|name| !EXAMPLE.contains(&name.as_str()));
    unknown.retain(|name| !TO_FILL_IN.contains(&name.as_str()));
    unknown.retain(|name| !Page::read(name).commands.is_empty());
    assert_eq!(unknown, Vec::<String>::new(), "add these pages to a list of tests/src/docs/mod.rs");
}
