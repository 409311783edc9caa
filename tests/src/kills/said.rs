//! What processes must not say, whatever dies.

use std::{ffi::OsStr, fs};

use teal_model::{Code, Kind};

use crate::testkit::plant::Plant;

/// Faults that are told, of all processes together.
const SHOWN: usize = 20;

/// Lines of workers and commands that tell of a panic, or of an error that means that Teal is wrong.
pub(super) fn faults(plant: &Plant) -> Vec<String> {
    let wrong = wrong();
    let is_fault = |line: &&str| {
        line.contains("panicked at") || wrong.iter().any(|code| line.contains(code.as_str()))
    };
    let mut faults = Vec::new();
    for entry in fs::read_dir(plant.desk.path("")).expect("the desk").flatten() {
        let path = entry.path();
        if path.extension() != Some(OsStr::new("log")) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a log");
        let lines = text.lines().filter(is_fault);
        faults.extend(lines.map(|line| format!("{}: {line}", entry.file_name().display())));
    }
    faults.truncate(SHOWN);
    faults
}

/// Codes of the kind `Bug`, as errors print them.
fn wrong() -> Vec<String> {
    let all: [&[Code]; 4] = [
        teal_activities::code::ALL,
        teal_temporal::code::ALL,
        teal_workflows::code::ALL,
        teal_worker::code::ALL,
    ];
    let wrong = all.into_iter().flatten().filter(|code| code.kind == Kind::Bug);
    wrong.map(|code| format!("[{}]", code.id)).collect()
}
