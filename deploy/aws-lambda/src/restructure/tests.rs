//! Events that come in any shape.
#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;

fn restructured(shape: &Shape, event: &Value) -> (Option<Value>, Vec<String>) {
    let mut left_out = LeftOut::default();
    let event = event.as_object().unwrap().clone();
    let flat = shape.restructure(event, &mut left_out).map(Value::Object);
    (flat, left_out.into_names())
}

#[test]
fn a_flat_event_stays_as_it_is() {
    let event = json!({
        "event_uuid": "8f1c", "deal_value": 22944, "deal_custom_anything": ["a", 1, true],
        "email_validation_sources_1_domain": "example.com", "event_permitted_user_ids": [],
    });
    assert_eq!(restructured(&Shape::default(), &event), (Some(event), vec![]));
}

#[test]
fn digits_of_numbers_are_kept() {
    let text = r#"{"deal_value":12345678901234567.8900}"#;
    let event: Value = serde_json::from_str(text).unwrap();
    let (flat, _) = restructured(&Shape::default(), &event);
    assert_eq!(flat.unwrap().to_string(), text);
}

#[test]
fn what_no_flat_event_has_is_left_out_and_named() {
    let event = json!({
        "event_id": 7, "client_id": "x", "deal": { "value": 1 }, "deal_label": [["nested"]], "deal_title": null,
        "email_validation_sources_99_domain": "x",
    });
    let (flat, left_out) = restructured(&Shape::default(), &event);
    assert_eq!(flat, Some(json!({ "event_id": 7 })));
    assert_eq!(
        left_out,
        [
            "client_id",
            "deal",
            "deal_label",
            "email_validation_sources_99_domain"
        ]
    );
}

#[test]
fn a_renamed_key_wins_over_one_of_that_name_and_a_constant_over_both() {
    let shape = Shape {
        rename: [("value", "deal_value"), ("who", "event_host")]
            .map(|(from, to)| (from.to_owned(), to.to_owned()))
            .into(),
        constants: [("event_host".to_owned(), json!("acme"))].into(),
    };
    let event = json!({ "value": 2, "deal_value": 1, "who": "x" });
    let (flat, left_out) = restructured(&shape, &event);
    assert_eq!(flat, Some(json!({ "deal_value": 2, "event_host": "acme" })));
    assert!(left_out.is_empty());
}

#[test]
fn constants_alone_are_no_event() {
    let shape = Shape {
        constants: [("event_host".to_owned(), json!("acme"))].into(),
        ..Shape::default()
    };
    assert_eq!(restructured(&shape, &json!({ "foo": 1 })).0, None);
    assert_eq!(restructured(&shape, &json!({})).0, None);
}

#[test]
fn no_more_names_are_told_than_can_be_read() {
    let event: Map<String, Value> = (0..100)
        .map(|n| (format!("x{n}{}", "y".repeat(500)), json!(1)))
        .collect();
    let (_, left_out) = restructured(&Shape::default(), &Value::Object(event));
    assert_eq!(left_out.len(), NAMED_MAX);
    assert!(left_out.iter().all(|name| name.len() == NAME_CHARS_MAX));
}
