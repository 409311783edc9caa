//! Fields: mappings whose names the model gives.

use std::collections::HashMap;

use super::{
    Content, Finding, Key, Node, Report, Span,
    decode::{Decode, wrong_shape},
    place::is_secret,
    scalar::{closest, list},
};
use crate::{code, error::Code};

/// Unknown fields of one mapping that are compared with the missing ones.
const MOST_GUESSES: usize = 100;

/// The fields of one mapping, taken one after another.
pub(crate) struct Fields<'a> {
    pub(crate) at: Span,
    left: HashMap<&'a str, (&'a Key, &'a Node)>,
    known: Vec<&'static str>,
    /// Fields that are read under another name than is written.
    misspelt: Vec<&'a Key>,
}

impl<'a> Fields<'a> {
    /// `None`, reported, where the node is no mapping.
    pub(crate) fn of(node: &'a Node, report: &mut Report) -> Option<Self> {
        Self::of_these(node, &[], report)
    }

    /// As [`Fields::of`]; where the node is no mapping, the advice names these fields.
    pub(crate) fn of_these(node: &'a Node, names: &[&str], report: &mut Report) -> Option<Self> {
        let Content::Map(entries) = &node.content else {
            let finding = wrong_shape(node, "a mapping");
            match node.content {
                Content::Broken => {}
                _ if names.is_empty() => report.add(finding),
                _ => report.add(finding.help(format!("write a mapping of {}", list(names)))),
            }
            return None;
        };
        let left = entries.iter().map(|(key, node)| (key.text.as_str(), (key, &**node))).collect();
        // An error of the whole mapping points at its first field.
        let at = entries.first().map_or(node.at, |(key, _)| key.at);
        Some(Self { at, left, known: Vec::new(), misspelt: Vec::new() })
    }

    /// Says which fields there are, before they are taken. What is written nearly like one that is
    /// missing is read as that one: its name is the only mistake, and nothing follows from it.
    pub(crate) fn know(&mut self, names: &[&'static str]) {
        self.known.extend(names);
        let mut unknown: Vec<&'a Key> = self.left.values().map(|(key, _)| *key).collect();
        unknown.retain(|key| !self.known.contains(&key.text.as_str()));
        unknown.sort_by_key(|key| key.at);
        for key in unknown.into_iter().take(MOST_GUESSES) {
            let Some(meant) = self.meant(&key.text) else { continue };
            if !names.contains(&meant) || self.left.contains_key(meant) {
                continue;
            }
            if let Some(found) = self.left.remove(key.text.as_str()) {
                self.left.insert(meant, found);
                self.misspelt.push(key);
            }
        }
    }

    /// The value of a field, or what stands for its absence.
    pub(crate) fn take<T: Decode>(&mut self, field: &'static str, report: &mut Report) -> T {
        match self.take_node(field) {
            Some((_, node)) => T::decode(node, report),
            None => T::absent(field, self.at, report),
        }
    }

    /// Where a field stands that was not taken yet.
    pub(crate) fn place_of(&self, field: &str) -> Option<Span> {
        self.left.get(field).map(|(key, _)| key.at)
    }

    /// The field as it is.
    pub(crate) fn take_node(&mut self, field: &'static str) -> Option<(&'a Key, &'a Node)> {
        if !self.known.contains(&field) {
            self.known.push(field);
        }
        self.left.remove(field)
    }

    /// Refuses a field that is planned, by name.
    pub(crate) fn refuse(
        &mut self,
        field: &'static str,
        code: Code,
        why: &str,
        report: &mut Report,
    ) {
        if let Some((key, _)) = self.left.remove(field) {
            report.add(Finding::new(code, key.at, format!("`{field}` is not built yet: {why}")));
        }
    }

    /// Reports what nobody took, and what was read under another name. `false`: there was some.
    pub(crate) fn finish(self, report: &mut Report) -> bool {
        let mut unknown: Vec<&Key> = self.left.values().map(|(key, _)| *key).collect();
        unknown.extend(&self.misspelt);
        unknown.sort_by_key(|key| key.at);
        for key in &unknown {
            if report.is_full() {
                break;
            }
            report.add(self.unknown(key));
        }
        unknown.is_empty()
    }

    /// The field that this name probably means.
    fn meant(&self, name: &str) -> Option<&'static str> {
        if is_secret(name) || name == "<<" {
            return None;
        }
        // `primary_key` is too far from `key` for a typing error, and means it.
        let part = || {
            let mut parts = name.split(['_', '-', ' ']);
            parts.find_map(|part| self.known.iter().copied().find(|known| *known == part))
        };
        closest(name, self.known.iter().copied()).or_else(part)
    }

    fn unknown(&self, key: &Key) -> Finding {
        if is_secret(&key.text) {
            let message = format!("`{}` would put a secret into the model", key.text);
            return Finding::new(code::MODEL0013, key.at, message);
        }
        let finding = Finding::new(
            code::MODEL0007,
            key.at,
            format!("the field `{}` does not exist here", key.text),
        );
        if key.text == "<<" {
            return finding.help("merge keys are YAML 1.1: write the fields out");
        }
        finding.help(match self.meant(&key.text) {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("the fields here are {}", list(&self.known)),
        })
    }
}
