//! What a discovery says: to a person, to a program.

use serde_json::{Value, json};
use teal_model::{
    Diagnostics, advice,
    discover::{Change, Draft, FileChange},
    release::CredentialStore,
};

use super::{files, files::Edit, target::Target};
use crate::ui::{
    Printer, diagnostic,
    style::{DONE, ERROR, FAINT, Style, WARNING, paint},
    units::counted,
};

/// Names that a hint lists before it says how many more there are.
const NAMES: usize = 8;

/// All that there is to show.
#[derive(Debug)]
pub(super) struct Shown<'a> {
    pub(super) target: &'a Target,
    pub(super) draft: &'a Draft,
    pub(super) edits: &'a [Edit],
    /// Of the model after the edits.
    pub(super) mistakes: Option<&'a Diagnostics>,
    /// Where the credential of a new store is looked up.
    pub(super) credentials: Option<CredentialStore>,
    /// Datasets that no workspace wants.
    pub(super) unwanted: Vec<String>,
    pub(super) diff: bool,
    pub(super) prune: bool,
}

impl Shown<'_> {
    /// One line for each file, and for each thing that did not become one.
    pub(super) fn text(&self) -> String {
        let mut lines: Vec<String> = self.edits.iter().map(|edit| self.edit(edit)).collect();
        if !self.prune {
            for gone in &self.draft.vanished {
                let about = format!("{} is gone; `--prune` removes the file", gone.table);
                lines.push(line(ERROR, "vanished", &gone.path, &about));
            }
        }
        let columns = &self.draft.left_out_columns;
        for left_out in self.draft.left_out.iter().chain(columns) {
            let what = match &left_out.column {
                Some(column) => format!("{}: {}", left_out.table, column.escape_debug()),
                None => left_out.table.clone(),
            };
            lines.push(line(FAINT, "left out", &what, &left_out.why));
        }
        lines.join("\n")
    }

    fn edit(&self, edit: &Edit) -> String {
        let (style, word) = match edit.change {
            Change::Create => (DONE, "create"),
            Change::Update => (WARNING, "update"),
            Change::Remove => (ERROR, "remove"),
        };
        let about = match self.dataset(edit) {
            Some(dataset) if dataset.details.is_empty() => dataset.table.to_string(),
            Some(dataset) => format!("{}: {}", dataset.table, dataset.details.join(", ")),
            None => String::new(),
        };
        line(style, word, &edit.path.display().to_string(), &about)
    }

    fn dataset(&self, edit: &Edit) -> Option<&FileChange> {
        let mut changes = self.draft.files.iter().chain(&self.draft.vanished);
        changes.find(|change| edit.path.to_str() == Some(change.path.as_str()))
    }

    /// For a program.
    pub(super) fn json(&self) -> Value {
        let files: Vec<Value> = self
            .edits
            .iter()
            .map(|edit| {
                let dataset = self.dataset(edit);
                json!({
                    "path": edit.path,
                    "change": edit.change,
                    "dataset": dataset.map(|dataset| &dataset.dataset),
                    "table": dataset.map(|dataset| dataset.table.to_string()),
                    "details": dataset.map(|dataset| &dataset.details),
                })
            })
            .collect();
        let vanished: Vec<Value> = self
            .draft
            .vanished
            .iter()
            .map(|gone| {
                json!({
                    "path": gone.path,
                    "dataset": gone.dataset,
                    "table": gone.table.to_string(),
                })
            })
            .collect();
        json!({
            "store": self.target.store,
            "written": !self.diff,
            "files": files,
            "vanished": vanished,
            "unchanged": self.draft.unchanged,
            "by_hand": self.draft.by_hand,
            "left_out": self.draft.left_out,
            "left_out_columns": self.draft.left_out_columns,
            "unwanted": self.unwanted,
            "notes": self.draft.notes,
            "diagnostics": self.mistakes,
            "diff": self.diff.then(|| files::diff(self.edits)),
        })
    }

    /// The summary and what to do next.
    pub(super) fn say(&self, printer: Printer) {
        for note in &self.draft.notes {
            printer.warn(note);
        }
        if let Some(mistakes) = self.mistakes {
            printer.stderr(&diagnostic::render(mistakes));
        }
        printer.say(&self.summary());
        if self.diff {
            return;
        }
        if let Some(left_out) = self.draft.left_out.iter().find(|table| !table.columns.is_empty()) {
            printer.hint(&format!(
                "a table without a key becomes a dataset when {} names one, such as {}, and discover \
                 runs again",
                self.target.file.display(),
                advice::entry(&left_out.dataset, "key: [column]"),
            ));
        }
        if let (Some(new), Some(store)) = (&self.target.new, &self.credentials) {
            let user = self.target.user().map(|user| format!(" ({user})")).unwrap_or_default();
            printer.hint(&format!(
                "Teal logs in by the credential `{}`: put user{user} and password into {}",
                new.credential,
                places(store, &new.credential)
            ));
        }
        if !self.unwanted.is_empty() {
            let store = &self.target.store;
            let mut names: Vec<String> =
                self.unwanted.iter().take(NAMES).map(|name| format!("{store}:{name}")).collect();
            if self.unwanted.len() > NAMES {
                names.push(format!("and {} more", self.unwanted.len() - NAMES));
            }
            printer.hint(&format!(
                "only what a workspace wants is read; nobody wants {} yet: name it in `sinks:` of a \
                 workspace, or let `--workspace NAME` write one",
                names.join(", ")
            ));
        }
    }

    fn summary(&self) -> String {
        let count = |change: Change| {
            self.draft.files.iter().filter(|file| file.change == change).count() as u64
        };
        let mut parts = Vec::new();
        for (n, word) in [
            (count(Change::Create), "new"),
            (count(Change::Update), "changed"),
            (self.draft.unchanged as u64, "unchanged"),
            (self.draft.by_hand as u64, "written by hand"),
            (self.draft.vanished.len() as u64, "vanished"),
            (self.draft.left_out.len() as u64, "left out"),
        ] {
            if n > 0 {
                parts.push(format!("{n} {word}"));
            }
        }
        let parts = if parts.is_empty() { "no table".to_owned() } else { parts.join(", ") };
        let written = match (self.edits.len(), self.diff) {
            (0, _) => "nothing to write".to_owned(),
            (n, true) => format!("{} would change", counted(n as u64, "file")),
            (n, false) => format!("{} written", counted(n as u64, "file")),
        };
        format!("{} {}: {parts}; {written}", paint(DONE, "discovered:"), self.target.store)
    }
}

fn line(style: Style, word: &str, what: &str, about: &str) -> String {
    let gap = " ".repeat(10_usize.saturating_sub(word.len()));
    let about = if about.is_empty() { String::new() } else { format!("  {about}") };
    format!("{}{gap}{what}{about}", paint(style, word))
}

/// Where a credential of this name is looked up.
fn places(store: &CredentialStore, credential: &str) -> String {
    match store {
        CredentialStore::Env { prefix } => {
            let [user, password] = teal_activities::credentials::variables(prefix, credential);
            format!("the variables {user} and {password}")
        }
        CredentialStore::Files { dir } => {
            format!("the files {dir}/{credential}/username and password")
        }
        CredentialStore::Pgpass { file } => {
            format!("a line of {}", file.as_deref().unwrap_or("~/.pgpass"))
        }
    }
}
