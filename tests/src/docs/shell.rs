//! A shell that types the commands of pages, one after another.

use std::{
    fs::{self, File, Permissions},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::{Child, Command as Program, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tempfile::TempDir;

use super::page::Command;
use crate::testkit::teal;

/// Programs that come with PostgreSQL's client packages: where they are missing their commands are
/// passed over, as the embedded PostgreSQL has only the server.
const OPTIONAL: [&str; 4] = ["psql", "pg_dump", "pg_restore", "createdb"];
/// No command of the docs takes that long, on a busy machine either; one that waits for ever must not
/// hold the tests.
const LIMIT: Duration = Duration::from_secs(300);
/// What a shell that is told to end may take for cleaning up.
const GRACE: Duration = Duration::from_secs(60);
/// File that names the command which is typed just now.
const DOING: &str = ".doing";

/// A shell's function: a command waits ten seconds for a worker that was just started, and is given
/// again as long as it says that none has come.
pub(super) const ATTENDED: &str = r#"attended() {
  local again code
  for again in $(seq 18); do
    code=0; "$@" 2> .attended || code=$?
    cat .attended >&2
    grep -q 'error\[CLI0008\]' .attended || return $code
  done
  return $code
}"#;

/// A person's shell in an empty folder.
pub(super) struct Shell {
    folder: TempDir,
    /// What stands in the docs, and what it is here.
    exchanges: Vec<(String, String)>,
    variables: Vec<(String, String)>,
    /// Shell text before the first command, and after the last, whatever came.
    before: String,
    after: String,
    /// For one command.
    limit: Duration,
}

impl Shell {
    /// In a folder of its own.
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // As a project's is: its stack lies in it, also when that of root has servers of another user.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("opening it");
        Self {
            folder,
            exchanges: Vec::new(),
            variables: Vec::new(),
            before: String::new(),
            after: String::new(),
            limit: LIMIT,
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
        fs::write(&script, text).expect("a script");
        // no pipe: what the commands leave in the background may hold it open
        let log = self.folder.path().join(".commands.log");
        let output = File::create(&log).expect("a log");
        let path = std::env::var("PATH").unwrap_or_default();
        let programs = teal::binary().parent().expect("a folder").display().to_string();
        let home = std::env::var("HOME").unwrap_or_default();
        let kept = |name: &str, folder: &str| {
            std::env::var(name).unwrap_or_else(|_| format!("{home}/{folder}"))
        };
        let cache = kept("XDG_CACHE_HOME", ".cache");
        let child = Program::new("bash")
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
            .stderr(output.try_clone().expect("a log"))
            .stdout(output)
            .process_group(0)
            .spawn()
            .expect("bash");
        let ended = self.ended(child);
        let said = fs::read(&log).expect("what was said");
        let said = String::from_utf8_lossy(&said);
        let status =
            ended.unwrap_or_else(|doing| panic!("{said}\n── {doing}: no end in {:?}", self.limit));
        assert!(status.success(), "{status}\n{said}");
    }

    /// Waits for its end; ends it when one command takes too long, and tells which.
    fn ended(&self, mut child: Child) -> Result<ExitStatus, String> {
        let (mut doing, mut since) = (String::new(), Instant::now());
        loop {
            if let Some(status) = child.try_wait().expect("its status") {
                return Ok(status);
            }
            let now = fs::read_to_string(self.folder.path().join(DOING)).unwrap_or_default();
            if now != doing {
                (doing, since) = (now, Instant::now());
            }
            if since.elapsed() > self.limit {
                end(&mut child);
                return Err(doing);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn script(&self, commands: &[Command], lines: fn(&Command) -> String) -> String {
        let doing = |what: &str| {
            format!("printf %s '{what}' > '{}/{DOING}'\n", self.folder.path().display())
        };
        let (beginning, end) = (doing("what comes first"), doing("cleaning up"));
        let mut script =
            format!("{beginning}ended() {{\n{end}{}\n}}\ntrap ended EXIT\n", self.after);
        script.push_str("set -e\n");
        script.push_str(&self.before);
        script.push_str("set +e\nfailed=0\n");
        for (number, Command { place, text, exit }) in commands.iter().enumerate() {
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
            script.push_str(&doing(&format!("{place}, command {}", number + 1)));
            script.push_str(&lines(&Command { place: place.clone(), text, exit: *exit }));
        }
        script
    }
}

/// Tells a shell and what it started to end.
fn end(child: &mut Child) {
    let group = Pid::from_raw(i32::try_from(child.id()).expect("a pid"));
    killpg(group, Signal::SIGTERM).ok();
    let told = Instant::now();
    while told.elapsed() < GRACE && child.try_wait().is_ok_and(|ended| ended.is_none()) {
        std::thread::sleep(Duration::from_millis(50));
    }
    killpg(group, Signal::SIGKILL).ok(); // or it has ended
    child.wait().ok();
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

#[test]
fn one_command_has_a_limit_and_many_have_none() {
    let mut shell = Shell::new();
    shell.limit = Duration::from_secs(4);
    shell.finally("touch cleaned");
    let command = |text: &str| Command { place: "a.md:1".into(), text: text.into(), exit: 0 };
    shell.run(&["sleep 1"; 5].map(command));
    let endless = || shell.run(&[command("rm cleaned"), command("sleep 100")]);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(endless)).unwrap_err();
    let said = panic.downcast_ref::<String>().expect("words");
    assert!(said.ends_with("── a.md:1, command 2: no end in 4s"), "{said}");
    assert!(shell.folder().join("cleaned").exists(), "it cleaned up");
}
