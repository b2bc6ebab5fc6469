//! Custom fields: of every kind, in each of Pipedrive's three forms, and changed while the account runs.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use simulator::{Config, Webhooks};

use crate::api::{config, told, told_by};
use crate::receiver::{Receiver, Running, client};

const KINDS: usize = 16;

async fn send(running: &Running, method: &str, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}{path}", running.url);
    let request = match method {
        "POST" => client().post(url),
        _ => client().patch(url),
    };
    let answer = request.json(&body).send().await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

/// Code and kind of the custom fields that a sheet holds.
async fn every(running: &Running, collection: &str) -> Vec<(String, String)> {
    let (_, answer) = running.get(&format!("/api/v2/{collection}?limit=500")).await;
    let fields = answer["data"].as_array().unwrap().iter();
    let word = |field: &Value, key: &str| field[key].as_str().unwrap().to_owned();
    fields
        .filter(|field| field["is_custom_field"] == true)
        .map(|field| (word(field, "field_code"), word(field, "field_type")))
        .collect()
}

#[tokio::test]
async fn an_account_that_uses_everything_has_fields_of_every_kind() {
    let (running, states) = told_by(Config {
        everything: true,
        ..config()
    })
    .await;
    for (collection, object, path) in [
        ("dealFields", "deal", "/api/v2/deals"),
        ("personFields", "person", "/api/v2/persons"),
        ("organizationFields", "organization", "/api/v2/organizations"),
    ] {
        let fields = every(&running, collection).await;
        let kinds: BTreeSet<&str> = fields.iter().map(|(_, kind)| kind.as_str()).collect();
        assert_eq!(kinds.len(), KINDS, "{collection}");
        let mut seen = BTreeSet::new();
        for ((_, id), state) in states.iter().filter(|((of, _), _)| of == object) {
            let (code, rest) = running.get(&format!("{path}/{id}")).await;
            for (key, kind) in fields.iter().filter(|_| code == 200 && !state.is_null()) {
                let (typed, plain) = (&state["custom_fields"][key], &rest["data"]["custom_fields"][key]);
                assert_eq!(typed.is_null(), plain.is_null(), "{kind}");
                if !typed.is_null() {
                    assert_eq!(typed["type"], kind.as_str());
                    assert!(same(kind, typed, plain), "{typed} and {plain}");
                    seen.insert(kind.clone());
                }
            }
        }
        assert_eq!(seen.len(), KINDS, "{collection}: {seen:?}");
    }
    running.stop().await;
}

fn same(kind: &str, typed: &Value, plain: &Value) -> bool {
    match kind {
        "enum" | "user" | "org" | "people" => typed["id"] == *plain && plain.is_u64(),
        "set" => {
            let ids = typed["values"].as_array().unwrap().iter().map(|one| &one["id"]);
            ids.eq(plain.as_array().unwrap())
        }
        "monetary" => typed["value"] == plain["value"] && typed["currency"] == plain["currency"],
        "daterange" | "timerange" => typed["from"] == plain["value"] && typed["until"] == plain["until"],
        "time" => typed["value"] == plain["value"] && plain["timezone_name"].is_string(),
        "address" => typed["locality"] == plain["locality"] && plain["formatted_address"].is_string(),
        _ => typed["value"] == *plain,
    }
}

#[tokio::test]
async fn webhooks_v1_have_flat_keys_with_suffixes() {
    let receiver = Receiver::willing().await;
    let running = Running::start(Config {
        everything: true,
        webhooks: Webhooks::V1,
        target: Some(receiver.url.parse().unwrap()),
        ..config()
    })
    .await;
    let seen = receiver.until("deals", |seen| seen.len() > 300).await;
    let fields = every(&running, "dealFields").await;
    let current: Vec<&Value> = seen
        .iter()
        .filter(|one| one.body["meta"]["object"] == "deal" && !one.body["current"].is_null())
        .map(|one| &one.body["current"])
        .collect();
    for (kind, suffix) in [
        ("daterange", "until"),
        ("timerange", "timezone_id"),
        ("address", "postal_code"),
        ("monetary", "currency"),
    ] {
        let (key, _) = fields.iter().rfind(|(_, of)| of == kind).unwrap();
        assert!(
            current
                .iter()
                .all(|deal| deal.get(format!("{key}_{suffix}")).is_some())
        );
        let filled = current.iter().find(|deal| !deal[key].is_null()).unwrap();
        assert!(!filled[format!("{key}_{suffix}")].is_null(), "{kind}");
    }
    running.stop().await;
}

#[tokio::test]
async fn fields_are_renamed_and_get_options_while_it_runs() {
    let (running, _) = told_by(config()).await;
    let key = simulator::fields::PRODUCT_LINE.key;
    let path = format!("/simulator/fields/dealFields/{key}");
    let changes = json!({
        "name": "Line of products", "add_options": ["Hardware"], "rename_options": {"31": "Beginner"},
    });
    assert_eq!(send(&running, "PATCH", &path, changes).await.0, 200);
    let (_, answer) = running.get(&format!("/api/v2/dealFields/{key}")).await;
    let field = &answer["data"];
    assert_eq!(
        (&field["field_name"], &field["field_type"]),
        (&json!("Line of products"), &json!("enum"))
    );
    let labels: Vec<&str> = field["options"]
        .as_array()
        .unwrap()
        .iter()
        .map(|option| option["label"].as_str().unwrap())
        .collect();
    assert_eq!(
        labels,
        ["Beginner", "Professional", "Enterprise", "Services", "Hardware"]
    );
    let (_, deals) = running
        .get("/api/v2/deals?limit=500&include_option_labels=true&include_labels=true")
        .await;
    let deals = deals["data"].as_array().unwrap();
    assert!(
        deals
            .iter()
            .any(|deal| deal["custom_fields"][key]["label"] == "Beginner")
    );
    assert!(deals.iter().any(|deal| deal["labels"][0]["label"] == "Hot"));
    assert_eq!(
        send(
            &running,
            "PATCH",
            "/simulator/fields/dealFields/none",
            json!({"name": "x"})
        )
        .await
        .0,
        404
    );
    running.stop().await;
}

#[tokio::test]
async fn every_label_has_a_name() {
    let (running, states) = told().await;
    for (object, path) in [
        ("deal", "/api/v2/dealFields/label_ids"),
        ("person", "/api/v2/personFields/label_ids"),
        ("lead", "/v1/leadLabels"),
    ] {
        let (_, answer) = running.get(path).await;
        let named = answer["data"].as_array().or(answer["data"]["options"].as_array());
        let named: BTreeSet<String> = named
            .unwrap()
            .iter()
            .map(|label| label["id"].to_string())
            .collect();
        let of_object = states.iter().filter(|((of, _), _)| of == object);
        let worn = of_object.filter_map(|(_, state)| state["label_ids"].as_array());
        let worn: BTreeSet<String> = worn.flatten().map(Value::to_string).collect();
        assert!(!worn.is_empty() && worn.is_subset(&named), "{object}: {worn:?}");
    }
    running.stop().await;
}

#[tokio::test]
async fn a_field_can_appear_while_it_runs() {
    let receiver = Receiver::willing().await;
    let running = Running::start(Config {
        target: Some(receiver.url.parse().unwrap()),
        history_events: 0,
        rate: 400.0,
        ..config()
    })
    .await;
    let new = json!({"name": "Region", "type": "set", "options": ["North", "South"]});
    let (status, field) = send(&running, "POST", "/simulator/fields/dealFields", new).await;
    assert_eq!(status, 201, "{field}");
    let key = field["field_code"].as_str().unwrap().to_owned();
    assert_eq!(key.len(), 40);
    let filled = |body: &Value| body["data"]["custom_fields"][&key]["values"][0]["id"].is_u64();
    receiver
        .until("the field in a webhook", |seen| {
            seen.iter().any(|one| filled(&one.body))
        })
        .await;
    let bad = json!({"name": "Region", "type": "double", "options": ["North"]});
    assert_eq!(
        send(&running, "POST", "/simulator/fields/dealFields", bad)
            .await
            .0,
        422
    );
    let (_, leads) = running.get("/v1/leadFields?limit=500").await;
    let codes = leads["data"].as_array().unwrap().iter();
    assert!(
        codes.clone().any(|field| field["key"] == key.as_str()),
        "leads inherit it"
    );
    running.stop().await;
}
