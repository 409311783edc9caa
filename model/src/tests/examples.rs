//! The examples of this repository are models that compile.

use std::{fs, path::Path};

use crate::{ModelFile, load};

#[test]
fn every_example_compiles() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut compiled = Vec::new();
    for example in fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(folder) = fs::read_dir(example.join("model")) else { continue };
        let paths = folder.map(|entry| entry.unwrap().path());
        let files: Vec<ModelFile> = paths
            .filter(|path| ModelFile::is_model(path))
            .map(|path| {
                ModelFile::new(path.display().to_string(), fs::read_to_string(path).unwrap())
            })
            .collect();
        let release = load(&files).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        assert!(!release.jobs.is_empty(), "{}: a model without a stream", example.display());
        compiled.push(release.ecosystem);
    }
    assert!(compiled.contains(&"tpch".to_owned()), "{compiled:?}");
}
