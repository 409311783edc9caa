//! A shell that types the commands of pages, one after another.

use std::{
    path::Path,
    process::{Command as Program, Stdio},
};

use tempfile::TempDir;

use super::page::Command;
use crate::testkit::teal;

/// Programs that come with PostgreSQL's client packages: where they are missing their commands are
/// passed over, as the embedded PostgreSQL has only the server.
const OPTIONAL: [&str; 4] = ["psql", "pg_dump", "pg_restore", "createdb"];
/// Nothing in the docs takes that long; a command that waits for ever must not hold the tests.
const LIMIT: &str = "300";

/// A person's shell in an empty folder.
pub(super) struct Shell {
    folder: TempDir,
    /// What stands in the docs, and what it is here.
    exchanges: Vec<(String, String)>,
    variables: Vec<(String, String)>,
    /// Shell text before the first command, and after the last, whatever came.
    before: String,
    after: String,
}

impl Shell {
    /// In a folder of its own.
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self {
            folder,
            exchanges: Vec::new(),
            variables: Vec::new(),
            before: String::new(),
            after: String::new(),
        }
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Types `there` instead of what the page says.
    pub(super) fn exchange(&mut self, page: &str, there: impl Into<String>) {
        self.exchanges.push((page.to_owned(), there.into()));
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.variables.push((name.to_owned(), value.into()));
    }

    /// Shell text that prepares what the pages take for given.
    pub(super) fn first(&mut self, script: &str) {
        self.before.push_str(script);
        self.before.push('\n');
    }

    /// Shell text that cleans up, also after a failure.
    pub(super) fn finally(&mut self, script: &str) {
        self.after.push_str(script);
        self.after.push('\n');
    }

    /// Types all commands; panics with the place and all output when one ends otherwise than its
    /// page says.
    pub(super) fn run(&self, commands: &[Command]) {
        self.carry_out(&self.script(commands, step));
    }

    /// Types all commands, each in a shell of its own; panics with the output of all that end
    /// otherwise.
    pub(super) fn each(&self, commands: &[Command]) {
        let script = self.script(commands, alone);
        self.carry_out(&format!("{script}exit $failed\n"));
    }

    fn carry_out(&self, text: &str) {
        let script = self.folder.path().join(".commands.sh");
        std::fs::write(&script, text).expect("a script");
        let path = std::env::var("PATH").unwrap_or_default();
        let programs = teal::binary().parent().expect("a folder").display().to_string();
        let home = std::env::var("HOME").unwrap_or_default();
        let kept = |name: &str, folder: &str| {
            std::env::var(name).unwrap_or_else(|_| format!("{home}/{folder}"))
        };
        let cache = kept("XDG_CACHE_HOME", ".cache");
        let output = Program::new("timeout")
            .args(["--kill-after=10", LIMIT, "bash"])
            .arg(&script)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", format!("{programs}:{path}"))
            .env("HOME", self.folder.path())
            .env("XDG_CACHE_HOME", cache)
            .env("CARGO_HOME", kept("CARGO_HOME", ".cargo"))
            .env("RUSTUP_HOME", kept("RUSTUP_HOME", ".rustup"))
            .env("USER", "anna")
            .envs(std::env::vars().filter(|(name, _)| KEPT.contains(&name.as_str())))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .output()
            .expect("bash");
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}\n{text}\n{errors}", output.status);
    }

    fn script(&self, commands: &[Command], lines: fn(&Command) -> String) -> String {
        let mut script = format!("exec 2>&1\nended() {{\n:\n{}\n}}\ntrap ended EXIT\n", self.after);
        script.push_str("set -e\n");
        script.push_str(&self.before);
        script.push_str("set +e\nfailed=0\n");
        for Command { place, text, exit } in commands {
            let mut text = text.clone();
            for (page, there) in &self.exchanges {
                text = text.replace(page, there);
            }
            let program = text.split_whitespace().next().unwrap_or_default();
            if OPTIONAL.contains(&program) {
                text = format!(
                    "if ! command -v {program} >/dev/null; then\n\
                     echo 'passed over, as {program} is not here'; (exit {exit})\n\
                     else\n{text}\nfi"
                );
            }
            script.push_str(&lines(&Command { place: place.clone(), text, exit: *exit }));
        }
        script
    }
}

/// A command after which nothing makes sense when it failed.
fn step(Command { place, text, exit }: &Command) -> String {
    // A quoted here-document shows the command as it is typed.
    format!(
        "cat <<'@@@'\n── {place}: {text}\n@@@\n{text}\n\
         code=$?; [ $code = {exit} ] || {{ echo '── {place}: exit code' $code 'instead of {exit}'; exit 99; }}\n"
    )
}

/// A command for itself, which shows what it said only when it failed.
fn alone(Command { place, text, exit }: &Command) -> String {
    format!(
        "(\n{text}\n) > .said 2>&1 < /dev/null\n\
         code=$?; [ $code = {exit} ] || {{ failed=99; cat - .said <<'@@@'\n── {place}: {text}\n@@@\n\
         echo '── exit code' $code 'instead of {exit}'; }}\n"
    )
}

/// What of this process's environment a shell keeps.
const KEPT: [&str; 7] = [
    "TEAL_CACHE",
    "TEMPORAL_CLI_PATH",
    "TEAL_DEV_POSTGRES",
    "LANG",
    // another value of these would be another build
    "CARGO_INCREMENTAL",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
];
