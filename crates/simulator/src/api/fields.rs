//! Field definitions: what the 40-digit keys and the option ids mean. In the forms of REST v2, and v1 for leads.

use serde_json::{Value, json};

use crate::account::Account;
use crate::account::fields::{Definition, Holder};
use crate::entity::Object;

/// A definition as REST v2 gives it.
pub(crate) fn written(field: &Definition) -> Value {
    json!({
        "field_code": field.code, "field_name": field.name, "description": null, "field_type": field.kind,
        "is_custom_field": field.is_custom, "is_optional_response_field": false,
        "options": options(field), "subfields": subfields(field),
    })
}

/// `GET /v1/leadFields`: leads inherit the custom fields of deals.
pub(super) fn of_leads(account: &Account) -> Vec<Value> {
    let founded = account.founded().v1();
    let v1 = |(id, field): (u64, &Definition)| {
        json!({
            "id": id, "key": field.code, "name": field.name, "field_type": field.kind, "order_nr": id,
            "options": options(field), "active_flag": true, "edit_flag": field.is_custom,
            "mandatory_flag": false, "add_time": founded, "update_time": founded,
        })
    };
    let inherited = |field: &&Definition| field.is_custom || &*field.code == "title";
    let fields = account.fields().of(Holder::Deal).iter().filter(inherited);
    (1..).zip(fields).map(v1).collect()
}

/// `include_option_labels`: ids of options become objects that also say what they mean.
pub(super) fn say_options(account: &Account, holder: Holder, state: &mut Object) {
    let Some(Value::Object(custom)) = state.get_mut("custom_fields") else {
        return;
    };
    for (code, value) in custom {
        let Some(field) = account
            .fields()
            .find(holder, code)
            .filter(|field| !field.options.is_empty())
        else {
            continue;
        };
        match value {
            Value::Number(_) => *value = said(field, value),
            Value::Array(ids) => ids.iter_mut().for_each(|id| *id = said(field, id)),
            _ => {}
        }
    }
}

/// `include_labels`: what the ids of labels mean.
pub(super) fn say_labels(account: &Account, holder: Holder, state: &mut Object) {
    let field = account.fields().find(holder, "label_ids");
    let ids = state.get("label_ids").and_then(Value::as_array);
    let said = ids
        .into_iter()
        .flatten()
        .map(|id| field.map_or(Value::Null, |field| said(field, id)))
        .collect();
    state.insert("labels".to_owned(), Value::Array(said));
}

fn said(field: &Definition, id: &Value) -> Value {
    let known = field
        .options
        .iter()
        .find(|(known, _)| Some(*known) == id.as_u64());
    json!({"id": id, "label": known.map(|(_, label)| label)})
}

fn options(field: &Definition) -> Value {
    if field.options.is_empty() {
        return Value::Null;
    }
    let option = |(id, label): &(u64, String)| json!({"id": id, "label": label, "color": null});
    field.options.iter().map(option).collect()
}

fn subfields(field: &Definition) -> Value {
    let parts: &[(&str, &str)] = match field.kind {
        "monetary" => &[("value", "double"), ("currency", "varchar")],
        "daterange" => &[("value", "date"), ("until", "date")],
        "time" => &[("value", "time"), ("timezone_id", "int")],
        "timerange" => &[("value", "time"), ("until", "time"), ("timezone_id", "int")],
        "address" => &[
            ("value", "varchar"),
            ("street_number", "varchar"),
            ("route", "varchar"),
            ("locality", "varchar"),
            ("country", "varchar"),
            ("postal_code", "varchar"),
            ("formatted_address", "varchar"),
        ],
        _ => return Value::Null,
    };
    let part = |(code, kind): &(&str, &str)| json!({"field_code": code, "field_name": format!("{code} of {}", field.name), "field_type": kind});
    parts.iter().map(part).collect()
}
