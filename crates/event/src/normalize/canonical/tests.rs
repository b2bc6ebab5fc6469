//! One canonical state from the shapes that two versions and ten years have.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const FIELD: &str = "798ef0bf10244891b57b86a25c51db81ab1f9ab6";

fn settled(object: &str, state: Value) -> Value {
    let Value::Object(map) = state else {
        panic!("state is no object")
    };
    Value::Object(canonical(&Object::from(object), map).to_map())
}

#[test]
fn v1_names_become_those_of_v2() {
    let deal = settled("deal", json!({"user_id": 4, "label": 3, "owner_name": "Ada"}));
    assert_eq!(
        deal,
        json!({"owner_id": 4, "label_ids": [3], "owner_name": "Ada"})
    );
    let activity = settled("activity", json!({"user_id": 4, "label": 3}));
    assert_eq!(activity, json!({"owner_id": 4, "label": 3}));
    let organization = settled("organization", json!({"label": "5,6", "user_id": 1}));
    assert_eq!(organization, json!({"label_ids": [5, 6], "user_id": 1}));
    assert_eq!(settled("note", json!({"user_id": 4})), json!({"user_id": 4}));
}

#[test]
fn the_newer_name_wins_where_both_came() {
    let deal = settled(
        "deal",
        json!({"user_id": 4, "owner_id": 5, "label": 1, "label_ids": [2]}),
    );
    assert_eq!(
        deal,
        json!({"user_id": 4, "owner_id": 5, "label": 1, "label_ids": [2]})
    );
}

#[test]
fn an_object_that_stands_for_an_id_becomes_the_id_and_leaves_its_name() {
    let deal = json!({
        "user_id": {"id": 7, "name": "Ada", "value": 9},
        "person_id": {"value": 8, "name": "Bo", "email": []},
        "org_id": {"id": 3},
        "stage_id": "12",
        "creator_user_id": {"name": "nobody"},
    });
    let settled = settled("deal", deal);
    assert_eq!(settled["owner_id"], json!(7));
    assert_eq!(settled["owner_name"], json!("Ada"));
    assert_eq!(settled["person_id"], json!(8));
    assert_eq!(settled["person_name"], json!("Bo"));
    assert_eq!(settled["org_id"], json!(3));
    assert_eq!(settled.get("org_name"), None);
    assert_eq!(settled["stage_id"], json!(12));
    assert_eq!(settled["creator_user_id"], json!({"name": "nobody"}));
}

#[test]
fn a_name_that_came_is_not_replaced() {
    let state = json!({"person_id": {"id": 8, "name": "Bo"}, "person_name": "Bodil"});
    assert_eq!(
        settled("deal", state),
        json!({"person_id": 8, "person_name": "Bodil"})
    );
}

#[test]
fn contact_points_become_a_list() {
    let plain = settled("person", json!({"email": "a@example.com", "phone": null}));
    assert_eq!(
        plain,
        json!({"emails": [{"value": "a@example.com", "primary": true}], "phones": []})
    );
    let list = json!([{"label": "work", "value": "1", "primary": false}, "2", "", 3]);
    let expected =
        json!([{"label": "work", "value": "1", "primary": false}, {"value": "2", "primary": false}]);
    assert_eq!(settled("person", json!({"phone": list}))["phones"], expected);
    assert_eq!(
        settled("user", json!({"email": "a@example.com"})),
        json!({"email": "a@example.com"})
    );
}

#[test]
fn labels_become_a_list() {
    for (given, expected) in [
        (json!(null), json!([])),
        (json!(5), json!([5])),
        (json!("5"), json!([5])),
        (json!("5, 6,"), json!([5, 6])),
        (
            json!([5, "134b4de7-dcbc-46ae-b8f2-2eb328eebfe8"]),
            json!([5, "134b4de7-dcbc-46ae-b8f2-2eb328eebfe8"]),
        ),
    ] {
        assert_eq!(settled("person", json!({"label": given}))["label_ids"], expected);
    }
}

#[test]
fn times_become_rfc_3339_and_nothing_else_does() {
    let state = json!({
        "add_time": "2018-07-10 15:04:54", "won_time": "0000-00-00 00:00:00", "marked_as_done_time": "",
        "due_time": "16:00", "expected_close_date": "2018-07-10", "next_activity_date": "0000-00-00",
        "last_login": "2018-07-10 15:04:54", "created": "2018-07-10 15:04:54", "modified": "2018-07-10 15:04:54",
        "title": "2018-07-10 15:04:54", "lost_reason": "", "update_time": "2018-07-10T15:04:54Z",
        "due_date": "2018-07-10 15:04:54",
    });
    let expected = json!({
        "add_time": "2018-07-10T15:04:54Z", "won_time": null, "marked_as_done_time": null,
        "due_time": "16:00", "expected_close_date": "2018-07-10", "next_activity_date": null,
        "last_login": "2018-07-10T15:04:54Z", "created": "2018-07-10T15:04:54Z", "modified": "2018-07-10T15:04:54Z",
        "title": "2018-07-10 15:04:54", "lost_reason": "", "update_time": "2018-07-10T15:04:54Z",
        "due_date": "2018-07-10 15:04:54",
    });
    assert_eq!(settled("user", state), expected);
}

#[test]
fn custom_fields_of_v1_are_gathered_with_their_parts() {
    let mut state = Map::new();
    state.insert(FIELD.to_owned(), json!(75.50));
    state.insert(format!("{FIELD}_currency"), json!("EUR"));
    state.insert(format!("{FIELD}_until"), json!(null));
    state.insert(format!("{}7", &FIELD[..39]), json!("plain"));
    state.insert(FIELD[..39].to_owned(), json!("too short"));
    state.insert(format!("{FIELD}x"), json!("too long"));
    state.insert(format!("{FIELD}_"), json!("no suffix"));
    let settled = canonical(&Object::Deal, state);
    let fields = settled.get("custom_fields").unwrap();
    assert_eq!(fields[FIELD], json!({"value": 75.50, "currency": "EUR"}));
    assert_eq!(fields[format!("{}7", &FIELD[..39])], json!("plain"));
    assert_eq!(fields.as_object().unwrap().len(), 2);
    assert_eq!(settled.to_map().len(), 4);
}

#[test]
fn parts_of_an_empty_field_stand_alone() {
    let mut state = Map::new();
    state.insert(format!("{FIELD}_locality"), json!("Tallinn"));
    state.insert(format!("{FIELD}_country"), json!("Estonia"));
    let settled = canonical(&Object::Deal, state);
    let expected = json!({FIELD: {"value": null, "locality": "Tallinn", "country": "Estonia"}});
    assert_eq!(settled.get("custom_fields").unwrap(), &expected);
}

#[test]
fn typed_custom_fields_of_v2_lose_their_type() {
    for (typed, expected) in [
        (json!({"type": "varchar", "value": "x"}), json!("x")),
        (
            json!({"type": "monetary", "value": 200, "currency": "EUR"}),
            json!({"value": 200, "currency": "EUR"}),
        ),
        (json!({"type": "enum", "id": 5}), json!(5)),
        (
            json!({"type": "set", "values": [{"id": 1}, {"id": 2}, 3, {"x": 1}]}),
            json!([1, 2, 3, {"x": 1}]),
        ),
        (
            json!({"type": "daterange", "from": "a", "until": "b"}),
            json!({"value": "a", "until": "b"}),
        ),
        (
            json!({"type": "time", "value": "01:00:00", "timezone_id": 3}),
            json!({"value": "01:00:00", "timezone_id": 3}),
        ),
        (
            json!({"value": 5, "currency": "EUR"}),
            json!({"value": 5, "currency": "EUR"}),
        ),
        (json!({"type": 5, "value": 1}), json!({"type": 5, "value": 1})),
        (json!(null), json!(null)),
        (json!("plain"), json!("plain")),
    ] {
        let settled = settled("deal", json!({"custom_fields": {FIELD: typed}}));
        assert_eq!(settled["custom_fields"][FIELD], expected);
    }
}

#[test]
fn empty_and_odd_custom_fields_stay() {
    assert_eq!(
        settled("deal", json!({"custom_fields": {}})),
        json!({"custom_fields": {}})
    );
    assert_eq!(settled("deal", json!({"id": 1})), json!({"id": 1}));
    assert_eq!(
        settled("deal", json!({"custom_fields": 5})),
        json!({"custom_fields": 5})
    );
}

proptest! {
    #[test]
    fn doing_it_twice_changes_nothing(
        id in prop_oneof![Just(json!(null)), Just(json!("5")), Just(json!({"id": 5, "name": "n"})), Just(json!([5]))],
        label in prop_oneof![Just(json!(null)), Just(json!("5,6")), Just(json!([1, "x"])), Just(json!({"id": 4}))],
        text in ".*",
        custom in prop_oneof![Just(json!({"type": "enum", "id": 5})), Just(json!({"type": "daterange", "from": 1, "until": 2}))],
    ) {
        let state = json!({
            "id": id, "user_id": id, "person_id": id, "label": label, "email": text, "phone": [text], "add_time": text,
            FIELD: text, format!("{FIELD}_currency"): text, "custom_fields": {"1111111111111111111111111111111111111111": custom},
        });
        for object in ["deal", "person", "organization", "lead", "activity", "user", "note"] {
            let once = settled(object, state.clone());
            prop_assert_eq!(settled(object, once.clone()), once);
        }
    }
}
