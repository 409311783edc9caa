//! A workspace that wants all of a store, as text. It is written once and then belongs to its owner.

use crate::yaml::emit::{Within, scalar};

/// The file of a new workspace.
pub fn workspace_text(name: &str, team: &str, store: &str, datasets: &[String]) -> String {
    let (name, team) = (scalar(name, Within::Block), scalar(team, Within::Block));
    let mut text = format!(
        "\
# Who reads what. This file is yours: `teal discover` wrote it once and never changes it.
kind: Workspace
name: {name}
team: {team}
groups:
  core:
    needs: {{history: none}}  # full: every version of every row, on a platform with `style: milestoned`
    sinks:
"
    );
    for dataset in datasets {
        text.push_str(&format!("      - {store}:{dataset}\n"));
    }
    text
}
