//! Files that change: on the disk, in memory, as a diff.

use std::{
    fs,
    path::{Path, PathBuf},
};

use similar::TextDiff;
use teal_model::{Error, ModelFile, Result, discover::Change};

use crate::code;

/// One file that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) path: PathBuf,
    pub(super) change: Change,
    pub(super) old: String,
    pub(super) new: String,
}

/// The model as it is after the edits.
pub(super) fn after(mut files: Vec<ModelFile>, edits: &[Edit]) -> Vec<ModelFile> {
    for edit in edits {
        let path = edit.path.display().to_string();
        files.retain(|file| file.path != path);
        if edit.change != Change::Remove {
            files.push(ModelFile::new(path, &*edit.new));
        }
    }
    files
}

/// Writes them: each file whole or not at all. Nothing is overwritten that is not meant to be.
///
/// # Errors
/// `CLI0056` for a new file where there is one, `CLI0051` for what cannot be written.
pub(super) fn apply(edits: &[Edit]) -> Result<()> {
    for edit in edits {
        if edit.change == Change::Create && edit.path.symlink_metadata().is_ok() {
            return Err(Error::new(code::CLI0056).with("file", edit.path.display()));
        }
    }
    for edit in edits {
        let done = match edit.change {
            Change::Remove => fs::remove_file(&edit.path),
            Change::Create | Change::Update => write(&edit.path, &edit.new),
        };
        done.map_err(|error| {
            Error::new(code::CLI0051).with("path", edit.path.display()).caused_by(error)
        })?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = folder.join(format!(".{name}.new"));
    fs::write(&aside, text)?;
    fs::rename(&aside, path)
}

/// All edits as one unified diff, as `git apply` and people read it.
pub(super) fn diff(edits: &[Edit]) -> String {
    let mut text = String::new();
    for edit in edits {
        let path = edit.path.display();
        let (old, new) = match edit.change {
            Change::Create => ("/dev/null".to_owned(), format!("b/{path}")),
            Change::Update => (format!("a/{path}"), format!("b/{path}")),
            Change::Remove => (format!("a/{path}"), "/dev/null".to_owned()),
        };
        let lines = TextDiff::from_lines(&edit.old, &edit.new);
        text.push_str(&lines.unified_diff().header(&old, &new).to_string());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(path: PathBuf, change: Change) -> Edit {
        Edit { path, change, old: "a\nb\n".to_owned(), new: "a\nc\n".to_owned() }
    }

    #[test]
    fn a_new_file_never_takes_the_place_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("x/a.yaml"), folder.path().join("b.yaml"));
        fs::write(&second, "mine").unwrap();
        let edits = [edit(first.clone(), Change::Create), edit(second.clone(), Change::Create)];
        assert_eq!(apply(&edits).unwrap_err().code().id, "CLI0056");
        assert!(!first.exists(), "nothing is written when something is in the way");
        assert_eq!(fs::read_to_string(&second).unwrap(), "mine");
        apply(&[edit(first.clone(), Change::Create), edit(second.clone(), Change::Remove)])
            .unwrap();
        assert_eq!(fs::read_to_string(&first).unwrap(), "a\nc\n");
        assert!(!second.exists());
    }

    #[test]
    fn a_diff_names_files_as_git_does() {
        let shown = diff(&[edit("m/a.yaml".into(), Change::Update)]);
        assert_eq!(shown, "--- a/m/a.yaml\n+++ b/m/a.yaml\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
    }
}
