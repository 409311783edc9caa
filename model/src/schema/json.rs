//! JSON Schema, draft 7: what the YAML language server and most editors know best.

use serde_json::{Map, Value, json};

use crate::{
    document::{KINDS, kinds},
    yaml::{Field, Mapping, Shape, Text},
};

const DRAFT: &str = "http://json-schema.org/draft-07/schema#";
/// Largest whole number that every reader of JSON holds exactly.
const LARGEST: u64 = (1 << 53) - 1;

/// The schema of every document of a model: `kind:` says which rules hold.
pub fn json() -> Value {
    let definitions: Map<String, Value> = kinds()
        .into_iter()
        .map(|(kind, mapping)| (kind.to_owned(), document(kind, &mapping)))
        .collect();
    let rules: Vec<Value> = KINDS
        .iter()
        .map(|kind| {
            json!({
                "if": {"required": ["kind"], "properties": {"kind": {"const": kind}}},
                "then": {"$ref": format!("#/definitions/{kind}")},
            })
        })
        .collect();
    let texts: Vec<(&str, String)> =
        kinds().iter().map(|(kind, mapping)| (*kind, mapping.text())).collect();
    let meanings = texts.iter().map(|(kind, text)| (*kind, text.as_str()));
    json!({
        "$schema": DRAFT,
        "title": "A document of a Teal model",
        "type": "object",
        "required": ["kind"],
        "properties": {
            "kind": words("What the document declares.", &meanings.collect::<Vec<_>>()),
        },
        "allOf": rules,
        "definitions": definitions,
    })
}

/// The schema of one kind of document; `None`: there is no such kind.
pub fn json_of(kind: &str) -> Option<Value> {
    let (kind, mapping) = kinds().into_iter().find(|(known, _)| *known == kind)?;
    let mut schema = document(kind, &mapping);
    schema["$schema"] = DRAFT.into();
    schema["title"] = format!("{kind} of a Teal model").into();
    Some(schema)
}

fn document(kind: &str, mapping: &Mapping) -> Value {
    let mut schema = fields(mapping);
    schema["properties"]["kind"] = json!({"const": kind, "description": mapping.text()});
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.insert(0, "kind".into());
    } else {
        schema["required"] = json!(["kind"]);
    }
    schema["description"] = mapping.text().into();
    schema
}

fn fields(mapping: &Mapping) -> Value {
    let properties: Map<String, Value> =
        mapping.fields.iter().map(|field| (field.name.to_owned(), of_field(field))).collect();
    let mut schema = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    let required: Vec<&str> =
        mapping.fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    match mapping.one_of {
        [] => {}
        [only] => schema["required"] = json!([only]),
        several => {
            let one_of: Vec<Value> =
                several.iter().map(|field| json!({"required": [field]})).collect();
            schema["oneOf"] = one_of.into();
        }
    }
    schema
}

fn of_field(field: &Field) -> Value {
    let mut schema = of_shape(&field.shape);
    let own = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    schema["description"] = format!("{}{own}", field.text()).into();
    if let Some(default) = &field.default {
        schema["default"] = default.clone();
    }
    schema
}

fn of_shape(shape: &Shape) -> Value {
    match shape {
        Shape::Text(text) => of_text(text),
        Shape::Whole { min, max } => {
            json!({"type": "integer", "minimum": min, "maximum": max.min(&LARGEST)})
        }
        Shape::Truth => json!({"type": "boolean"}),
        Shape::Words(known) => words("", known),
        Shape::List(item) => json!({"type": "array", "items": of_shape(item)}),
        Shape::Named(value) => json!({"type": "object", "additionalProperties": of_shape(value)}),
        Shape::Mapping(mapping) => fields(mapping),
        Shape::Either(shapes) => {
            let any: Vec<Value> = shapes.iter().map(of_shape).collect();
            json!({"anyOf": any})
        }
    }
}

fn of_text(text: &Text) -> Value {
    let kinds = if text.or_number { json!(["string", "number"]) } else { json!("string") };
    let mut schema = json!({"type": kinds});
    match &text.pattern {
        // An empty text is none.
        None => schema["minLength"] = 1.into(),
        Some(pattern) => {
            schema["pattern"] = pattern.as_str().into();
            // Editors show this in place of the pattern.
            schema["patternErrorMessage"] = format!("write {}", text.expected).into();
        }
    }
    if text.suggestions.is_empty() {
        return schema;
    }
    json!({"anyOf": [{"enum": text.suggestions}, schema]})
}

/// Words of a closed set; editors show the description, whether they know more or not.
fn words(description: &str, known: &[(&str, &str)]) -> Value {
    let lines = known.iter().map(|(word, means)| format!("\n- `{word}`: {means}"));
    let names: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
    let meanings: Vec<&str> = known.iter().map(|(_, means)| *means).collect();
    json!({
        "enum": names,
        "enumDescriptions": meanings,
        "description": format!("{description}{}", lines.collect::<String>()),
    })
}
