//! The binary `teal` as a person runs it.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

/// Path of the binary `teal`, built from the tree under test: `cargo test` alone does not build it.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| built("teal-cli", "teal"))
}

/// Path of the example's program, which the targets `demo`, `up` and `down` of make run.
pub(crate) fn example() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| built("teal-example-tpch", "teal-example-tpch"))
}

/// Path of the program that takes the figures.
pub(crate) fn bench() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| built("teal-bench", "teal-bench"))
}

/// Folder into which cargo builds this tree.
pub(crate) fn target() -> PathBuf {
    let profile = binary().parent().expect("target/<profile>");
    profile.parent().expect("target").to_owned()
}

fn built(package: &str, program: &str) -> PathBuf {
    let mut build = Command::new(env!("CARGO"));
    build
        .args(["build", "--quiet", "--locked", "--package", package, "--bin", program])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null());
    // What cargo says of this package would count as a change for build scripts that look at it
    // (that of `ring`), and half of all dependencies would be built again.
    for (name, _value) in std::env::vars_os() {
        if name.to_str().is_some_and(of_this_package) {
            build.env_remove(&name);
        }
    }
    let done = build.status().expect("cargo");
    assert!(done.success(), "the program `{program}` does not build");
    // this test binary is <target>/<profile>/deps/teal_tests-<hash>
    let deps = std::env::current_exe().expect("the path of this test");
    let profile = deps.parent().and_then(Path::parent).expect("target/<profile>/deps");
    profile.join(program)
}

fn of_this_package(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "LD_LIBRARY_PATH"]
        .iter()
        .any(|start| variable.starts_with(start))
}
