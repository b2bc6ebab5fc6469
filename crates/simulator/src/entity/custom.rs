//! Custom fields: one value, three ways to write it down, and the definitions that the field API gives.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Object, decimal};

/// A custom field of the account; `key` is Pipedrive's 40-digit hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    pub key: &'static str,
    pub name: &'static str,
    /// Pipedrive's word for its kind.
    pub kind: &'static str,
    /// Options of a single-option field: id and label.
    pub options: &'static [(u64, &'static str)],
}

/// Where a deal came from, as text.
pub const MARKETING_SOURCE: Field = text("5f0c1d2e3a4b5c6d7e8f90a1b2c3d4e5f6071829", "Marketing source");
/// The campaign that brought a deal, as text.
pub const MARKETING_CAMPAIGN: Field = text("6a1b2c3d4e5f60718293a4b5c6d7e8f901a2b3c4", "Marketing campaign");
/// A contact's position in their organization.
pub const POSITION: Field = text("7b2c3d4e5f60718293a4b5c6d7e8f901a2b3c4d5", "Position");
/// One-time fee of a deal, in the deal's currency.
pub const SETUP_FEE: Field = Field {
    key: "8c3d4e5f60718293a4b5c6d7e8f901a2b3c4d5e6",
    name: "Setup fee",
    kind: "monetary",
    options: &[],
};
/// What a deal is about.
pub const PRODUCT_LINE: Field = Field {
    key: "9d4e5f60718293a4b5c6d7e8f901a2b3c4d5e6f7",
    name: "Product line",
    kind: "enum",
    options: &[
        (31, "Starter"),
        (32, "Professional"),
        (33, "Enterprise"),
        (34, "Services"),
    ],
};

/// Custom fields of deals; leads inherit them.
pub const OF_DEALS: &[Field] = &[MARKETING_SOURCE, MARKETING_CAMPAIGN, SETUP_FEE, PRODUCT_LINE];
/// Custom fields of persons.
pub const OF_PERSONS: &[Field] = &[POSITION];

const fn text(key: &'static str, name: &'static str) -> Field {
    Field {
        key,
        name,
        kind: "varchar",
        options: &[],
    }
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    Empty,
    Text(String),
    Choice(u64),
    Money(Decimal, &'static str),
}

/// Flat keys with suffixes beside them, as webhooks v1 have them; option ids are text there.
pub(crate) fn v1(fields: &[(Field, Held)], into: &mut Object) {
    for (field, held) in fields {
        let value = match held {
            Held::Empty => Value::Null,
            Held::Text(text) => json!(text),
            Held::Choice(id) => json!(id.to_string()),
            Held::Money(amount, _) => decimal(*amount),
        };
        into.insert(field.key.to_owned(), value);
        if field.kind == "monetary" {
            let currency = if let Held::Money(_, currency) = held {
                json!(currency)
            } else {
                Value::Null
            };
            into.insert(format!("{}_currency", field.key), currency);
        }
    }
}

/// A map of typed objects, as webhooks v2 have it.
pub(crate) fn v2(fields: &[(Field, Held)]) -> Value {
    written(fields, |field, held| match held {
        Held::Empty => Value::Null,
        Held::Text(text) => json!({"type": field.kind, "value": text}),
        Held::Choice(id) => json!({"type": field.kind, "id": id}),
        Held::Money(amount, currency) => {
            json!({"type": field.kind, "value": decimal(*amount), "currency": currency})
        }
    })
}

/// A map of plain values, as REST v2 has it.
pub(crate) fn rest(fields: &[(Field, Held)]) -> Value {
    written(fields, |_, held| match held {
        Held::Empty => Value::Null,
        Held::Text(text) => json!(text),
        Held::Choice(id) => json!(id),
        Held::Money(amount, currency) => json!({"value": decimal(*amount), "currency": currency}),
    })
}

fn written(fields: &[(Field, Held)], value: impl Fn(&Field, &Held) -> Value) -> Value {
    fields
        .iter()
        .map(|(field, held)| (field.key.to_owned(), value(field, held)))
        .collect::<Object>()
        .into()
}
