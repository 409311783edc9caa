//! Tests of the whole way from text to release.

mod compiled;
mod endpoints;
mod examples;
mod hostile;
mod mistakes;
mod overlay;
mod schema;

use crate::{Diagnostics, ModelFile, load, release::Release};

/// The example model that the tests change.
pub(crate) fn shop() -> Vec<ModelFile> {
    vec![
        ModelFile::new("consumers.yaml", include_str!("shop/consumers.yaml")),
        ModelFile::new("crm.datasets.yaml", include_str!("shop/crm.datasets.yaml")),
        ModelFile::new("crm.yaml", include_str!("shop/crm.yaml")),
        ModelFile::new("ecosystem.yaml", include_str!("shop/ecosystem.yaml")),
        ModelFile::new("shop.yaml", include_str!("shop/shop.yaml")),
    ]
}

/// The example with parts of its text replaced; each must be there exactly once.
fn shop_with(changes: &[(&str, &str)]) -> Vec<ModelFile> {
    let mut files = shop();
    for (old, new) in changes {
        let count: usize = files.iter().map(|file| file.text.matches(old).count()).sum();
        assert_eq!(count, 1, "`{old}`");
        for file in &mut files {
            file.text = file.text.replace(old, new);
        }
    }
    files
}

/// The release of the changed example.
fn released(changes: &[(&str, &str)]) -> Release {
    let files = shop_with(changes);
    let release = load(&files).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert_eq!(schema::refusals(&files), Vec::<String>::new(), "the schema refuses a right model");
    release
}

/// The mistakes of the changed example.
fn mistakes(changes: &[(&str, &str)]) -> Diagnostics {
    load(&shop_with(changes)).expect_err("a mistake")
}

#[test]
fn files_of_a_model_are_yaml_and_not_hidden() {
    let is_model = |path: &str| ModelFile::is_model(std::path::Path::new(path));
    assert!(is_model("model/shop.yaml") && is_model("shop.yml"));
    assert!(!is_model("model/.shop.yaml") && !is_model("shop.json") && !is_model("yaml"));
}
