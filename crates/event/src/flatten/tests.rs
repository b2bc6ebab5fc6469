//! The golden flat event of the founding document, and what no flat event may hold.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::needless_pass_by_value)]

mod properties;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use super::*;
use crate::enriched::{Additions, compose};
use crate::{Change, Headers, Kind};

fn fixture(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
        .with_extension("json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn of(request: Value) -> Map {
    flatten(&json!({"request": request})).unwrap()
}

fn deal(current: Value) -> Value {
    json!({"v": 2, "meta": {"object": "deal", "action": "updated", "id": 31}, "current": current})
}

/// The article's nested example, mended, with its own values for what it lacks, gives its flat one.
#[test]
fn the_article_s_example_becomes_the_article_s_flat_event() {
    let flat = flatten(&fixture("article/nested")).unwrap();
    let Value::Object(expected) = fixture("article/flat") else {
        panic!("the flat example is an object")
    };
    for (key, value) in &expected {
        assert_eq!(flat.get(key), Some(value), "{key}");
    }
    let further: BTreeSet<&str> = flat
        .keys()
        .map(String::as_str)
        .filter(|key| !expected.contains_key(*key))
        .collect();
    let listed = [
        "event_uuid",
        "event_ver",
        "event_revision",
        "event_name",
        "event_company_id",
        "event_host",
        "event_webhook_id",
        "event_webhook_version",
        "event_source",
        "event_received_at",
        "event_enriched_at",
        "deal_id",
        "deal_stage_id",
        "deal_stage_order",
    ];
    // `probability` is null in the example and falls out.
    assert_eq!(further, BTreeSet::from(listed));
    assert_eq!(flat[key::EVENT_NAME], json!("pipedrive_deal_updated"));
    assert_eq!(flat["deal_id"], json!(12_044));
    assert!(is_flat(&flat));
}

#[test]
fn every_field_reaches_its_key() {
    for object in [
        "deal",
        "lead",
        "activity",
        "note",
        "product",
        "user",
        "stage",
        "pipeline",
        "person",
        "organization",
    ] {
        let own = Own::of(&Object::from(object)).unwrap();
        let mut request =
            json!({"meta": {"object": object, "action": "updated", "id": 5}, "current": {}, "previous": {}});
        let mut expected = BTreeSet::new();
        for field in FIELDS {
            let part = match field.place {
                Place::Request => "",
                Place::Meta => "/meta",
                Place::State(other) if other == own => "/current",
                Place::Previous(other) if other == own => "/previous",
                Place::Contact => "/personal_properties",
                Place::Organization => "/organization_properties",
                Place::Marketing => "/marketing",
                Place::Metrics => "/metrics",
                Place::EmailValidation => "/email_validation",
                Place::Made | Place::State(_) | Place::Previous(_) => continue,
            };
            set(
                &mut request,
                &format!("{part}/{}", field.key.replace('.', "/")),
                field,
            );
            expected.insert(field.name);
        }
        let flat = flatten(&json!({"request": request})).unwrap();
        for name in expected {
            assert!(flat.contains_key(name), "{object}: {name}");
        }
        if let Some(id) = key::own_id(own) {
            assert_eq!(flat[id], json!(5), "{object}");
        }
        assert_eq!(flat["event_name"], json!(format!("pipedrive_{object}_updated")));
        for name in flat.keys() {
            assert!(flat::kind_of(name).is_some(), "{name} is not in the catalogue");
        }
    }
}

/// Writes a value of the field's kind; `meta`'s own keys stay as they are.
fn set(request: &mut Value, pointer: &str, field: &Field) {
    let value = match field.kind {
        FieldKind::Integer | FieldKind::IntegerOrText | FieldKind::Decimal => json!(7),
        FieldKind::Boolean => json!(true),
        FieldKind::Integers | FieldKind::Texts => json!(["x"]),
        _ => json!(if pointer.starts_with("/previous") {
            "before"
        } else {
            "text"
        }),
    };
    let mut at = request;
    let mut parts = pointer.trim_start_matches('/').split('/').peekable();
    while let Some(part) = parts.next() {
        let map = at.as_object_mut().unwrap();
        if parts.peek().is_none() {
            // The previous number must differ to be told.
            map.entry(part).or_insert_with(|| {
                if pointer.starts_with("/previous") && value.is_number() {
                    json!(6)
                } else {
                    value.clone()
                }
            });
            return;
        }
        at = map.entry(part).or_insert_with(|| json!({}));
    }
}

#[test]
fn what_has_no_value_is_left_out() {
    let flat = of(deal(
        json!({"title": null, "won_time": "", "value": "", "status": "", "lost_reason": ""}),
    ));
    let names: Vec<_> = flat.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "deal_id",
            "deal_lost_reason",
            "deal_status",
            "event_action",
            "event_id",
            "event_name",
            "event_object",
            "event_webhook_version"
        ]
    );
}

#[test]
fn an_unknown_key_of_the_state_stays_out() {
    let flat = of(deal(
        json!({"renewal_type": "one_time", "custom_fields": {"a": 1}, "notes": {"deep": [1]}}),
    ));
    assert!(flat.keys().all(|key| flat::kind_of(key).is_some()));
    assert_eq!(flat.len(), 6);
}

#[test]
fn texts_of_numbers_become_numbers_and_nothing_is_guessed() {
    let flat = of(deal(
        json!({"value": "100.50", "stage_id": "4", "owner_id": "Ada", "title": 7, "is_archived": 1, "probability": true}),
    ));
    assert_eq!(flat["deal_value"].to_string(), "100.50");
    assert_eq!(flat["deal_stage_id"], json!(4));
    assert_eq!(flat["deal_owner_id"], json!("Ada"));
    assert_eq!(flat["deal_title"], json!("7"));
    assert_eq!(flat["deal_is_archived"], json!(true));
    assert_eq!(flat["deal_probability"], json!(true));
    let other = of(deal(json!({"value": "ten", "is_archived": 0, "title": false})));
    assert_eq!(
        (&other["deal_value"], &other["deal_is_archived"]),
        (&json!("ten"), &json!(false))
    );
    assert_eq!(other["deal_title"], json!(false));
    let odd = of(deal(json!({"is_archived": 2})));
    assert_eq!(odd["deal_is_archived"], json!(2));
}

#[test]
fn something_nested_where_a_scalar_belongs_is_an_error() {
    for (current, name) in [
        (json!({"title": {"a": 1}}), "deal_title"),
        (json!({"label_ids": [1, [2]]}), "deal_label"),
        (json!({"label_ids": [{}]}), "deal_label"),
    ] {
        let error = flatten(&json!({"request": deal(current)})).unwrap_err();
        assert_eq!(error, FlattenError::Nested(name.to_owned()));
        assert_eq!(error.code(), "nested");
    }
}

#[test]
fn lists_keep_their_scalars_without_nulls() {
    let mut request = deal(json!({}));
    request["meta"]["missing"] = json!(["contact", null, true]);
    assert_eq!(of(request)["event_missing"], json!(["contact", true]));
    assert_eq!(of(deal(json!({"label_ids": []})))["deal_label"], json!([]));
}

#[test]
fn labels_are_told_by_name_and_by_id_where_nobody_knows_it() {
    let ids = json!([24, null, "x"]);
    for (state, expected) in [
        (json!({"label_ids": ids}), json!(["24", "x"])),
        (json!({"label_ids": ids, "label_names": null}), json!(["24", "x"])),
        (
            json!({"label_ids": ids, "label_names": ["Hot", "x"]}),
            json!(["Hot", "x"]),
        ),
    ] {
        let mut request = deal(state);
        assert_eq!(of(request.clone())["deal_label"], expected);
        request["meta"]["object"] = json!("lead");
        assert_eq!(of(request.clone())["lead_label"], expected);
        request["meta"]["object"] = json!("person");
        assert!(!of(request).keys().any(|key| key.ends_with("_label")));
    }
}

#[test]
fn what_is_no_enriched_event_is_named() {
    for (value, lacks) in [
        (json!({}), "request"),
        (json!({"request": {}}), "request.meta"),
        (
            json!({"request": {"meta": {"action": "updated"}}}),
            "request.meta.object",
        ),
        (
            json!({"request": {"meta": {"object": "deal"}}}),
            "request.meta.action",
        ),
    ] {
        let error = flatten(&value).unwrap_err();
        assert_eq!(error, FlattenError::Missing(lacks));
        assert_eq!(error.code(), "not_enriched");
    }
}

#[test]
fn a_deleted_deal_speaks_of_its_last_state() {
    let mut request = json!({"meta": {"object": "deal", "action": "deleted", "id": 31, "merged_to_id": 30}, "current": null, "previous": {"value": 5, "stage_id": 2}});
    let flat = of(request.clone());
    assert_eq!(
        (&flat["deal_value"], &flat["deal_stage_id"]),
        (&json!(5), &json!(2))
    );
    assert_eq!(flat["event_merged_into"], json!(30));
    assert!(!flat.keys().any(|key| key.starts_with("deal_prev")));
    request["meta"]["action"] = json!("updated");
    assert!(!of(request).contains_key("deal_value"));
}

#[test]
fn only_what_changed_is_previous() {
    let mut request = deal(json!({"value": 5, "stage_id": 2, "status": "open", "stage_name": "Offer"}));
    request["previous"] = json!({"value": 4, "stage_id": 2, "status": null, "stage_name": "Lead"});
    let flat = of(request.clone());
    assert_eq!(
        (&flat["deal_prev_value"], &flat["deal_prev_stage"]),
        (&json!(4), &json!("Lead"))
    );
    assert!(!flat.contains_key("deal_prev_stage_id") && !flat.contains_key("deal_prev_status"));
    request["meta"]["object"] = json!("product");
    assert!(!of(request).keys().any(|key| key.starts_with("deal_")));
}

#[test]
fn a_deal_that_is_won_no_more_says_when_it_had_been() {
    let mut request = deal(json!({"status": "open", "won_time": null}));
    request["previous"] = json!({"status": "won", "won_time": "2026-02-03T10:20:30Z"});
    let flat = of(request);
    assert_eq!(flat["deal_prev_won_time"], json!("2026-02-03T10:20:30Z"));
    assert!(!flat.contains_key("deal_won_time"));
}

#[test]
fn everyone_or_some_may_see_it() {
    let mut request = deal(json!({}));
    request["meta"]["permitted_user_ids"] = json!([3, "4", "x"]);
    assert_eq!(of(request.clone())["event_permitted_user_ids"], json!([3, 4]));
    request["meta"]["permitted_user_ids"] = json!(["*"]);
    let flat = of(request);
    assert_eq!(flat["event_permitted_everyone"], json!(true));
    assert!(!flat.contains_key("event_permitted_user_ids"));
}

#[test]
fn a_phone_number_is_e164_and_its_raw_text_is_kept_where_it_differs() {
    let phone = |raw: &str| {
        let mut request = deal(json!({}));
        request["personal_properties"] = json!({"phone_number": raw});
        let flat = of(request);
        let text = |key: &str| flat.get(key).map(|value| value.as_str().unwrap().to_owned());
        (text("contact_phone_number"), text("contact_phone_raw"))
    };
    assert_eq!(phone("+1234567890"), (Some("+1234567890".into()), None));
    assert_eq!(
        phone("+1 (234) 567-890"),
        (Some("+1234567890".into()), Some("+1 (234) 567-890".into()))
    );
    assert_eq!(phone("567 890"), (None, Some("567 890".into())));
    assert_eq!(phone(" "), (None, None));
}

#[test]
fn sources_are_numbered_and_at_most_twenty() {
    let mut request = deal(json!({}));
    let source = json!({"domain": "example.com", "uri": null, "still_on_page": true, "other": 1});
    request["email_validation"] =
        json!({"status": "valid", "score_value": "91", "sources": vec![source; 21]});
    let flat = of(request.clone());
    assert_eq!(flat["email_validation_sources_20_domain"], json!("example.com"));
    assert!(!flat.contains_key("email_validation_sources_21_domain"));
    assert!(
        !flat.contains_key("email_validation_sources_1_uri")
            && !flat.contains_key("email_validation_sources_1_other")
    );
    assert_eq!(flat["email_validation_score_value"], json!(91));
    assert_eq!(flat.keys().filter(|key| key.contains("_sources_")).count(), 40);
    request["email_validation"]["sources"] = json!([{"domain": {}}]);
    let error = flatten(&json!({"request": request})).unwrap_err();
    assert_eq!(
        error,
        FlattenError::Nested("email_validation_sources_1_domain".into())
    );
}

#[test]
fn named_custom_fields_have_a_key_for_each_part() {
    let fields = json!({
        "Budget": {"value": 20.50, "currency": "EUR"}, "Term": {"value": "2026-01-01", "until": "2026-02-01"},
        "Colour": {"id": 3, "label": "blue"}, "Sizes": [{"id": 1, "label": "S"}, {"id": 2, "label": "M"}, 3], "Empty": null, "Note": "",
    });
    let mut request = deal(json!({"custom_fields_by_name": fields}));
    request["personal_properties"] = json!({"custom_fields_by_name": {"Level": "A"}});
    request["organization_properties"] = json!({"custom_fields_by_name": {"Level": "B"}});
    let flat = of(request.clone());
    let custom: Map = flat
        .iter()
        .filter(|(key, _)| key.contains("_custom_"))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let expected = json!({
        "deal_custom_budget": 20.50, "deal_custom_budget_currency": "EUR", "deal_custom_term": "2026-01-01",
        "deal_custom_term_until": "2026-02-01", "deal_custom_colour": "blue", "deal_custom_sizes": ["S", "M", 3], "deal_custom_note": "",
        "contact_custom_level": "A", "organization_custom_level": "B",
    });
    assert_eq!(Value::Object(custom), expected);
    request["meta"]["object"] = json!("lead");
    assert!(of(request.clone()).contains_key("lead_custom_colour"));
    request["meta"]["object"] = json!("product");
    assert!(
        of(request)
            .keys()
            .filter(|key| key.contains("_custom_"))
            .all(|key| !key.contains("colour"))
    );
}

#[test]
fn two_fields_for_one_key_are_an_error() {
    for fields in [
        json!({"Budget": 1, "budget ": 2}),
        json!({"Budget": {"value": 1, "currency": "EUR"}, "Budget currency": "USD"}),
    ] {
        let error = flatten(&json!({"request": deal(json!({"custom_fields_by_name": fields}))})).unwrap_err();
        assert!(
            matches!(&error, FlattenError::Collision(key) if key.starts_with("deal_custom_budget")),
            "{error}"
        );
        assert_eq!(error.code(), "key_collision");
    }
    let nested = json!({"custom_fields_by_name": {"Budget": {"value": {"deep": 1}}}});
    assert_eq!(
        flatten(&json!({"request": deal(nested)})).unwrap_err(),
        FlattenError::Nested("deal_custom_budget".into())
    );
}

#[test]
fn flat_means_scalars_and_lists_of_scalars() {
    let flat = |value: Value| is_flat(value.as_object().unwrap());
    assert!(flat(json!({"a": 1, "b": "x", "c": true, "d": [1, "x"], "e": []})));
    for value in [
        json!({"a": null}),
        json!({"a": {}}),
        json!({"a": [null]}),
        json!({"a": [[1]]}),
        json!({"a": [{}]}),
    ] {
        assert!(!flat(value.clone()), "{value}");
    }
}

/// Whether a value is what the catalogue says of its key.
fn fits(kind: FieldKind, value: &Value) -> bool {
    let text = value.as_str();
    let integer = |value: &Value| value.is_u64() || value.is_i64();
    let all = |fits: &dyn Fn(&Value) -> bool| value.as_array().is_some_and(|items| items.iter().all(fits));
    match kind {
        FieldKind::Text | FieldKind::Any => value.is_string(),
        FieldKind::Uuid => text.is_some_and(|text| uuid::Uuid::try_parse(text).is_ok()),
        FieldKind::Digits => text.is_some_and(|text| text.bytes().all(|b| b.is_ascii_digit())),
        FieldKind::Integer => integer(value),
        FieldKind::IntegerOrText => integer(value) || value.is_string(),
        FieldKind::Decimal => value.is_number(),
        FieldKind::Boolean => value.is_boolean(),
        FieldKind::BooleanOrText => value.is_boolean() || value.is_string(),
        FieldKind::Integers => all(&integer),
        FieldKind::Texts => all(&Value::is_string),
        FieldKind::Time => {
            text.is_some_and(|text| text.contains('T') && crate::moment::parse(text).is_some())
        }
        FieldKind::Date => {
            text.is_some_and(|text| crate::moment::parse(&format!("{text}T00:00:00Z")).is_some())
        }
    }
}

/// Every fixture, and every recorded body where they are at hand, with nothing added.
#[test]
fn every_webhook_becomes_a_flat_event_of_the_catalogue_s_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["fixtures/v1", "fixtures/v2", "../../../shared/payloads"];
    let files = folders.iter().flat_map(|one| {
        walkdir::WalkDir::new(folder.join(one))
            .into_iter()
            .filter_map(Result::ok)
    });
    let mut count = 0;
    for file in files.filter(|file| file.path().extension().is_some_and(|ext| ext == "json")) {
        let change = Change::from_webhook(&std::fs::read(file.path()).unwrap()).unwrap();
        let headers = Headers::new(change.uuid, Kind::Webhook, "crm", 1_770_114_030_000_000);
        let event = compose(&change, &headers, &Additions::default(), 1_770_114_030_000_000);
        let flat = flatten(&serde_json::from_slice(&event).unwrap()).unwrap();
        for (name, value) in &flat {
            let kind = flat::kind_of(name).unwrap_or_else(|| panic!("{name} is not in the catalogue"));
            assert!(
                fits(kind, value),
                "{}: {name} is {value}, no {kind:?}",
                file.path().display()
            );
        }
        count += 1;
    }
    assert!(count >= 47, "{count}");
}
