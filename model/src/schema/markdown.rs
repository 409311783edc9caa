//! The reference of the model, `docs/model.md`.

use std::collections::BTreeMap;

use crate::{
    document::kinds,
    yaml::{Field, Mapping, Shape},
};

const HEAD: &str = "\
# Model reference

Every kind of document, its fields, and what may be written there. Made from the declarations that read the model:
`cargo x docs` writes it anew.

A model is any number of YAML files (YAML 1.2), in each any number of documents separated by `---`. Each document says
its `kind:`; its other fields follow here. Unknown fields, fields that are written twice and aliases without end are
refused. Names are `a-z`, then `a-z`, `0-9` and `_`, at most 63 characters, without `__`; what the source calls its
tables and columns is free.

Editors with the YAML language server check while you type, once `teal schema --out .teal/schema` has written the schema.
Name it in the editor's settings, for all documents:

```yaml
yaml.schemas: {.teal/schema/teal.schema.json: model/**/*.yaml}
```

or at the head of a document (of each, where a file holds several; a relative path starts at the file's folder):

```yaml
# yaml-language-server: $schema=../.teal/schema/teal.schema.json
kind: Team
```
";

/// The page: every kind with an example, then the mappings that they are made of.
pub fn reference() -> String {
    let kinds = kinds();
    let mut text = HEAD.to_owned();
    text.push_str("\n| kind | declares |\n|---|---|\n");
    for (kind, mapping) in &kinds {
        text.push_str(&format!(
            "| [{kind}](#{}) | {} |\n",
            kind.to_lowercase(),
            first(&mapping.text())
        ));
    }
    let mut parts = BTreeMap::new();
    for (kind, mapping) in &kinds {
        text.push_str(&format!("\n## {kind}\n\n{}\n", mapping.text()));
        if let Some(example) = mapping.example() {
            text.push_str(&format!("\n```yaml\n{example}\n```\n"));
        }
        table(mapping, &mut text);
        mapping.fields.iter().for_each(|field| collect(&field.shape, &mut parts));
    }
    text.push_str("\n# Parts\n\nMappings that stand in fields of the kinds above.\n");
    for mapping in parts.values() {
        text.push_str(&format!("\n## {}\n\n{}\n", mapping.name, mapping.text()));
        if let [_, _, ..] = mapping.one_of {
            text.push_str(&format!(
                "\nExactly one of {}.\n",
                words(mapping.one_of.iter().copied())
            ));
        }
        table(mapping, &mut text);
    }
    text
}

/// The mappings within a shape, by name.
fn collect(shape: &Shape, parts: &mut BTreeMap<&'static str, Mapping>) {
    match shape {
        Shape::List(inner) | Shape::Named(inner) => collect(inner, parts),
        Shape::Either(shapes) => shapes.iter().for_each(|shape| collect(shape, parts)),
        Shape::Mapping(mapping) => {
            parts.insert(mapping.name, mapping.clone());
            mapping.fields.iter().for_each(|field| collect(&field.shape, parts));
        }
        Shape::Text(_) | Shape::Whole { .. } | Shape::Truth | Shape::Words(_) => {}
    }
}

fn table(mapping: &Mapping, text: &mut String) {
    if mapping.fields.is_empty() {
        return;
    }
    text.push_str("\n| field | what is written | default | meaning |\n|---|---|---|---|\n");
    for field in &mapping.fields {
        let default = match &field.default {
            _ if field.required || mapping.one_of == [field.name] => "must be there".to_owned(),
            Some(serde_json::Value::String(default)) => format!("`{default}`"),
            Some(default) => format!("`{default}`"),
            None => String::new(),
        };
        let (written, meaning) = (cell(&written(&field.shape)), cell(&meaning(field)));
        text.push_str(&format!("| `{}` | {written} | {default} | {meaning} |\n", field.name));
    }
}

/// What may be written, in words.
fn written(shape: &Shape) -> String {
    match shape {
        Shape::Text(text) => text.expected.to_owned(),
        Shape::Whole { min, max } if *max > u64::from(u32::MAX) => format!("a number from {min}"),
        Shape::Whole { min, max } => format!("a number from {min} to {max}"),
        Shape::Truth => "`true` or `false`".to_owned(),
        Shape::Words(known) => words(known.iter().map(|(word, _)| *word)),
        Shape::List(item) => format!("a list of: {}", written(item)),
        Shape::Named(value) => format!("a mapping, from each name to: {}", written(value)),
        Shape::Mapping(mapping) => {
            format!("[{0}](#{1})", mapping.name, mapping.name.to_lowercase())
        }
        Shape::Either(shapes) => shapes.iter().map(written).collect::<Vec<_>>().join("; or "),
    }
}

/// `a`, `b` or `c`
fn words<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// What a field is for, and each of its words.
fn meaning(field: &Field) -> String {
    let mut known = Vec::new();
    collect_words(&field.shape, &mut known);
    let known: Vec<String> =
        known.iter().map(|(word, means)| format!("`{word}`: {means}")).collect();
    if known.is_empty() { field.text() } else { format!("{} {}", field.text(), known.join("; ")) }
}

fn collect_words(shape: &Shape, known: &mut Vec<(&'static str, &'static str)>) {
    match shape {
        Shape::Words(words) => known.extend(words),
        Shape::Either(shapes) => shapes.iter().for_each(|shape| collect_words(shape, known)),
        Shape::Text(_)
        | Shape::Whole { .. }
        | Shape::Truth
        | Shape::List(_)
        | Shape::Named(_)
        | Shape::Mapping(_) => {}
    }
}

/// The first sentence.
fn first(text: &str) -> String {
    let text = text.lines().next().unwrap_or_default();
    text.split_inclusive(". ").next().unwrap_or(text).trim().to_owned()
}

/// Text in one cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
