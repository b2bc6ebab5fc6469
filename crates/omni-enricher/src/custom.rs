//! Custom fields under the names that the configuration gives them, option ids by their labels.

use std::collections::BTreeMap;

use event::{Document, Map};
use serde_json::Value;

use crate::config::NamedField;

/// The named ones that have a value; `None` when there are none.
pub(crate) fn by_name(state: &Document, named: &BTreeMap<String, NamedField>) -> Option<Map> {
    let fields = state.get("custom_fields").and_then(Value::as_object)?;
    let mut found = Map::new();
    for (key, field) in named {
        if let Some(value) = fields.get(key).filter(|value| !value.is_null()) {
            found.insert(field.name.clone(), labelled(value, &field.options));
        }
    }
    (!found.is_empty()).then_some(found)
}

/// The text of one custom field.
pub(crate) fn text(state: &Document, key: &str) -> Option<String> {
    let field = state.get("custom_fields")?.get(key)?;
    let value = field.get("value").or_else(|| field.get("label")).unwrap_or(field);
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Option ids become labels; v1 writes several of them as `"1,2"`.
fn labelled(value: &Value, options: &BTreeMap<String, String>) -> Value {
    let label = |id: &str| {
        options
            .get(id.trim())
            .map_or_else(|| id.trim().into(), |label| Value::from(label.as_str()))
    };
    match value {
        _ if options.is_empty() => value.clone(),
        Value::Number(number) => label(number.as_str()),
        Value::String(text) if text.contains(',') => text.split(',').map(label).collect(),
        Value::String(text) => label(text),
        Value::Array(items) => items.iter().map(|item| labelled(item, options)).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn document(state: &Value) -> Document {
        state.as_object().unwrap().clone().into()
    }

    fn named(name: &str, options: &[(&str, &str)]) -> NamedField {
        let options = options
            .iter()
            .map(|(id, label)| ((*id).to_owned(), (*label).to_owned()))
            .collect();
        NamedField {
            name: name.to_owned(),
            options,
        }
    }

    #[test]
    fn fields_stand_under_their_names_with_labels_for_option_ids() {
        let state = json!({"custom_fields": {
            "a": "blue", "b": 3, "c": [1, 2], "d": "1,2", "e": {"value": 5, "currency": "EUR"}, "f": null, "g": "unnamed", "h": "9",
        }});
        let colours = [("1", "red"), ("2", "green"), ("3", "blue")];
        let fields = BTreeMap::from([
            ("a".to_owned(), named("Text", &[])),
            ("b".to_owned(), named("One", &colours)),
            ("c".to_owned(), named("Many", &colours)),
            ("d".to_owned(), named("Old", &colours)),
            ("e".to_owned(), named("Money", &[])),
            ("f".to_owned(), named("Empty", &[])),
            ("h".to_owned(), named("Unlabelled", &colours)),
        ]);
        let expected = json!({
            "Text": "blue", "One": "blue", "Many": ["red", "green"], "Old": ["red", "green"],
            "Money": {"value": 5, "currency": "EUR"}, "Unlabelled": "9",
        });
        assert_eq!(
            Value::Object(by_name(&document(&state), &fields).unwrap()),
            expected
        );
        assert_eq!(by_name(&Document::default(), &fields), None);
        assert_eq!(by_name(&document(&state), &BTreeMap::new()), None);
    }

    #[test]
    fn a_field_s_text_is_its_value_or_its_label() {
        let state = json!({"custom_fields": {"a": " x ", "b": {"value": "y"}, "c": {"id": 1, "label": "z"}, "d": 5, "e": "", "f": null}});
        let state = &document(&state);
        let texts: Vec<_> = ["a", "b", "c", "d", "e", "f", "g"]
            .iter()
            .map(|key| text(state, key))
            .collect();
        let own = |text: &str| Some(text.to_owned());
        assert_eq!(texts, [own("x"), own("y"), own("z"), own("5"), None, None, None]);
    }
}
