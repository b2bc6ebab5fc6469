//! One value of a custom field, three ways to write it down.

use serde_json::{Value, json};

use super::{Entry, Held, Kind};
use crate::entity::organization::Address;
use crate::entity::{Object, decimal, object};

/// The time zone of this account: Pipedrive's number for it, and its name.
const ZONE: (u64, &str) = (310, "Europe/Berlin");

/// Parts of an address that v1 writes beside it.
const ADDRESS_PARTS: &[&str] = &[
    "subpremise",
    "street_number",
    "route",
    "sublocality",
    "locality",
    "admin_area_level_1",
    "admin_area_level_2",
    "country",
    "postal_code",
    "formatted_address",
];

/// Flat keys with suffixes beside them, as webhooks v1 have them; option ids are text there.
pub(crate) fn v1(entries: &[Entry<'_>], into: &mut Object) {
    for entry in entries {
        into.insert(entry.key.to_owned(), v1_value(&entry.held));
        for (suffix, value) in beside(entry) {
            into.insert(format!("{}_{suffix}", entry.key), value);
        }
    }
}

fn v1_value(held: &Held) -> Value {
    match held {
        Held::Empty => Value::Null,
        Held::Text(text) | Held::Time(text) | Held::Span(text, _) => json!(text),
        Held::Number(number) | Held::Money(number, _) => decimal(*number),
        Held::Choice(id) => json!(id.to_string()),
        Held::Choices(ids) => json!(ids.iter().map(u64::to_string).collect::<Vec<_>>().join(",")),
        Held::Points(id) => json!(id),
        Held::Place(address) => json!(address.line()),
    }
}

/// What v1 writes under the key with a suffix: there also where the field is empty.
fn beside(entry: &Entry<'_>) -> Vec<(&'static str, Value)> {
    let is_empty = entry.held == Held::Empty;
    let until = match &entry.held {
        Held::Span(_, until) => json!(until),
        _ => Value::Null,
    };
    let zone = if is_empty { Value::Null } else { json!(ZONE.0) };
    match entry.kind {
        Kind::Monetary => {
            let currency = match &entry.held {
                Held::Money(_, currency) => json!(currency),
                _ => Value::Null,
            };
            vec![("currency", currency)]
        }
        Kind::DateRange => vec![("until", until)],
        Kind::Time => vec![("timezone_id", zone)],
        Kind::TimeRange => vec![("until", until), ("timezone_id", zone)],
        Kind::Address => {
            let parts = match &entry.held {
                Held::Place(address) => Value::Object(whole(address)),
                _ => Value::Null,
            };
            let part = |name: &&'static str| (*name, parts.get(*name).cloned().unwrap_or(Value::Null));
            let place = [("lat", Value::Null), ("long", Value::Null)];
            place.into_iter().chain(ADDRESS_PARTS.iter().map(part)).collect()
        }
        _ => Vec::new(),
    }
}

/// A map of typed objects, as webhooks v2 have it.
pub(crate) fn v2(entries: &[Entry<'_>]) -> Value {
    written(entries, |entry| {
        let kind = entry.kind.as_str();
        match &entry.held {
            Held::Empty => Value::Null,
            Held::Text(text) => json!({"type": kind, "value": text}),
            Held::Number(number) => json!({"type": kind, "value": decimal(*number)}),
            Held::Money(amount, currency) => {
                json!({"type": kind, "value": decimal(*amount), "currency": currency})
            }
            Held::Choice(id) | Held::Points(id) => json!({"type": kind, "id": id}),
            Held::Choices(ids) => {
                let ids: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
                json!({"type": kind, "values": ids})
            }
            Held::Time(time) => json!({"type": kind, "value": time, "timezone_id": ZONE.0}),
            Held::Span(from, until) if entry.kind == Kind::TimeRange => {
                json!({"type": kind, "from": from, "until": until, "timezone_id": ZONE.0})
            }
            Held::Span(from, until) => json!({"type": kind, "from": from, "until": until}),
            Held::Place(address) => {
                let mut parts = whole(address);
                parts.insert("type".to_owned(), json!(kind));
                Value::Object(parts)
            }
        }
    })
}

/// An address in a custom field also says how it is written on an envelope.
fn whole(address: &Address) -> Object {
    let mut parts = object(address.parts());
    parts.insert("formatted_address".to_owned(), json!(address.line()));
    parts
}

/// A map of plain values, as REST v2 has it.
pub(crate) fn rest(entries: &[Entry<'_>]) -> Value {
    written(entries, |entry| match &entry.held {
        Held::Empty => Value::Null,
        Held::Text(text) => json!(text),
        Held::Number(number) => decimal(*number),
        Held::Money(amount, currency) => json!({"value": decimal(*amount), "currency": currency}),
        Held::Choice(id) | Held::Points(id) => json!(id),
        Held::Choices(ids) => json!(ids),
        Held::Time(time) => json!({"value": time, "timezone_id": ZONE.0, "timezone_name": ZONE.1}),
        Held::Span(from, until) if entry.kind == Kind::TimeRange => {
            json!({"value": from, "until": until, "timezone_id": ZONE.0, "timezone_name": ZONE.1})
        }
        Held::Span(from, until) => json!({"value": from, "until": until}),
        Held::Place(address) => Value::Object(whole(address)),
    })
}

fn written(entries: &[Entry<'_>], value: impl Fn(&Entry<'_>) -> Value) -> Value {
    entries
        .iter()
        .map(|entry| (entry.key.to_owned(), value(entry)))
        .collect::<Object>()
        .into()
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;

    const KEY: &str = "000000000000000000000000000000000000000a";

    fn three(kind: Kind, held: Held) -> (Object, Value, Value) {
        let entries = [Entry { key: KEY, kind, held }];
        let mut flat = Object::new();
        v1(&entries, &mut flat);
        let at = |map: Value| map.get(KEY).cloned().unwrap_or_default();
        (flat, at(v2(&entries)), at(rest(&entries)))
    }

    #[test]
    fn options_are_text_then_objects_then_numbers() {
        let (flat, typed, plain) = three(Kind::Set, Held::Choices(vec![13, 14]));
        assert_eq!(flat.get(KEY), Some(&json!("13,14")));
        assert_eq!(typed, json!({"type": "set", "values": [{"id": 13}, {"id": 14}]}));
        assert_eq!(plain, json!([13, 14]));
        let (flat, typed, plain) = three(Kind::Enum, Held::Choice(17));
        assert_eq!((flat.get(KEY), &plain), (Some(&json!("17")), &json!(17)));
        assert_eq!(typed, json!({"type": "enum", "id": 17}));
    }

    #[test]
    fn what_has_two_sides_has_a_suffix_in_v1() {
        let span = || Held::Span("08:00:00".to_owned(), "17:30:00".to_owned());
        let (flat, typed, plain) = three(Kind::TimeRange, span());
        assert_eq!(flat.get(&format!("{KEY}_until")), Some(&json!("17:30:00")));
        assert_eq!(flat.get(&format!("{KEY}_timezone_id")), Some(&json!(310)));
        let expected =
            json!({"type": "timerange", "from": "08:00:00", "until": "17:30:00", "timezone_id": 310});
        assert_eq!(typed, expected);
        assert_eq!(plain.get("value"), Some(&json!("08:00:00")));
        let (flat, typed, _) = three(Kind::Monetary, Held::Money(Decimal::new(1_250, 1), "EUR"));
        assert_eq!(flat.get(&format!("{KEY}_currency")), Some(&json!("EUR")));
        assert_eq!(typed.get("value").map(Value::to_string).as_deref(), Some("125"));
    }

    #[test]
    fn an_empty_field_is_null_in_every_form() {
        for kind in Kind::ALL {
            let (flat, typed, plain) = three(kind, Held::Empty);
            assert!(flat.values().all(Value::is_null) && typed.is_null() && plain.is_null());
        }
        let (flat, _, _) = three(Kind::Address, Held::Empty);
        assert_eq!(flat.len(), 13);
    }
}
