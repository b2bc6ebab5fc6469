//! What of a flat event is worth a line: its name, its identity, what it is worth.

use serde_json::{Map, Value};

use super::taking::word_of;
use crate::deliveries::Item;

/// Objects that are worth something: `<object>_value`, in `<object>_currency`.
const WORTH: &[&str] = &["deal", "lead"];
/// Where an event's identity may stand, in this order.
const IDS: &[&str] = &["event_uuid", "unique_event_id", "event_id"];
/// Under which a batch may be.
const LISTS: &[&str] = &["events", "data", "records"];

/// One event, a list of them, or an object that holds a list.
pub(super) fn items(body: &Value) -> Vec<Item> {
    match body {
        Value::Array(events) => events.iter().map(item).collect(),
        Value::Object(map) => {
            let list = LISTS
                .iter()
                .find_map(|key| map.get(*key).and_then(Value::as_array));
            list.map_or_else(|| vec![item(body)], |events| events.iter().map(item).collect())
        }
        _ => vec![item(body)],
    }
}

fn item(event: &Value) -> Item {
    let keys = event.as_object();
    let of = |key: &str| keys.and_then(|keys| keys.get(key)).and_then(word_of);
    let (value, currency) = keys.map(worth).unwrap_or_default();
    Item {
        name: of("event_name"),
        id: IDS.iter().find_map(|key| of(key)),
        value,
        currency,
        sent: event.clone(),
    }
}

/// Value and currency, where the event has them.
pub(super) fn worth(event: &Map<String, Value>) -> (Option<String>, Option<String>) {
    let of = |key: String| event.get(&key).and_then(word_of);
    let worth = WORTH
        .iter()
        .map(|object| (of(format!("{object}_value")), of(format!("{object}_currency"))))
        .find(|(value, _)| value.is_some());
    worth.unwrap_or_else(|| (of("value".to_owned()), of("currency".to_owned())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_is_found_alone_and_in_a_batch() {
        let sent = r#"{"event_name": "n", "event_uuid": "u", "event_id": 7, "deal_value": 12.50, "deal_currency": "EUR"}"#;
        let event: Value = serde_json::from_str(sent).unwrap_or_default();
        for body in [event.clone(), json!([event]), json!({"events": [event]})] {
            let [item] = items(&body).try_into().unwrap_or_default();
            let told = [item.name, item.id, item.value, item.currency];
            assert_eq!(told, ["n", "u", "12.50", "EUR"].map(|word| Some(word.to_owned())));
        }
        assert_eq!(items(&json!([1, 2])).len(), 2);
    }
}
