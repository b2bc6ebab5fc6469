//! The examples beside the schemas are what this crate reads and writes, and the schema of the flat
//! event is the catalogue.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};

use event::flat::{FIELDS, FieldKind, is_founding, kind_of};
use event::outcome::{Filtered, Rejected};
use event::state::EntityRecord;
use event::{Headers, Map, flatten};
use serde_json::{Value, json};

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas")
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn examples(contract: &str) -> Vec<(String, Value)> {
    let files = std::fs::read_dir(schemas().join("examples").join(contract)).unwrap();
    let paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    assert!(!paths.is_empty(), "{contract} has no example");
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    paths.iter().map(|path| (name(path), read(path))).collect()
}

/// Equal as JSON, whatever the order of keys.
fn same(name: &str, written: &[u8], example: &Value) {
    assert_eq!(
        &serde_json::from_slice::<Value>(written).unwrap(),
        example,
        "{name}"
    );
}

#[test]
fn headers_are_read_and_written_as_the_examples_are() {
    for (name, example) in examples("raw") {
        let pairs: Vec<(String, String)> = example
            .as_object()
            .unwrap()
            .iter()
            .map(|(key, text)| (key.clone(), text.as_str().unwrap().to_owned()))
            .collect();
        let headers =
            Headers::from_pairs(pairs.iter().map(|(key, text)| (key.as_str(), text.as_bytes()))).unwrap();
        let written: Map = headers
            .to_pairs()
            .into_iter()
            .map(|(key, text)| (key.to_owned(), text.into()))
            .collect();
        assert_eq!(Value::Object(written), example, "{name}");
    }
}

#[test]
fn records_are_read_and_written_as_the_examples_are() {
    for (name, example) in examples("entities") {
        same(
            &name,
            &EntityRecord::from_json(example.to_string().as_bytes())
                .unwrap()
                .to_json(),
            &example,
        );
    }
    for (name, example) in examples("rejected") {
        same(
            &name,
            &Rejected::from_json(example.to_string().as_bytes())
                .unwrap()
                .to_json(),
            &example,
        );
    }
    for (name, example) in examples("filtered") {
        same(
            &name,
            &Filtered::from_json(example.to_string().as_bytes())
                .unwrap()
                .to_json(),
            &example,
        );
    }
}

#[test]
fn each_enriched_example_becomes_the_flat_example_of_its_name() {
    let flat = examples("flat");
    for (name, example) in examples("enriched") {
        let expected = flat
            .iter()
            .find(|(other, _)| *other == name)
            .map(|(_, value)| value);
        assert_eq!(
            Some(&Value::Object(flatten::flatten(&example).unwrap())),
            expected,
            "{name}"
        );
    }
    for (name, example) in &flat {
        let event = example.as_object().unwrap();
        assert!(flatten::is_flat(event), "{name}");
        assert!(event.keys().all(|key| kind_of(key).is_some()), "{name}");
    }
}

#[test]
fn the_schema_of_the_flat_event_is_the_catalogue() {
    let schema = read(&schemas().join("flat.schema.json"));
    let mut expected = Map::new();
    for field in FIELDS {
        let mut property = type_of(field.kind);
        if field.founding {
            property["x-founding"] = json!(true);
        }
        expected.insert(field.name.to_owned(), property);
    }
    assert_eq!(schema["properties"], Value::Object(expected));
    assert_eq!(schema["additionalProperties"], json!(false));
    for (pattern, said) in schema["patternProperties"].as_object().unwrap() {
        let one = [
            ("([1-9]|1[0-9]|20)", "20"),
            ("(deal|lead|contact|organization)", "lead"),
            (".+", "budget"),
        ];
        let name = one
            .iter()
            .fold(pattern.clone(), |name, (many, one)| name.replace(many, one));
        let name = name.trim_matches(['^', '$']);
        let mut expected = type_of(kind_of(name).unwrap());
        if is_founding(name) {
            expected["x-founding"] = json!(true);
        }
        assert_eq!(said, &expected, "{name}");
    }
}

fn type_of(kind: FieldKind) -> Value {
    let scalar = json!(["integer", "string"]);
    match kind {
        FieldKind::Text => json!({"type": "string"}),
        FieldKind::Uuid => json!({"type": "string", "format": "uuid"}),
        FieldKind::Digits => json!({"type": "string", "pattern": "^[0-9]+$"}),
        FieldKind::Integer => json!({"type": "integer"}),
        FieldKind::IntegerOrText => json!({"type": scalar}),
        FieldKind::Decimal => json!({"type": "number"}),
        FieldKind::Boolean => json!({"type": "boolean"}),
        FieldKind::BooleanOrText => json!({"type": ["boolean", "string"]}),
        FieldKind::Integers => json!({"type": "array", "items": {"type": "integer"}}),
        FieldKind::Texts => json!({"type": "array", "items": {"type": "string"}}),
        FieldKind::Time => json!({"type": "string", "format": "date-time"}),
        FieldKind::Date => json!({"type": "string", "format": "date"}),
        FieldKind::Any => json!({
            "type": ["string", "number", "boolean", "array"], "items": {"type": ["string", "number", "boolean"]}
        }),
    }
}
