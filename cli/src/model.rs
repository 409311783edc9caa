//! From paths on the command line to the files of a model.

use std::{
    collections::BTreeSet,
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use teal_model::{Error, Known, ModelFile, Result, release::Release};

use crate::{
    code,
    ui::{Printer, diagnostic},
};

/// Folder that is read when no path is given.
pub(crate) const DEFAULT_FOLDER: &str = "model";

/// The release that these files compile to, with what they describe beyond it; `None`: they have
/// mistakes, and these were told.
///
/// # Errors
/// As [`read_files`].
pub(crate) fn compile_known(
    paths: &[PathBuf],
    printer: Printer,
) -> Result<Option<(Release, Known)>> {
    let files = read_files(paths)?;
    let compiled = teal_model::read(&files).and_then(|documents| {
        Ok((teal_model::compile(&documents)?, teal_model::known(&documents)))
    });
    match compiled {
        Ok(compiled) => Ok(Some(compiled)),
        Err(found) => {
            printer.stderr(&diagnostic::render(&found));
            Ok(None)
        }
    }
}

/// The files behind these paths: files as they are, folders searched for `*.yaml` and `*.yml`
/// (hidden ones and symbolic links to folders left out). Sorted, each once.
///
/// # Errors
/// `CLI0004` for a path that cannot be read, `CLI0005` when the folders hold no model.
pub(crate) fn read_files(paths: &[PathBuf]) -> Result<Vec<ModelFile>> {
    let mut found = Vec::new();
    for path in start(paths) {
        collect(&path, &mut found)?;
    }
    found.sort();
    let mut seen = BTreeSet::new();
    found.retain(|path| seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
    if found.is_empty() {
        let searched: Vec<String> =
            start(paths).iter().map(|path| path.display().to_string()).collect();
        return Err(Error::new(code::CLI0005).with("searched", searched.join(", ")));
    }
    found.iter().map(|path| read(path)).collect()
}

/// The folder that is read when no path is given: `model/` or else the current one.
pub(crate) fn default_folder() -> PathBuf {
    let folder = Path::new(DEFAULT_FOLDER);
    if folder.is_dir() { folder.to_owned() } else { PathBuf::from(".") }
}

fn start(paths: &[PathBuf]) -> Vec<PathBuf> {
    if paths.is_empty() { vec![default_folder()] } else { paths.to_vec() }
}

fn collect(path: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let metadata = fs::metadata(path).map_err(|error| unreadable(path, error))?;
    if !metadata.is_dir() {
        found.push(path.strip_prefix(".").unwrap_or(path).to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(|error| unreadable(path, error))? {
        let entry = entry.map_err(|error| unreadable(path, error))?;
        let child = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        // A link to a folder may lead in a circle; a link to a file is how Kubernetes mounts one.
        let folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !hidden && (folder || (!child.is_dir() && ModelFile::is_model(&child))) {
            collect(&child, found)?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<ModelFile> {
    let file = fs::File::open(path).map_err(|error| unreadable(path, error))?;
    // One byte more than is taken, so that the reader sees that the file is too large.
    let mut bytes = Vec::new();
    let most = ModelFile::MOST_BYTES as u64 + 1;
    file.take(most).read_to_end(&mut bytes).map_err(|error| unreadable(path, error))?;
    Ok(ModelFile::from_bytes(path.display().to_string(), bytes))
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::new(code::CLI0004).with("path", path.display()).caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(files: &[ModelFile], root: &Path) -> Vec<String> {
        files
            .iter()
            .map(|file| {
                let path = Path::new(&file.path);
                path.strip_prefix(root).unwrap().display().to_string()
            })
            .collect()
    }

    #[test]
    fn folders_are_searched_for_yaml_and_each_file_is_read_once() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        fs::create_dir_all(root.join("b/.git")).unwrap();
        for name in ["z.yaml", "a.yml", "b/c.yaml", "b/.git/d.yaml", ".e.yaml", "f.txt"] {
            fs::write(root.join(name), "kind: Ecosystem\n").unwrap();
        }
        std::os::unix::fs::symlink(root, root.join("b/circle")).unwrap();
        let files = read_files(&[root.join("z.yaml"), root.to_owned()]).unwrap();
        assert_eq!(paths(&files, root), ["a.yml", "b/c.yaml", "z.yaml"]);
    }

    #[test]
    fn a_huge_file_is_not_loaded_whole() {
        let root = tempfile::tempdir().unwrap();
        let huge = root.path().join("huge.yaml");
        fs::File::create(&huge).unwrap().set_len(100 << 20).unwrap();
        let files = read_files(&[huge]).unwrap();
        assert_eq!(files[0].text.len(), ModelFile::MOST_BYTES + 1);
        let mistakes = teal_model::load(&files).unwrap_err();
        assert_eq!(mistakes.iter().next().unwrap().code.id, "MODEL0003");
    }

    #[test]
    fn a_file_in_another_encoding_is_a_mistake_of_the_model() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("latin.yaml"), b"kind: Team\nname: a/caf\xe9").unwrap();
        let files = read_files(&[root.path().to_owned()]).unwrap();
        let mistakes = teal_model::load(&files).unwrap_err();
        let found = mistakes.iter().next().unwrap();
        let place = found.place.as_ref().unwrap();
        assert_eq!((found.code.id, place.line, place.column), ("MODEL0001", 2, 12));
    }

    #[test]
    fn a_missing_path_and_an_empty_folder_are_told_apart() {
        let root = tempfile::tempdir().unwrap();
        let error = read_files(&[root.path().join("nowhere")]).unwrap_err();
        assert_eq!(error.code().id, "CLI0004");
        assert_eq!(read_files(&[root.path().to_owned()]).unwrap_err().code().id, "CLI0005");
    }
}
