//! Every code has its page, every page a code, and every code a test.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::*;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[test]
fn every_code_has_its_page_and_every_page_a_code() {
    let mut faults = Vec::new();
    for code in codes() {
        let (id, text) = (code.id, page(code));
        let title = format!("# {id}: {}", code.title);
        if text.is_empty() {
            faults.push(format!(
                "write docs/errors/{id}.md: the line `{title}`, what happened, `## Why`, \
                 `## What to do`, and `## Example` where the printed error helps"
            ));
            continue;
        }
        if text.lines().next() != Some(title.as_str()) {
            faults.push(format!("docs/errors/{id}.md must begin with `{title}`"));
        }
        for section in ["\n## Why\n", "\n## What to do\n"] {
            if !text.contains(section) {
                faults.push(format!("docs/errors/{id}.md has no section `{}`", section.trim()));
            }
        }
        let example = text.split_once("```text\n").map(|(_, example)| example);
        if example.is_some_and(|example| !example.starts_with(&format!("error[{id}]: "))) {
            faults.push(format!("the example of docs/errors/{id}.md shows another error"));
        }
    }
    for (name, _) in PAGES {
        if !codes().iter().any(|code| code.id == *name) {
            faults.push(format!("docs/errors/{name}.md: there is no code {name}; remove the page"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_group_of_codes_has_a_title() {
    for code in codes() {
        let letters = letters_of(code.id);
        assert!(
            GROUPS.iter().any(|(known, _)| *known == letters),
            "say in GROUPS (cli/src/pages/mod.rs) what codes {letters}… are about"
        );
        assert_eq!(code.id.len(), letters.len() + 4, "{code}: letters and four digits");
        assert!(!code.help.contains("  ") && !code.title.contains("  "), "{code}: a broken line");
    }
}

#[test]
fn codes_are_unique() {
    let codes = codes();
    let twice = codes.windows(2).find(|pair| pair[0].id == pair[1].id);
    assert_eq!(twice, None, "a number that is taken is never used again");
}

#[test]
fn every_code_is_raised_and_every_code_has_a_test() {
    let sources = Sources::read();
    let mut faults = Vec::new();
    for code in codes() {
        let id = code.id;
        if !sources.raised.contains_key(id) {
            faults.push(format!("nothing raises {id}: remove it (and never use its number again)"));
        } else if !sources.tested.contains_key(id) {
            faults.push(format!("no test names {id}: write one that sees the error"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Codes that the sources name, with the first file that does.
struct Sources {
    /// In code that runs.
    raised: BTreeMap<String, PathBuf>,
    /// In tests and their snapshots.
    tested: BTreeMap<String, PathBuf>,
}

impl Sources {
    fn read() -> Self {
        let mut sources = Self { raised: BTreeMap::new(), tested: BTreeMap::new() };
        for entry in fs::read_dir(root()).unwrap() {
            let folder = entry.unwrap().path();
            if folder.join("Cargo.toml").exists() {
                for part in ["src", "tests"] {
                    sources.folder(&folder.join(part));
                }
            }
        }
        assert!(sources.raised.len() > 100 && sources.tested.len() > 100, "the sources moved");
        sources
    }

    fn folder(&mut self, folder: &Path) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for path in entries.map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_str().unwrap();
            let extension = path.extension().and_then(std::ffi::OsStr::to_str);
            match extension {
                _ if ["code.rs", "pages"].contains(&name) => {} // declared, and listed here
                _ if path.is_dir() => self.folder(&path),
                Some("rs" | "snap") => self.file(&path),
                _ => {}
            }
        }
    }

    fn file(&mut self, path: &Path) {
        let text = fs::read_to_string(path).unwrap();
        let is_test =
            path.extension().is_some_and(|extension| extension == "snap")
                || path.strip_prefix(root()).unwrap().components().any(|part| {
                    ["tests", "tests.rs"].iter().any(|known| part.as_os_str() == *known)
                });
        let (code, tests) = match text.split_once("#[cfg(test)]\nmod tests {") {
            _ if is_test => ("", text.as_str()),
            Some((code, tests)) => (code, tests),
            None => (text.as_str(), ""),
        };
        // What a comment says is neither raised nor tested.
        let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            note(line, path, &mut self.raised);
        }
        note(tests, path, &mut self.tested);
    }
}

/// Notes each word of capitals and four digits.
fn note(text: &str, path: &Path, into: &mut BTreeMap<String, PathBuf>) {
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
        let letters = letters_of(word);
        if word.len() == letters.len() + 4
            && !letters.is_empty()
            && letters.chars().all(|c| c.is_ascii_uppercase())
        {
            into.entry(word.to_owned()).or_insert_with(|| path.to_owned());
        }
    }
}

#[test]
fn codes_are_found_as_errors_print_them() {
    for text in ["MERGE0002", "merge0002", "error[MERGE0002]:", "[MERGE0002]"] {
        assert_eq!(find(text).map(|code| code.id), Some("MERGE0002"), "{text}");
    }
    assert_eq!(find("MERGE"), None);
    assert_eq!(group("merge").len(), 3);
    let near: Vec<&str> = nearest("merge002").iter().map(|code| code.id).collect();
    assert_eq!(near.first(), Some(&"MERGE0002"));
    assert!(nearest("nonsense").is_empty());
}
