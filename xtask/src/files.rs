//! Names and sizes of files: a newcomer finds the room for a change from the folder names.

use std::{fs, path::Path};

use crate::process::{Result, root, say, tracked_files};

/// A Rust file longer than this has a second noun in it (tests included: they get a file of their
/// own past 150 lines).
const MOST_LINES: usize = 500;
/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 5] = ["utils.rs", "util.rs", "common.rs", "helpers.rs", "misc.rs"];
/// Nothing that a person wrote is larger; generated or recorded files name themselves here.
const MOST_BYTES: u64 = 300_000;
const LARGE_FILES: [&str; 2] = ["Cargo.lock", "tests/histories/"];

/// Checks all files that git knows; prints median and largest.
pub(crate) fn run() -> Result {
    let mut problems = Vec::new();
    let mut sizes = Vec::new();
    for file in tracked_files()? {
        let path = root().join(&file);
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let shown = file.to_string_lossy().into_owned();
        let Ok(meta) = fs::metadata(&path) else { continue };
        if meta.len() > MOST_BYTES && !LARGE_FILES.iter().any(|known| shown.starts_with(known)) {
            problems.push(format!("{shown}: {} bytes, at most {MOST_BYTES}", meta.len()));
        }
        if file.extension().is_some_and(|extension| extension == "rs") {
            let lines = line_count(&path)?;
            if lines > MOST_LINES {
                problems.push(format!("{shown}: {lines} lines, at most {MOST_LINES}"));
            }
            if EMPTY_NAMES.contains(&name) {
                problems.push(format!("{shown}: name it after what it holds"));
            }
            sizes.push((lines, shown));
        }
    }
    sizes.sort();
    if let (Some(middle), Some(largest)) = (sizes.get(sizes.len() / 2), sizes.last()) {
        say(&format!(
            "{} Rust files, median {} lines, largest {} lines ({})",
            sizes.len(),
            middle.0,
            largest.0,
            largest.1
        ));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n       ")) }
}

fn line_count(path: &Path) -> Result<usize> {
    let text = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text.split(|byte| *byte == b'\n').count().saturating_sub(1))
}
