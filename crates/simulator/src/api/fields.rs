//! Field definitions: what the 40-digit keys and the option ids mean. In the forms of REST v2, and v1 for leads.

use serde_json::{Value, json};

use crate::catalogue::{DEAL_LABELS, INDUSTRIES, PERSON_LABELS, SOURCES};
use crate::entity::custom::{self, Field};

/// The definitions of a fields collection, or nothing when there is no such collection.
pub(super) fn of(collection: &str) -> Option<Vec<Value>> {
    match collection {
        "dealFields" => {
            let channels: Vec<(u64, &str)> = SOURCES
                .iter()
                .map(|source| (source.channel, source.name))
                .collect();
            let own = [
                own("channel", "Source channel", &channels),
                own("label_ids", "Label", DEAL_LABELS),
            ];
            Some(own.into_iter().chain(custom::OF_DEALS.iter().map(made)).collect())
        }
        "personFields" => {
            let own = own("label_ids", "Label", PERSON_LABELS);
            Some(
                std::iter::once(own)
                    .chain(custom::OF_PERSONS.iter().map(made))
                    .collect(),
            )
        }
        "organizationFields" => Some(vec![own("industry", "Industry", INDUSTRIES)]),
        _ => None,
    }
}

/// `GET /v1/leadFields`.
pub(super) fn of_leads() -> Vec<Value> {
    let v1 = |(id, field): (u64, &Field)| json!({"id": id, "key": field.key, "name": field.name, "field_type": field.kind});
    (1..).zip(custom::OF_DEALS).map(v1).collect()
}

fn own(code: &str, name: &str, options: &[(u64, &str)]) -> Value {
    written(code, name, "enum", options, false)
}

fn made(field: &Field) -> Value {
    written(field.key, field.name, field.kind, field.options, true)
}

fn written(code: &str, name: &str, kind: &str, options: &[(u64, &str)], custom: bool) -> Value {
    let options: Vec<Value> = options
        .iter()
        .map(|(id, label)| json!({"id": id, "label": label, "color": null}))
        .collect();
    json!({
        "field_code": code, "field_name": name, "field_type": kind, "is_custom_field": custom, "subfields": null,
        "options": if options.is_empty() { Value::Null } else { Value::Array(options) },
    })
}
