//! The example's model files, and a copy of them where the stack has other ports.

use std::{
    fs,
    path::{Path, PathBuf},
};

use teal_devstack::{Stack, project_root};

use crate::Result;

/// The committed files, within the project.
const FOLDER: &str = "examples/tpch/model";
/// Ports that they name.
const SOURCE_PORT: u16 = 15432;
const MERGE_PORT: u16 = 15433;

/// Folder of the whole project: the one that this program is run in, else where it was built.
pub(crate) fn project() -> PathBuf {
    let here = std::env::current_dir().map(|here| project_root(&here)).unwrap_or_default();
    if here.join(FOLDER).is_dir() {
        return here;
    }
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_path_buf()
}

/// The folder of the model to apply: the committed one; where another program holds one of its
/// ports, a copy in the stack's folder with the ports of this stack.
pub(crate) fn folder(stack: &Stack) -> Result<PathBuf> {
    let committed = project().join(FOLDER);
    if (stack.source_port(), stack.merge_port()) == (SOURCE_PORT, MERGE_PORT) {
        return Ok(committed);
    }
    let copy = stack.folder().join(format!("model-{}-{}", stack.source_port(), stack.merge_port()));
    if copy.exists() {
        return Ok(copy); // with what the person changed in it
    }
    fs::create_dir_all(&copy)?;
    for entry in fs::read_dir(&committed)? {
        let entry = entry?;
        let text = with_ports(&fs::read_to_string(entry.path())?, stack);
        fs::write(copy.join(entry.file_name()), text)?;
    }
    Ok(copy)
}

fn with_ports(text: &str, stack: &Stack) -> String {
    let port = |number: u16| format!("port: {number}");
    text.replace(&port(SOURCE_PORT), &port(stack.source_port()))
        .replace(&port(MERGE_PORT), &port(stack.merge_port()))
}
