//! Documents that the program writes about itself. `cargo x docs` writes them anew; the test here
//! fails as long as a file is not what the program would write.
//!
//! A new one is an entry of [`all`].

mod failures;
mod reference;

use std::{fs, path::Path};

use crate::pages;

/// A file of the repository and what has to be in it.
struct Document {
    /// From the top folder.
    path: &'static str,
    text: String,
}

fn all() -> Vec<Document> {
    vec![
        Document { path: "docs/cli.md", text: reference::text() },
        Document { path: "docs/model.md", text: teal_model::schema::reference() },
        Document { path: "docs/failures.md", text: failures::text() },
        Document { path: "docs/errors/README.md", text: pages::index() },
    ]
}

/// Set to `write` by `cargo x docs`.
const MODE: &str = "TEAL_DOCS";

#[test]
fn documents_are_what_the_program_would_write() {
    let writes = std::env::var(MODE).is_ok_and(|mode| mode == "write");
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut stale = Vec::new();
    for Document { path, text } in all() {
        if fs::read_to_string(top.join(path)).is_ok_and(|found| found == text) {
            continue;
        }
        if writes {
            fs::write(top.join(path), text).unwrap();
        } else {
            stale.push(path);
        }
    }
    assert!(
        stale.is_empty(),
        "not what the program would write: {}. Run `cargo x docs` and commit what it wrote",
        stale.join(", ")
    );
}
