//! `docs/contributing/failpoints.md`: each boundary, what it protects, where it dies.

use std::{fmt::Write, fs, path::Path};

use teal_failpoint::{Boundary, VARIABLE};

use super::scenario::{self, Scenario};

const PAGE: &str = "docs/contributing/failpoints.md";

/// Set to `write` by `cargo x docs`, as for the documents of the command line.
const MODE: &str = "TEAL_DOCS";

#[test]
fn the_page_of_failpoints_is_what_the_tests_would_write() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(PAGE);
    let text = text();
    if std::env::var(MODE).is_ok_and(|mode| mode == "write") {
        fs::write(&path, text).unwrap();
        return;
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == text,
        "{PAGE} is not what it would be: run `cargo x docs`, commit what it wrote"
    );
}

fn text() -> String {
    let mut page = format!(
        "\
# Failpoints

<!-- Written by `cargo x docs` from failpoint/src/boundary.rs and tests/src/failpoints/scenario.rs: edit those, then run it again. -->

Everything that becomes durable passes a boundary by its name, and a process can be made to end just before or just after it. Decision
[0012](../decisions/0012-failpoints.md) says why it is done so.

<!-- not run by the tests: both commands end what they start -->
```console
$ {VARIABLE}=batch.commit:after=kill teal worker
$ {VARIABLE}=batch.copy:before=error@2,stream.note:before=kill teal worker
```

`kill` ends the process as `kill -9` does, `stop` lets it stand still until `kill -CONT`, `error` fails what is being done; `@2` waits for the
second time. Each does it once. Release builds refuse the variable (`FAIL0003`).

A new boundary is a line in `failpoint/src/boundary.rs`, a call of `pg::commit` (or `pg::alone`, or `failpoint::around` for a command to another
server), and a scenario. Without a scenario the test `failpoints::every_boundary_has_a_scenario` fails; a statement that commits beside `pg::commit`
fails in the first test that runs it, as sessions of debug builds are read-only otherwise.

All scenarios run side by side in one test, `failpoints::a_process_that_dies_at_any_boundary_is_followed_by_one_that_mends_it`; some of them, while
one works on them:

<!-- not run by the tests: it is one of them -->
```console
$ TEAL_TEST_SCENARIO=batch,drop cargo x test failpoints
```

## Scenarios
| scenario | what dies, and what happens then |
|---|---|
"
    );
    for Scenario { name, story, .. } in scenario::ALL {
        writeln!(page, "| {name} | {story} |").ok();
    }
    page.push_str(
        "
Afterwards no batch is open, current rows are those of the source, each batch is there once and its counts are those of its rows, and
nothing is left to apply (`tests/src/testkit/sound.rs`).

A worker that only stands still in a batch, and wakes up when another one has done it, is `tests/src/failpoints/sleeper.rs`; what dies at any moment
instead of a chosen one is [the kill loop](kills.md).

## Boundaries
A process dies before and after each.

| boundary | what becomes durable | scenario |
|---|---|---|
",
    );
    for boundary in Boundary::ALL {
        let of = scenario::ALL.iter().filter(|scenario| scenario.boundaries.contains(boundary));
        let names: Vec<&str> = of.map(|scenario| scenario.name).collect();
        let (name, protects) = (boundary.name(), boundary.protects());
        writeln!(page, "| `{name}` | {protects} | {} |", names.join(", ")).ok();
    }
    page
}
