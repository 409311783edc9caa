//! Text that nobody would write: the reader answers in bounded time, and never panics.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::shop;
use crate::{ModelFile, load};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_panics_the_reader(text in ".{0,300}") {
        let _answer = load(&[ModelFile::new("any.yaml", text)]);
    }

    #[test]
    fn no_yaml_like_text_panics_the_reader(
        text in "([a-z]{1,3}: |- |\\{|\\}|\\[|\\]|, |\n {0,6}|---\n|\"|'|#|&a |\\*a|!t |: |\\||>|%|\\?|kind: Datastore\n|name: x\n|é|\t|\u{0}){0,80}"
    ) {
        let _answer = load(&[ModelFile::new("any.yaml", text)]);
    }

    /// The example with one stretch replaced: past the grammar of YAML, into every document.
    #[test]
    fn no_change_of_the_example_panics_the_reader(
        file in 0_usize..5,
        from in 0_usize..2_000,
        length in 0_usize..60,
        text in "(\\PC{0,8}|: |\\{|\\}|null|\n|[0-9]{1,25}|[a-z_]{1,80}|&a |\\*a)",
    ) {
        let mut files = shop();
        let old: Vec<char> = files[file].text.chars().collect();
        let from = from % old.len();
        let to = (from + length).min(old.len());
        files[file].text = old[..from].iter().chain(text.chars().collect::<Vec<_>>().iter()).chain(&old[to..]).collect();
        if let Err(mistakes) = load(&files) {
            prop_assert!(!mistakes.is_empty());
            prop_assert!(!mistakes.to_string().is_empty());
        }
    }
}

fn refused_quickly(text: String) -> String {
    let start = Instant::now();
    let mistakes = load(&[ModelFile::new("bomb.yaml", text)]).expect_err("a mistake").to_string();
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    mistakes
}

#[test]
fn alias_bombs_are_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    assert!(refused_quickly(text).contains("MODEL0003"));
}

#[test]
fn deep_nesting_is_refused() {
    for (open, count) in [("[", 100_000), ("{a: ", 100_000), ("- ", 50_000)] {
        assert!(refused_quickly(open.repeat(count)).contains("error["));
    }
}

#[test]
fn large_files_are_refused() {
    assert!(refused_quickly("# x\n".repeat(3 << 20)).contains("MODEL0003"));
    assert!(refused_quickly(format!("[{}]", "1,".repeat(1 << 20))).contains("MODEL0003"));
}

#[test]
fn many_mistakes_at_the_end_of_a_large_file_are_placed_quickly() {
    let text = "# x\n".repeat(1_900_000) + &"---\n- x\n".repeat(2_000);
    assert!(refused_quickly(text).contains("bomb.yaml:1900002:1"));
}

#[test]
fn many_mistakes_in_one_long_line_stay_small() {
    let fields: Vec<String> = (0..100_000).map(|number| format!("f{number}: x")).collect();
    let mistakes = refused_quickly(format!("{{kind: Ecosystem, {}}}", fields.join(", ")));
    assert!(mistakes.len() < 1 << 20, "{}", mistakes.len());
    assert!(mistakes.contains("MODEL0019"));
}

#[test]
fn key_of_a_hundred_thousand_columns_is_read_quickly() {
    let names: Vec<String> = (0..100_000).map(|number| format!("k{number}")).collect();
    let text = format!(
        "kind: Datastore\nname: a\ndatasets: {{d: {{table: a.b, key: [{}], columns: {{id: uuid}}}}}}",
        names.join(", ")
    );
    assert!(refused_quickly(text).contains("MODEL0031"));
}
