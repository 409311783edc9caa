//! The files of a new model.

use teal_model::{Error, Result, discover::is_legal_name};

use crate::code;

/// Names that the files are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) ecosystem: String,
    zone: String,
    team: String,
}

impl Names {
    /// # Errors
    /// `CLI0052` for a name that no model may hold.
    pub(super) fn of(ecosystem: String, team: &str) -> Result<Self> {
        let refused = |what: &'static str, name: &str| {
            Error::new(code::CLI0052).with(what, name.escape_debug())
        };
        let (zone, team) = team.split_once('/').ok_or_else(|| {
            refused("team", team).hint("write both names, such as `retail/online`")
        })?;
        for (what, name) in [("name", ecosystem.as_str()), ("zone", zone), ("team", team)] {
            if !is_legal_name(name) {
                return Err(refused(what, name));
            }
        }
        Ok(Self { zone: zone.to_owned(), team: team.to_owned(), ecosystem })
    }

    /// `zone/team`.
    pub(super) fn team(&self) -> String {
        format!("{}/{}", self.zone, self.team)
    }
}

const FILES: [(&str, &str); 6] = [
    ("model/ecosystem.yaml", include_str!("skeleton/model/ecosystem.yaml")),
    ("model/platforms.yaml", include_str!("skeleton/model/platforms.yaml")),
    ("model/workspaces.yaml", include_str!("skeleton/model/workspaces.yaml")),
    ("README.md", include_str!("skeleton/README.md")),
    (".gitignore", include_str!("skeleton/gitignore")),
    ("credentials.env.example", include_str!("skeleton/credentials.env.example")),
];

/// Paths within the folder, and texts.
pub(super) fn skeleton(names: &Names) -> Vec<(&'static str, String)> {
    let filled = |text: &str| {
        text.replace("ECOSYSTEM", &names.ecosystem)
            .replace("ZONE/TEAM", &names.team())
            .replace("ZONE", &names.zone)
    };
    FILES.into_iter().map(|(path, text)| (path, filled(text))).collect()
}

#[cfg(test)]
mod tests {
    use teal_model::ModelFile;

    use super::*;

    fn model(names: &Names) -> Vec<ModelFile> {
        let yaml = skeleton(names).into_iter().filter(|(path, _)| path.starts_with("model/"));
        yaml.map(|(path, text)| ModelFile::new(path, text)).collect()
    }

    #[test]
    fn the_skeleton_is_a_valid_model_of_these_names() {
        let names = Names::of("acme".to_owned(), "retail/online").unwrap();
        let release = teal_model::load(&model(&names)).unwrap_or_else(|found| panic!("{found}"));
        assert_eq!(release.ecosystem, "acme");
        assert!(release.jobs.is_empty(), "nothing is read before somebody wants it");
    }

    #[test]
    fn the_commented_parts_are_valid_too() {
        let names = Names::of("acme".to_owned(), "retail/online").unwrap();
        let mut files = model(&names);
        for file in &mut files {
            let (mut lines, mut commented) = (Vec::new(), false);
            for line in file.text.lines() {
                commented |= line.starts_with("# kind:") || line == "# ---";
                lines.push(if commented { line.trim_start_matches("# ") } else { line });
            }
            file.text = lines
                .join("\n")
                .replace("sinks:\n      - shop:orders\n      - shop:customers", "sinks: []");
        }
        let release = teal_model::load(&files).unwrap_or_else(|found| panic!("{found}"));
        assert_eq!(release.platforms.len(), 2);
        assert_eq!(release.workspaces.len(), 1);
    }

    #[test]
    fn illegal_names_are_refused() {
        for (name, team) in [
            ("Acme", "a/b"),
            ("a__b", "a/b"),
            ("teal", "a/b"),
            ("a", "ab"),
            ("a", "a/b/c"),
            ("a", "/b"),
        ] {
            assert_eq!(
                Names::of(name.to_owned(), team).unwrap_err().code().id,
                "CLI0052",
                "{name} {team}"
            );
        }
    }
}
