//! The published schema says the same as the reader: what is read passes, mistakes do not.

use std::{fs, path::Path, rc::Rc};

use jsonschema::Validator;
use serde_json::{Map, Number, Value};

use super::{shop, shop_with};
use crate::{
    ModelFile, load, schema,
    yaml::{Content, Node, Report, compose},
};

/// The documents of these files as an editor sees them.
fn documents(files: &[ModelFile]) -> Vec<Value> {
    let mut report = Report::default();
    let nodes: Vec<Rc<Node>> =
        files.iter().flat_map(|file| compose(0, &file.text, &mut report)).collect();
    nodes.iter().filter(|node| !node.is_null()).map(|node| value(node)).collect()
}

/// A node by the rules of YAML 1.2's core schema.
fn value(node: &Node) -> Value {
    match &node.content {
        Content::Scalar { text, plain: true } => {
            let word = match text.as_str() {
                "true" | "True" | "TRUE" => Some(Value::Bool(true)),
                "false" | "False" | "FALSE" => Some(Value::Bool(false)),
                _ if node.is_null() => Some(Value::Null),
                _ => None,
            };
            let whole = || text.parse::<u64>().ok().map(Value::from);
            let float = || {
                let digits = text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
                let number = text.parse::<f64>().ok().filter(|_| digits)?;
                Number::from_f64(number).map(Value::Number)
            };
            word.or_else(whole).or_else(float).unwrap_or_else(|| text.as_str().into())
        }
        Content::Scalar { text, .. } => text.as_str().into(),
        Content::List(items) => items.iter().map(|item| value(item)).collect(),
        Content::Map(entries) => {
            let entries = entries.iter().map(|(key, node)| (key.text.clone(), value(node)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Content::Broken => Value::Null,
    }
}

/// The schema of all kinds, ready to be asked.
fn validator() -> Validator {
    jsonschema::draft7::new(&schema::json()).unwrap()
}

/// What the schema says against these files.
pub(super) fn refusals(files: &[ModelFile]) -> Vec<String> {
    let validator = validator();
    let mut found = Vec::new();
    for document in documents(files) {
        let own = document["kind"].as_str().and_then(schema::json_of);
        let own = own.map(|own| jsonschema::draft7::new(&own).unwrap());
        let refused: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        if let Some(own) = own {
            assert_eq!(own.is_valid(&document), refused.is_empty(), "{document}: {refused:?}");
        }
        found.extend(refused);
    }
    found
}

/// What the reader alone accepts, without looking at other documents.
fn is_read(files: &[ModelFile]) -> bool {
    let mut report = Report::default();
    let mut documents = crate::Documents::default();
    for (index, file) in files.iter().enumerate() {
        for node in compose(index, &file.text, &mut report) {
            documents.add(&node, &mut report);
        }
    }
    report.is_empty()
}

#[test]
fn models_of_tests_and_examples_pass() {
    assert_eq!(refusals(&shop()), Vec::<String>::new());
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut checked = 0;
    for example in fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(folder) = fs::read_dir(example.join("model")) else { continue };
        for path in folder.map(|entry| entry.unwrap().path()) {
            let file = ModelFile::new("", fs::read_to_string(&path).unwrap());
            assert_eq!(refusals(&[file]), Vec::<String>::new(), "{}", path.display());
            checked += 1;
        }
    }
    assert!(checked > 3, "{checked}");
}

#[test]
fn every_kind_has_an_example_that_is_read_and_passes() {
    for (kind, mapping) in crate::document::kinds() {
        let example = mapping.example().unwrap_or_else(|| panic!("{kind}: no example"));
        assert!(example.starts_with(&format!("kind: {kind}\n")), "{example}");
        let file = [ModelFile::new("example.yaml", example)];
        assert!(is_read(&file), "{kind}: {}", load(&file).unwrap_err());
        assert_eq!(refusals(&file), Vec::<String>::new(), "{kind}");
    }
}

#[test]
fn every_field_says_what_it_is_for() {
    fn check(mapping: &crate::yaml::Mapping) {
        assert!(mapping.text().ends_with('.'), "{}: {}", mapping.name, mapping.text());
        for field in &mapping.fields {
            let text = field.text();
            assert!(text.len() > 8 && text.ends_with('.'), "{}.{}", mapping.name, field.name);
            nested(&field.shape);
        }
    }
    fn nested(shape: &crate::yaml::Shape) {
        use crate::yaml::Shape;
        match shape {
            Shape::Mapping(mapping) => check(mapping),
            Shape::List(inner) | Shape::Named(inner) => nested(inner),
            Shape::Either(shapes) => shapes.iter().for_each(nested),
            Shape::Text(_) | Shape::Whole { .. } | Shape::Truth | Shape::Words(_) => {}
        }
    }
    crate::document::kinds().iter().for_each(|(_, mapping)| check(mapping));
}

#[test]
fn typical_mistakes_do_not_pass() {
    for (old, new) in [
        ("priority: critical", "priorty: critical"),
        ("priority: critical", "priority: urgent"),
        ("schedule: {every: 1m}\n", ""),
        ("schedule: {every: 1m}", "schedule: {every: 5 minutes}"),
        ("schedule: {every: 1m}", "schedule: {every: 1m, cron: \"* * * * *\"}"),
        ("schedule: {every: 1m}", "schedule: sometimes"),
        ("kind: Platform\nname: history", "kind: Plattform\nname: history"),
        ("kind: Platform\nname: history", "name: history"),
        ("slots: 8", "slots: many"),
        ("slots: 8", "slots: 0"),
        ("key: [at, contact]", "key: at"),
        ("port: 5433", "port: \"5433\""),
        ("port: 5433", "port: 543300"),
        ("vip: {type: boolean, nullable: true}", "vip: {type: boolean, nullable: yes}"),
        ("vip: {type: boolean, nullable: true}", "vip: {type: boolean, nulable: true}"),
        ("id: bigint", "id: int8"),
        ("total: decimal(15,2)", "total: decimal(a)"),
        ("memory: 512Mi", "memory: 512MB"),
        ("style: milestoned", "style: current_history"),
        ("roles: external", "transformer: {output: masked_shop}"),
        ("table: public.unwanted", "table: unwanted"),
        ("\"shop:orders\"", "shop.orders"),
        ("ingest: {snapshot: {}}\nstreams: multi", "ingest: {watermark: {column: at}}"),
        ("credentials: {env: {}}", "credentials: {env: {}, files: {dir: /x}}"),
        ("credentials: {env: {}}", "credentials: {}"),
        ("percent: 50, rows: 10", "rows: -1"),
        ("max_delete: {percent: 50, rows: 10}", "max_delete: 120%"),
        ("credential: merge_rw", "credential: merge_rw\n  password: hunter2"),
    ] {
        let files = shop_with(&[(old, new)]);
        assert!(!is_read(&files), "{new}: the reader takes it");
        assert!(!refusals(&files).is_empty(), "{new}: the schema takes it");
    }
}

#[test]
fn planned_fields_are_not_in_the_schema() {
    let text = schema::json().to_string();
    for planned in
        ["transformer", "iceberg", "mysql", "kafka", "watermark", "debezium", "dedicated"]
    {
        assert!(!text.contains(&format!("\"{planned}\"")), "{planned}");
    }
}

#[test]
fn numbers_and_texts_are_taken_as_the_reader_takes_them() {
    for (old, new) in [
        ("requests: {cpu: 500m,", "requests: {cpu: 0.5,"),
        ("limits: {cpu: \"4\",", "limits: {cpu: 4,"),
        ("memory: 512Mi", "memory: 536870912"),
        ("every: 30s", "every: 1h30m"),
        ("total: decimal(15,2)", "total: \"decimal( 15 , 2 )[]\""),
        ("total: decimal(15,2)", "total: \"native:numeric(15,2)\""),
        ("max_delete: {percent: 50, rows: 10}", "max_delete: 100 %"),
        ("branch: main", "branch: 2024"),
    ] {
        let files = shop_with(&[(old, new)]);
        assert!(is_read(&files), "{new}: {}", load(&files).unwrap_err());
        assert_eq!(refusals(&files), Vec::<String>::new(), "{new}");
    }
}

#[test]
fn defaults_are_those_of_the_schema() {
    fn lay(mapping: &crate::yaml::Mapping, document: &mut Value) {
        for field in &mapping.fields {
            let Some(object) = document.as_object_mut() else { return };
            match (&field.default, object.get_mut(field.name)) {
                (Some(default), None) => {
                    object.insert(field.name.to_owned(), default.clone());
                }
                (_, Some(inner)) => nested(&field.shape, inner),
                (None, None) => {}
            }
        }
    }
    fn nested(shape: &crate::yaml::Shape, value: &mut Value) {
        use crate::yaml::Shape;
        match (shape, value) {
            (Shape::Mapping(mapping), value) => lay(mapping, value),
            (Shape::List(item), Value::Array(items)) => {
                items.iter_mut().for_each(|value| nested(item, value));
            }
            (Shape::Named(inner), Value::Object(entries)) => {
                entries.values_mut().for_each(|value| nested(inner, value));
            }
            (Shape::Either(shapes), value @ Value::Object(_)) => {
                shapes
                    .iter()
                    .filter(|s| matches!(s, Shape::Mapping(_)))
                    .for_each(|s| nested(s, value));
            }
            _ => {}
        }
    }
    let text = MINIMAL.replace("TEMPORAL", "temporal: {}").replace("GROUP", "needs: {}");
    let mut whole = documents(&[ModelFile::new("", text)]);
    let kinds = crate::document::kinds();
    for document in &mut whole {
        let kind = document["kind"].as_str().unwrap().to_owned();
        let (_, mapping) = kinds.iter().find(|(known, _)| *known == kind).unwrap();
        lay(mapping, document);
    }
    // JSON is YAML.
    let whole: Vec<String> = whole.iter().map(Value::to_string).collect();
    let short = MINIMAL.replace("TEMPORAL", "").replace("GROUP", "");
    let short = load(&[ModelFile::new("short.yaml", short)]).unwrap();
    let whole = whole.join("\n---\n");
    assert!(whole.contains("\"port\":5432") && whole.contains("\"heartbeat\":\"30s\""), "{whole}");
    let whole = load(&[ModelFile::new("whole.yaml", whole)]);
    assert_eq!(whole.unwrap_or_else(|mistakes| panic!("{mistakes}")), short);
}

/// A model that says nothing that has a default.
const MINIMAL: &str = "
kind: Ecosystem
name: acme
---
kind: Zone
name: retail
---
kind: Team
name: retail/online
---
kind: PlatformServices
name: main
merge: {postgres: {host: localhost, database: merge}, credential: merge_rw}
credentials: {env: {}}
TEMPORAL
classes: {small: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1, memory: 1Gi}, slots: 2}}
---
kind: Platform
name: live
services: main
style: live
---
kind: Datastore
name: shop
team: retail/online
source: {postgres: {host: db, database: shop}, credential: shop}
ingest: {snapshot: {}}
schedule: {cron: \"5 * * * *\"}
datasets:
  orders: {table: public.orders, key: [id], columns: {id: bigint, note: {type: text}}}
---
kind: Workspace
name: reporting
team: retail/online
groups:
  core:
    sinks: [shop:orders]
    GROUP
";
