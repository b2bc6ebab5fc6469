//! What lies on the topics outlives the version that wrote it, and in a rolling upgrade two versions read what either writes.
//!
//! `schemas/released/<version>` is what a version wrote, frozen: its schemas and its examples. Of every topic:
//! what that version wrote is read by this one, and what this one writes has all that that version needs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use event::outcome::{Filtered, Rejected};
use event::state::EntityRecord;
use event::{Headers, flatten};
use serde_json::{Map, Value, json};

const CONTRACTS: [&str; 9] = [
    "raw",
    "enriched",
    "flat",
    "entities",
    "rejected",
    "filtered",
    "loaded",
    "deliveries",
    "heartbeat",
];

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas")
}

fn json_of(path: &Path) -> Value {
    let text = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The folders of versions that came before.
fn released() -> Vec<PathBuf> {
    let folders = std::fs::read_dir(schemas().join("released")).expect("what was released");
    let folders: Vec<PathBuf> = folders.map(|folder| folder.expect("a folder").path()).collect();
    assert!(!folders.is_empty(), "no version is frozen");
    folders
}

fn schema(of: &Path, contract: &str) -> Value {
    json_of(&of.join(format!("{contract}.schema.json")))
}

fn examples(of: &Path, contract: &str) -> Vec<(PathBuf, Value)> {
    let folder = of.join("examples").join(contract);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths
        .into_iter()
        .map(|path| (path.clone(), json_of(&path)))
        .collect()
}

fn words(value: &Value) -> BTreeSet<String> {
    match value {
        Value::String(word) => BTreeSet::from([word.clone()]),
        Value::Array(words) => words
            .iter()
            .filter_map(|word| Some(word.as_str()?.to_owned()))
            .collect(),
        _ => BTreeSet::new(),
    }
}

/// What a property may be; an integer is a number too.
fn types(property: &Value) -> BTreeSet<String> {
    let mut types = words(&property["type"]);
    if types.contains("number") {
        types.insert("integer".to_owned());
    }
    types
}

/// Everything by which an old and a new version of a schema would misunderstand each other.
fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let (needed_then, needed_now) = (words(&old["required"]), words(&new["required"]));
    found.extend(
        needed_now
            .difference(&needed_then)
            .map(|key| format!("`{key}` is required now, and what lies on the topic may not have it")),
    );
    found.extend(
        needed_then
            .difference(&needed_now)
            .map(|key| format!("`{key}` is required no more, and the version before cannot do without it")),
    );
    let none = Map::new();
    for of in ["properties", "patternProperties"] {
        let now = new[of].as_object().unwrap_or(&none);
        for (key, then) in old[of].as_object().unwrap_or(&none) {
            let Some(now) = now.get(key) else {
                found.push(format!("`{key}` is gone"));
                continue;
            };
            let (then, now) = (types(then), types(now));
            if !then.is_subset(&now) {
                found.push(format!("`{key}` was {then:?} and may only be {now:?}"));
            } else if needed_then.contains(key) && then != now {
                found.push(format!(
                    "`{key}` is read as {then:?} by the version before, and may be {now:?}"
                ));
            }
        }
    }
    found
}

#[test]
fn no_topic_changed_in_a_way_that_either_version_would_misread() {
    for version in released() {
        for contract in CONTRACTS {
            let found = breaks(&schema(&version, contract), &schema(&schemas(), contract));
            assert!(
                found.is_empty(),
                "omni.{contract} since {}: {}",
                version.display(),
                found.join("; ")
            );
        }
    }
}

#[test]
fn a_change_that_breaks_is_found() {
    let old = json!({
        "required": ["a", "b"],
        "properties": {"a": {"type": "string"}, "b": {"type": "integer"}, "c": {"type": "string"}}
    });
    let changed = |key: &str, value: Value| {
        let mut new = old.clone();
        new[key] = value;
        breaks(&old, &new).len()
    };
    assert_eq!(breaks(&old, &old), Vec::<String>::new());
    let mut more = old.clone();
    more["properties"]["d"] = json!({"type": "string"});
    more["properties"]["c"] = json!({"type": ["string", "null"]});
    assert_eq!(
        breaks(&old, &more),
        Vec::<String>::new(),
        "new and wider fields that nobody needs"
    );
    assert_eq!(changed("required", json!(["a", "b", "c"])), 1);
    assert_eq!(changed("required", json!(["a"])), 1);
    assert_eq!(
        changed(
            "properties",
            json!({"a": {"type": "string"}, "b": {"type": "integer"}})
        ),
        1
    );
    let widened =
        json!({"a": {"type": "string"}, "b": {"type": ["integer", "string"]}, "c": {"type": "string"}});
    assert_eq!(changed("properties", widened), 1);
    let narrowed = json!({"a": {"type": "string"}, "b": {"type": "integer"}, "c": {"type": "integer"}});
    assert_eq!(changed("properties", narrowed), 1);
}

#[test]
fn what_a_version_before_wrote_is_valid_and_read() {
    for version in released() {
        for contract in CONTRACTS {
            let today = jsonschema::validator_for(&schema(&schemas(), contract)).expect("a schema");
            for (path, example) in examples(&version, contract) {
                let found: Vec<String> = today
                    .iter_errors(&example)
                    .map(|error| error.to_string())
                    .collect();
                assert!(found.is_empty(), "{}: {found:?}", path.display());
                read(contract, &path, &example);
            }
        }
    }
}

/// As the stages read it, with a field more that a later version may write.
fn read(contract: &str, path: &Path, example: &Value) {
    let mut example = example.clone();
    let object = example.as_object_mut().expect("an object");
    if contract != "flat" && contract != "enriched" {
        object.insert("of-a-later-version".to_owned(), "1".into());
    }
    let text = example.to_string();
    let bytes = text.as_bytes();
    let read = match contract {
        "raw" => {
            let pairs = example.as_object().expect("an object").iter();
            let pairs = pairs.map(|(key, value)| (key.as_str(), value.as_str().expect("a text").as_bytes()));
            Headers::from_pairs(pairs).err().map(|error| error.to_string())
        }
        "enriched" => flatten::flatten(&example).err().map(|error| error.to_string()),
        "flat" => {
            (!flatten::is_flat(example.as_object().expect("an object"))).then(|| "is not flat".to_owned())
        }
        "entities" => EntityRecord::from_json(bytes)
            .err()
            .map(|error| error.to_string()),
        "rejected" => Rejected::from_json(bytes).err().map(|error| error.to_string()),
        "filtered" => Filtered::from_json(bytes).err().map(|error| error.to_string()),
        // Their readers are of one stage alone, and are tried by its own tests and by `omni chaos --previous`.
        _ => None,
    };
    assert_eq!(read, None, "{}", path.display());
}

#[test]
fn what_this_version_writes_has_all_that_a_version_before_needs() {
    for version in released() {
        for contract in CONTRACTS {
            let mut then = schema(&version, contract);
            // Readers pass over what they do not know; the schema of their time names what there was.
            if let Some(open) = then.get_mut("additionalProperties") {
                *open = json!(true);
            }
            let then = jsonschema::validator_for(&then).expect("a schema");
            for (path, example) in examples(&schemas(), contract) {
                let found: Vec<String> = then
                    .iter_errors(&example)
                    .map(|error| error.to_string())
                    .collect();
                assert!(found.is_empty(), "{}: {found:?}", path.display());
            }
        }
    }
}
