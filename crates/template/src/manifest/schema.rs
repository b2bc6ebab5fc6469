//! The JSON Schema of `template.toml`, made of the types it is read into, and the manifest held against it.
//!
//! The schema is what an editor reads, and what finds every fault of a manifest at once, each with its line; the types
//! alone would tell the first.
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::encode::{self, Format, Part, Shape};
use super::{Manifest, PanelKind};
use crate::Finding;
use crate::nearest::nearest;
use crate::places::{Places, escaped};

/// The schema as it is shipped: with what each kind of panel may encode.
pub fn schema() -> Value {
    let mut schema = of_types();
    if let Some(panel) = schema
        .pointer_mut("/properties/panel/items")
        .and_then(Value::as_object_mut)
    {
        let cases = PanelKind::ALL.map(|kind| {
            json!({
                "if": { "properties": { "kind": { "const": kind } } },
                "then": {
                    "properties": { "encode": table(encode::parts(kind)) },
                    "required": asked(kind),
                },
            })
        });
        panel.insert("allOf".to_owned(), json!(cases));
    }
    schema
}

/// What a panel of this kind must have beside what all have.
fn asked(kind: PanelKind) -> &'static [&'static str] {
    match kind {
        PanelKind::Text => &[],
        _ => &["sql", "depends_on"],
    }
}

/// What the types alone say.
fn of_types() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<Manifest>()
        .to_value();
    if let Some(root) = schema.as_object_mut() {
        root.insert(
            "title".to_owned(),
            "The manifest of a template, `template.toml`".into(),
        );
    }
    schema
}

fn table(parts: &[Part]) -> Value {
    let mut properties = Map::new();
    for part in parts {
        let mut schema = of_shape(&part.shape);
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), part.says.into());
        }
        properties.insert(part.name.to_owned(), schema);
    }
    let needed = parts.iter().filter(|part| part.is_needed).map(|part| part.name);
    json!({
        "type": "object",
        "properties": properties,
        "required": needed.collect::<Vec<_>>(),
        "additionalProperties": false,
    })
}

fn of_shape(shape: &Shape) -> Value {
    let list = |items: Value| json!({ "type": "array", "items": items });
    match shape {
        Shape::Column(_) | Shape::Text | Shape::Panel => json!({ "type": "string" }),
        Shape::Columns(_) => list(json!({ "type": "string" })),
        Shape::Field { more, .. } => field(more),
        Shape::Fields { more, .. } => list(field(more)),
        Shape::Parts(parts) => table(parts),
        Shape::Run => {
            let mut run = table(&encode::run_parts());
            if let Some(properties) = run.pointer_mut("/properties").and_then(Value::as_object_mut) {
                properties.insert("format".to_owned(), formats());
            }
            run
        }
        Shape::Seconds => json!({ "type": "integer", "minimum": 0 }),
        Shape::Number => json!({ "type": "number" }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Word(words) => json!({ "enum": words }),
    }
}

fn field(more: &[Part]) -> Value {
    let mut full = table(more);
    if let Some(properties) = full.pointer_mut("/properties").and_then(Value::as_object_mut) {
        properties.insert(
            "field".to_owned(),
            json!({ "type": "string", "description": "a column of the result" }),
        );
        properties.insert("format".to_owned(), formats());
        properties.insert(
            "label".to_owned(),
            json!({ "type": "string", "description": "the key of its word; without it `column.<field>`" }),
        );
    }
    if let Some(full) = full.as_object_mut() {
        full.insert("required".to_owned(), json!(["field"]));
    }
    json!({ "anyOf": [{ "type": "string" }, full] })
}

fn formats() -> Value {
    json!({ "enum": Format::ALL.map(Format::word) })
}

/// All that is wrong with the text of a manifest by itself: no TOML, unknown and missing keys, values of a wrong kind,
/// encode keys that the panel's kind has not.
pub fn judge(file: &str, text: &str) -> Vec<Finding> {
    let (places, findings) = Places::read(file, text);
    if !findings.is_empty() {
        return findings;
    }
    let told: Value = match toml::from_str(text) {
        Ok(told) => told,
        Err(error) => return vec![Finding::new(file, 1, error.message())],
    };
    let schema = of_types();
    let validator = match jsonschema::validator_for(&schema) {
        Ok(validator) => validator,
        Err(error) => return vec![Finding::new(file, 1, error.to_string())],
    };
    let mut findings: Vec<Finding> = validator
        .iter_errors(&told)
        .flat_map(|error| explained(&error, &schema))
        .map(|(pointer, message)| Finding::new(file, places.line(&pointer), message))
        .collect();
    findings.extend(encoded(file, &told, &places));
    findings
}

/// What is wrong with each panel's `encode`, and what its kind lacks.
fn encoded(file: &str, told: &Value, places: &Places) -> Vec<Finding> {
    let panels = told.get("panel").and_then(Value::as_array);
    let mut findings = Vec::new();
    for (at, panel) in panels.into_iter().flatten().enumerate() {
        let kind = panel.get("kind").cloned().unwrap_or_default();
        let kind: Option<PanelKind> = serde_json::from_value(kind).ok();
        for key in asked(kind.unwrap_or(PanelKind::Table))
            .iter()
            .filter(|key| panel.get(**key).is_none())
        {
            let line = places.line(&format!("/panel/{at}"));
            findings.push(Finding::new(file, line, format!("the key `{key}` is missing")));
        }
        let encode = panel
            .get("encode")
            .map_or(Some(&Map::new()), Value::as_object)
            .cloned();
        let Some((kind, table)) = kind.zip(encode) else {
            continue;
        };
        let name = panel.get("id").and_then(Value::as_str).unwrap_or_default();
        for (pointer, message) in encode::read(kind, &table).faults {
            let line = places.line(&format!("/panel/{at}/encode{pointer}"));
            findings.push(Finding::new(file, line, format!("panel {name}: {message}")));
        }
    }
    findings
}

/// Place and message of what an error of the validator means.
fn explained(error: &ValidationError<'_>, schema: &Value) -> Vec<(String, String)> {
    let at = error.instance_path().as_str();
    let name = at.rsplit('/').next().unwrap_or_default();
    let message = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let known = known_beside(error, schema);
            return unexpected
                .iter()
                .map(|key| (format!("{at}/{}", escaped(key)), unknown(key, &known)))
                .collect();
        }
        ValidationErrorKind::Required { property } => {
            format!("the key `{}` is missing", property.as_str().unwrap_or_default())
        }
        ValidationErrorKind::AnyOf { .. } | ValidationErrorKind::OneOfNotValid { .. } => {
            format!("`{name}` is neither a type nor {{ type, from, rounded }}")
        }
        ValidationErrorKind::Enum { options } => {
            let words: Vec<String> = options.as_array().into_iter().flatten().map(word).collect();
            format!(
                "`{name}` is {}; it is one of {}",
                word(error.instance()),
                words.join(", ")
            )
        }
        _ => format!("`{name}`: {error}"),
    };
    vec![(at.to_owned(), message)]
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The keys that stand where an unknown one was found.
fn known_beside(error: &ValidationError<'_>, schema: &Value) -> Vec<String> {
    let path = error.schema_path().as_str();
    let around = path.rsplit_once('/').map_or("", |(around, _)| around);
    let properties = schema.pointer(&format!("{around}/properties"));
    let properties = properties.and_then(Value::as_object);
    properties.into_iter().flat_map(Map::keys).cloned().collect()
}

fn unknown(key: &str, known: &[String]) -> String {
    match nearest(key, known.iter().map(String::as_str)) {
        Some(nearest) => format!("unknown key `{key}`; did you mean `{nearest}`?"),
        None => format!("unknown key `{key}`; there is {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Registry;

    #[test]
    fn every_built_in_manifest_fits_the_schema_and_the_shipped_one() {
        let shipped = jsonschema::validator_for(&schema()).unwrap();
        for template in Registry::builtin().unwrap().iter() {
            let text = template.file("template.toml").unwrap();
            assert_eq!(judge("template.toml", text), [], "{}", template.key());
            let told: Value = toml::from_str(text).unwrap();
            let errors: Vec<String> = shipped
                .iter_errors(&told)
                .map(|error| error.to_string())
                .collect();
            assert!(errors.is_empty(), "{}: {errors:?}", template.key());
        }
    }

    #[test]
    fn all_faults_are_told_each_with_its_line() {
        let text = "[template]\nid = \"a\"\nversion = \"1\"\nformat = 1\ntimezone = \"Etc/UTC\"\ncurency = \"EUR\"\n\n[[panel]]\nid = \"p\"\nkind = \"pie\"\nsql = 7\n";
        let told: Vec<String> = judge("template.toml", text)
            .iter()
            .map(ToString::to_string)
            .collect();
        for expected in [
            "template.toml:6: unknown key `curency`; did you mean `currency`?",
            "template.toml:1: the key `currency` is missing",
            "template.toml:10: `kind` is pie; it is one of stat, bars, columns, lines, funnel, table, feed, freshness, text",
            "template.toml:8: the key `span` is missing",
            "template.toml:8: the key `depends_on` is missing",
        ] {
            assert!(told.iter().any(|line| line == expected), "{expected}\n{told:#?}");
        }
        assert!(
            told.iter()
                .any(|line| line.starts_with("template.toml:11: `sql`: 7 is not of type")),
            "{told:#?}"
        );
    }
}
