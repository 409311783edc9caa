//! What differs between two releases and touches no stream: the stack, classes, priorities, owners.

use super::{super::Field, address};
use crate::{
    release::{CredentialStore, Release, WorkspaceSpec},
    sizing::Class,
};

/// Differences of two releases that no step of a plan shows by itself, in a fixed order.
pub fn release_changes(old: &Release, new: &Release) -> Vec<Field> {
    let mut changes = Changes::default();
    changes.stack(old, new);
    changes.classes(old, new);
    for (name, platform) in &new.platforms {
        let before = old.platforms.get(name).map(|before| before.style.as_str().to_owned());
        changes.note(format!("platform {name}"), before, Some(platform.style.as_str().to_owned()));
    }
    for (name, platform) in &old.platforms {
        if !new.platforms.contains_key(name) {
            let style = platform.style.as_str().to_owned();
            changes.note(format!("platform {name}"), Some(style), None);
        }
    }
    changes.jobs(old, new);
    changes.workspaces(old, new);
    changes.0
}

#[derive(Default)]
struct Changes(Vec<Field>);

impl Changes {
    fn note(&mut self, name: String, old: Option<String>, new: Option<String>) {
        if old != new {
            self.0.push(Field { name, old, new });
        }
    }

    fn both(&mut self, name: &str, old: String, new: String) {
        self.note(name.to_owned(), Some(old), Some(new));
    }

    fn stack(&mut self, old: &Release, new: &Release) {
        let (before, after) = (&old.services, &new.services);
        self.both("services", before.name.clone(), after.name.clone());
        self.both("merge store", address(&before.merge), address(&after.merge));
        self.both(
            "merge store credential",
            before.merge.credential.clone(),
            after.merge.credential.clone(),
        );
        self.both(
            "Temporal namespace",
            before.temporal_namespace.clone(),
            after.temporal_namespace.clone(),
        );
        self.both("credentials", store(&before.credentials), store(&after.credentials));
    }

    fn classes(&mut self, old: &Release, new: &Release) {
        let (before, after) = (&old.services.classes, &new.services.classes);
        for (name, class) in after {
            self.note(format!("class {name}"), before.get(name).map(size), Some(size(class)));
        }
        for (name, class) in before.iter().filter(|(name, _)| !after.contains_key(*name)) {
            self.note(format!("class {name}"), Some(size(class)), None);
        }
    }

    /// Of streams that are in both: steps show those that come and go.
    fn jobs(&mut self, old: &Release, new: &Release) {
        for job in &new.jobs {
            let id = &job.stream.id;
            let earlier = || job.stream.formerly.iter().find_map(|former| old.job(former));
            let Some(before) = old.job(id).or_else(earlier) else { continue };
            self.both(
                &format!("priority of {id}"),
                before.priority.as_str().to_owned(),
                job.priority.as_str().to_owned(),
            );
            let needed = |release: &Release, job| release.needed_by(job).join(", ");
            self.both(&format!("{id} needed by"), needed(old, before), needed(new, job));
        }
    }

    fn workspaces(&mut self, old: &Release, new: &Release) {
        for workspace in &new.workspaces {
            let name = &workspace.name;
            let named = |name: &String| old.workspaces.iter().find(|other| other.name == *name);
            let before = named(name).or_else(|| workspace.formerly.iter().find_map(named));
            let Some(before) = before else {
                self.note(format!("workspace {name}"), None, Some(workspace.team.clone()));
                continue;
            };
            self.both("workspace", before.name.clone(), name.clone());
            self.both(&format!("team of {name}"), before.team.clone(), workspace.team.clone());
            let roles = |role: &Option<String>| {
                if role.is_some() { "managed" } else { "external" }.to_owned()
            };
            self.both(
                &format!("roles of {name}"),
                roles(&before.reader_role),
                roles(&workspace.reader_role),
            );
        }
        for before in &old.workspaces {
            let goes_on = |workspace: &WorkspaceSpec| {
                workspace.name == before.name || workspace.formerly.contains(&before.name)
            };
            if !new.workspaces.iter().any(goes_on) {
                let team = before.team.clone();
                self.note(format!("workspace {}", before.name), Some(team), None);
            }
        }
    }
}

fn size(class: &Class) -> String {
    format!("{}, {} slots", class.sizing, class.slots)
}

fn store(credentials: &CredentialStore) -> String {
    match credentials {
        CredentialStore::Env { prefix } => format!("environment variables {prefix}…"),
        CredentialStore::Files { dir } => format!("files in {dir}"),
        CredentialStore::Pgpass { file: Some(file) } => format!("password file {file}"),
        CredentialStore::Pgpass { file: None } => "password file of each process".to_owned(),
    }
}
