//! A person's desk: a folder with a model, an environment, the binary.

use std::{
    fs,
    process::{Command, Stdio},
    time::Instant,
};

use tempfile::TempDir;

use crate::testkit::{Credentials, Db, LIMIT, merge_db, model, source_db, teal};

/// Address where nothing listens.
pub(super) const NOWHERE: &str = "127.0.0.1:1";

/// A folder to work in and the variables of its shell.
pub(crate) struct Desk {
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
    /// Texts that differ from run to run, and what stands for them.
    filters: Vec<(String, &'static str)>,
}

impl Desk {
    /// An empty folder and an empty environment, but for an address where no Temporal is.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let filters = vec![(folder.path().display().to_string(), "[folder]")];
        Self { folder, variables: vec![("TEMPORAL_ADDRESS", NOWHERE.to_owned())], filters }
    }

    /// Sets a variable.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.variables.push((name, value.to_owned()));
    }

    /// Writes `text` where it does not tell two runs apart.
    pub(crate) fn filter(&mut self, text: impl Into<String>, by: &'static str) {
        self.filters.push((text.into(), by));
    }

    /// Writes a file.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// Makes a file this long; what is added takes no space.
    pub(super) fn grow(&self, path: &str, bytes: u64) {
        let file = fs::OpenOptions::new().write(true).open(self.folder.path().join(path));
        file.and_then(|file| file.set_len(bytes)).expect("a sparse file");
    }

    /// Where a file of this name lies, or would lie.
    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Reads a file; an empty text when it is not there.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.folder.path().join(path)).unwrap_or_default()
    }

    /// Who may do what with a file.
    pub(super) fn mode(&self, path: &str) -> u32 {
        let metadata = fs::metadata(self.folder.path().join(path)).expect("a file");
        std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777
    }

    /// Replaces a text in a file.
    pub(super) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.folder.path().join(path)).expect("a file");
        assert!(text.contains(from), "{from} is not in {path}");
        self.write(path, &text.replace(from, to));
    }

    /// `teal` with these words, in this folder and environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(teal::binary());
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs `teal` with these words and nobody at the terminal: exit code, stdout and stderr.
    pub(crate) fn teal(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("the binary");
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let code = output.status.code().map_or_else(|| "none".to_owned(), |code| code.to_string());
        self.filtered(&format!(
            "exit: {code}\n----- stdout\n{}\n----- stderr\n{}",
            stdout.trim_end(),
            stderr.trim_end()
        ))
    }

    /// As [`Desk::teal`], for what a worker does that was just started: a command waits ten seconds for
    /// one, and is given again as long as it says that none has come.
    pub(crate) fn attended(&self, arguments: &[&str]) -> String {
        let began = Instant::now();
        loop {
            let said = self.teal(arguments);
            if !said.contains("error[CLI0008]") || began.elapsed() > LIMIT {
                return said;
            }
        }
    }

    fn filtered(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (from, to) in &self.filters {
            text = text.replace(from, to);
        }
        text.split('\n').map(line).collect::<Vec<_>>().join("\n")
    }
}

/// Times with their unit, which a slow machine changes (`12 ms`, `1.3 s`, `1 min 3 s`), sizes of small
/// tables (`24.4 KiB`; they differ between versions of PostgreSQL) and hashes (12 hex digits at the end
/// of a line) are blotted out.
fn line(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let (mut shown, mut rest) = (Vec::new(), &words[..]);
    while let [word, more @ ..] = rest {
        let known = time(rest).or_else(|| size(rest)).or_else(|| hash(word));
        let (text, taken) = known.unwrap_or_else(|| ((*word).to_owned(), 1));
        shown.push(text);
        rest = &more[taken - 1..];
    }
    shown.join(" ")
}

/// What stands for a time at the beginning of `words`, and how many of them it is.
fn time(words: &[&str]) -> Option<(String, usize)> {
    match words {
        [minutes, "min", rest @ ..] if is_number(minutes) => {
            time(rest).map(|(text, taken)| (text, taken + 2))
        }
        [number, unit, ..] if is_number(number) => {
            let bare = unit.trim_end_matches(MARKS);
            let mark = unit.strip_prefix(bare).unwrap_or_default();
            matches!(bare, "ms" | "s").then(|| (format!("[time]{mark}"), 2))
        }
        _ => None,
    }
}

fn size(words: &[&str]) -> Option<(String, usize)> {
    let [number, unit, ..] = words else { return None };
    let is_size = is_number(number) && unit.trim_end_matches(MARKS) == "KiB";
    is_size.then(|| ("[n]".to_owned(), 1))
}

fn hash(word: &str) -> Option<(String, usize)> {
    is_hash(word).then(|| ("[hash]".to_owned(), 1))
}

/// What may follow a word in a sentence.
const MARKS: [char; 3] = [',', '.', ';'];

fn is_number(word: &str) -> bool {
    word.parse::<f64>().is_ok()
}

fn is_hash(word: &str) -> bool {
    word.len() == 12 && word.chars().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase())
}

/// A desk with a source, an empty merge store and a model in `model/shop.yaml`.
pub(crate) struct Shop {
    pub(crate) desk: Desk,
    pub(crate) source: Db,
    pub(crate) merge: Db,
    /// Of source and merge store.
    pub(crate) credentials: Credentials,
    /// Name of ecosystem, services stack and platform.
    pub(crate) name: String,
}

impl Shop {
    /// Three people and two orders, nothing installed, no Temporal. Its platform is `live`.
    pub(crate) async fn new(test: &str) -> Self {
        Self::named(test, "live".to_owned()).await
    }

    /// With a name of its own in each run: on one Temporal server, services and platforms of one
    /// name are the same, and their task queues remember the workers of earlier runs for minutes.
    /// Shown as `own`.
    pub(crate) async fn own(test: &str) -> Self {
        let nanos = std::time::UNIX_EPOCH.elapsed().map_or(0, |now| now.subsec_nanos());
        let name = format!("own_{:x}_{nanos:x}", std::process::id());
        let mut shop = Self::named(test, name.clone()).await;
        shop.desk.filter(name, "own");
        shop
    }

    async fn named(test: &str, name: String) -> Self {
        Self::over(source_db(test).await, merge_db(test).await, name).await
    }

    /// Over empty databases of any servers.
    pub(crate) async fn over(source: Db, merge: Db, name: String) -> Self {
        source
            .run(
                "create table people (id bigint primary key, name varchar(80) not null);
                 create table orders (id bigint primary key, amount numeric(12,2));
                 insert into people values (1, 'Ada'), (2, 'Bob'), (3, 'Cyd');
                 insert into orders values (10, 1.50), (11, null);
                 analyze people; analyze orders",
            )
            .await;
        let credentials = Credentials::new(&[("source", &source), ("merge", &merge)]);
        let mut desk = Desk::new();
        desk.set("TEAL_CATALOG", &merge.url);
        desk.filter(&merge.name, "[merge]");
        desk.filter(&source.name, "[source]");
        for (db, place) in [(&source, "[source server]"), (&merge, "[merge server]")] {
            let endpoint = db.endpoint("");
            desk.filter(format!("{}:{}", endpoint.host, endpoint.port), place);
        }
        let shop = Self { desk, source, merge, credentials, name };
        shop.write_model("external", "[shop:people, shop:orders]");
        shop
    }

    /// The model with a text exchanged.
    pub(super) fn edit_model(&self, from: &str, to: &str) {
        let model = self.desk.read("model/shop.yaml");
        assert!(model.contains(from), "the model has no `{from}`");
        self.desk.write("model/shop.yaml", &model.replace(from, to));
    }

    /// A secret that must not be seen anywhere.
    pub(super) fn merge_password(&self) -> String {
        let password = std::path::Path::new(&self.credentials.dir()).join("merge/password");
        fs::read_to_string(password).expect("a password")
    }

    /// Writes the model: schedule of its store, what its workspace wants.
    pub(crate) fn write_model(&self, schedule: &str, sinks: &str) {
        let (source, merge) = (self.source.endpoint("source"), self.merge.endpoint("merge"));
        let preamble = model::preamble(&self.name, &self.name, &merge, &self.credentials.dir());
        let text = MODEL
            .replace("SOURCE", &model::place(&source))
            .replace("NAME", &self.name)
            .replace("SCHEDULE", schedule)
            .replace("SINKS", sinks);
        let text = format!("{preamble}{text}");
        self.desk.write("model/shop.yaml", &text);
    }
}

/// Roles are those of the whole server, so these tests leave them to somebody else.
const MODEL: &str = "\
kind: Platform
name: NAME
services: NAME
style: live
---
kind: Datastore
name: shop
team: retail/online
source: {postgres: SOURCE, credential: source}
ingest: {snapshot: {}}
streams: multi
schedule: SCHEDULE
datasets:
  people:
    table: public.people
    key: [id]
    columns:
      id: bigint
      name: varchar(80)
  orders:
    table: public.orders
    key: [id]
    columns:
      id: bigint
      amount: {type: 'decimal(12,2)', nullable: true}
---
kind: Workspace
name: reporting
team: retail/online
roles: external
groups:
  core:
    needs: {history: none}
    sinks: SINKS
";

#[test]
fn times_are_blotted_out_with_their_unit() {
    let quick = "merged in 12 ms, 24.4 KiB; every 5 min, 3 rows in 0.4 s. release 0123456789ab";
    let slow = "merged in 1 min 3 s, 24.0 KiB; every 5 min, 3 rows in 12 s. release ba9876543210";
    let shown = "merged in [time], [n] KiB; every 5 min, 3 rows in [time]. release [hash]";
    assert_eq!([line(quick), line(slow)], [shown, shown]);
}
