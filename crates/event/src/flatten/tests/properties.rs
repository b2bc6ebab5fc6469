//! Whatever comes: flat or refused, in the catalogue, with the digits of its money.

use proptest::prelude::*;

use super::*;

/// Any JSON, at most three levels deep.
fn any_json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        "-?[1-9][0-9]{0,14}\\.[0-9]{1,6}".prop_map(|text| serde_json::from_str(&text).unwrap()),
        ".{0,12}".prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,8}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A webhook v2 of any known or unknown key with any value.
fn any_change() -> impl Strategy<Value = Change> {
    let keys: Vec<String> = FIELDS
        .iter()
        .map(|field| field.key.split('.').next().unwrap_or_default())
        .chain(["label_ids", "label_names"])
        .map(str::to_owned)
        .collect();
    let entries = prop::collection::vec((prop::sample::select(keys), any_json()), 0..30);
    let object = prop::sample::select(vec![
        "deal",
        "lead",
        "person",
        "organization",
        "activity",
        "note",
        "task",
    ]);
    (object, prop::sample::select(vec!["create", "change", "delete"]), entries).prop_map(|(object, action, entries)| {
        let state: Map = entries.into_iter().collect();
        let meta = json!({"version": "2.0", "action": action, "entity": object, "entity_id": "31", "company_id": "7", "timestamp": 1_770_114_030});
        let body = json!({"data": if action == "delete" { Value::Null } else { Value::Object(state.clone()) }, "previous": state, "meta": meta});
        Change::from_webhook(&serde_json::to_vec(&body).unwrap()).unwrap()
    })
}

proptest! {
    #[test]
    fn whatever_came_is_flat_or_refused_as_nested(change in any_change(), fields in any_json()) {
        let headers = Headers::new(change.uuid, Kind::Webhook, "crm", 1_770_114_030_000_000);
        let additions = Additions { custom_fields: fields.as_object().cloned(), ..Additions::default() };
        let event = compose(&change, &headers, &additions, 0);
        match flatten(&serde_json::from_slice(&event).unwrap()) {
            Ok(flat) => {
                prop_assert!(is_flat(&flat));
                for name in flat.keys() {
                    prop_assert!(flat::kind_of(name).is_some(), "{} is not in the catalogue", name);
                }
                prop_assert_eq!(&flat["event_uuid"], &json!(change.uuid.to_string()));
                prop_assert_eq!(&flat["event_ver"], &json!(change.ver.to_string()));
            }
            Err(FlattenError::Nested(_) | FlattenError::Collision(_)) => {}
            Err(other) => prop_assert!(false, "{}", other),
        }
    }

    #[test]
    fn digits_of_money_are_kept(digits in "-?(0|[1-9][0-9]{0,17})(\\.[0-9]{1,8})?", as_text in any::<bool>()) {
        let written = if as_text { format!("\"{digits}\"") } else { digits.clone() };
        let meta = r#"{"version":"2.0","action":"change","entity":"deal","entity_id":"1","company_id":"7","timestamp":1}"#;
        let body = format!(r#"{{"data":{{"value":{written}}},"previous":null,"meta":{meta}}}"#);
        let change = Change::from_webhook(body.as_bytes()).unwrap();
        let headers = Headers::new(change.uuid, Kind::Webhook, "crm", 0);
        let enriched = compose(&change, &headers, &Additions::default(), 0);
        let wire: Value = serde_json::from_slice(&enriched).unwrap();
        prop_assert_eq!(flatten(&wire).unwrap()["deal_value"].to_string(), digits);
    }
}
