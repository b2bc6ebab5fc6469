//! Google's Data Manager: what an event must have, that one fault refuses all, and what is told of a request later.

use serde_json::{Value, json};
use simulator::Config;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{counts, deliveries, google_ads, running, trouble};
use crate::receiver::{Running, client};

mod persons;
mod status;

const NAME: &str = "google_data_manager";
const HASH: &str = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";

/// So many seconds ago.
fn ago(seconds: i64) -> String {
    let at = OffsetDateTime::now_utc() - time::Duration::seconds(seconds);
    at.format(&Rfc3339).unwrap()
}

fn event(transaction: &str) -> Value {
    json!({
        "destinationReferences": ["17"], "transactionId": transaction, "eventTimestamp": ago(3_600), "eventSource": "WEB",
        "conversionValue": 120.5, "currency": "EUR", "adIdentifiers": {"gclid": format!("Cj0KCQjw-{transaction}")},
    })
}

/// The value with one part changed, or taken away by null.
fn with(mut whole: Value, path: &str, value: Value) -> Value {
    let (parent, key) = path.rsplit_once('/').unwrap();
    let parent = whole.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        parent.remove(key);
    } else {
        parent.insert(key.to_owned(), value);
    }
    whole
}

fn body(events: &[Value]) -> Value {
    let account = |id: &str| json!({"accountType": "GOOGLE_ADS", "accountId": id});
    json!({
        "destinations": [{
            "reference": "17", "operatingAccount": account("1234567890"), "loginAccount": account("9876543210"),
            "productDestinationId": "17",
        }],
        "events": events, "consent": {"adUserData": "CONSENT_GRANTED"}, "encoding": "HEX",
    })
}

/// A caller with a good token.
struct Caller<'a> {
    running: &'a Running,
    token: String,
}

impl<'a> Caller<'a> {
    async fn of(running: &'a Running) -> Self {
        let token = google_ads::access_token(running).await;
        Self { running, token }
    }

    async fn ingest(&self, body: &Value) -> (u16, Value) {
        let url = format!("{}/google/v1/events:ingest", self.running.url);
        let request = client().post(url).bearer_auth(&self.token).json(body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }
}

/// The reason and the field of each violation of a refusal.
fn violations(answer: &(u16, Value)) -> Vec<(String, String)> {
    let error = &answer.1["error"];
    assert_eq!((answer.0, &error["code"]), (400, &json!(400)), "{}", answer.1);
    assert_eq!(error["status"], "INVALID_ARGUMENT");
    let details = error["details"].as_array().unwrap();
    let of = |name: &str| {
        let kind = format!("type.googleapis.com/google.rpc.{name}");
        details.iter().find(|detail| detail["@type"] == *kind).unwrap()
    };
    assert_eq!(
        of("ErrorInfo")["metadata"]["requestId"],
        of("RequestInfo")["requestId"]
    );
    let told = of("BadRequest")["fieldViolations"].as_array().unwrap();
    let word = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    told.iter()
        .map(|one| (word(one, "reason"), word(one, "field")))
        .collect()
}

fn violation(reason: &str, field: &str) -> (String, String) {
    (reason.to_owned(), field.to_owned())
}

#[tokio::test]
async fn events_are_taken_and_one_that_comes_again_restates_the_first() {
    let running = running(Config::default()).await;
    let caller = Caller::of(&running).await;
    let (status, answer) = caller.ingest(&body(&[event("o-1"), event("o-2")])).await;
    assert_eq!(status, 200);
    assert!(answer["requestId"].as_str().unwrap().len() > 8 && answer["fieldWarnings"].is_null());
    let again = with(event("o-1"), "/conversionValue", json!(70));
    assert_eq!(caller.ingest(&body(&[again])).await.0, 200);
    assert_eq!(counts(&running, NAME).await, [2, 1, 0]);
    let newest = deliveries(&running, NAME).await;
    let told =
        ["event_name", "event_id", "value", "currency", "outcome", "mode"].map(|key| newest[0][key].clone());
    assert_eq!(
        json!(told),
        json!(["17", "o-1", "70", "EUR", "duplicate", "adjustment"])
    );
    let tried = with(body(&[event("o-3")]), "/validateOnly", json!(true));
    assert_eq!(caller.ingest(&tried).await.0, 200);
    assert_eq!(deliveries(&running, NAME).await[0]["mode"], "validation only");
    assert_eq!(caller.ingest(&body(&[event("o-3")])).await.0, 200);
    assert_eq!(deliveries(&running, NAME).await[0]["outcome"], "accepted");
    running.stop().await;
}

#[tokio::test]
async fn one_wrong_event_refuses_the_request_and_all_that_is_wrong_is_told() {
    let running = running(Config::default()).await;
    let caller = Caller::of(&running).await;
    let wrong = with(event("o-2"), "/currency", json!("BTC"));
    let wrong = with(wrong, "/eventTimestamp", json!(ago(91 * 24 * 3_600)));
    let answer = caller.ingest(&body(&[event("o-1"), wrong, event("o-3")])).await;
    let expected = [
        violation("INVALID_CURRENCY_CODE", "events[1].currency"),
        violation("EVENT_TIME_INVALID", "events[1].event_timestamp"),
    ];
    assert_eq!(violations(&answer), expected);
    assert_eq!(counts(&running, NAME).await, [0, 0, 3]);
    let newest = deliveries(&running, NAME).await;
    let why = [0, 1, 2].map(|at: usize| newest[at]["why"].as_str().unwrap().to_owned());
    let company = "another event of the request is invalid";
    assert_eq!(
        why,
        [company, "INVALID_CURRENCY_CODE events[1].currency", company]
    );
    running.stop().await;
}

#[tokio::test]
async fn an_event_has_what_it_needs() {
    let running = running(Config::default()).await;
    let caller = Caller::of(&running).await;
    for (path, value, reason, field) in [
        (
            "/eventTimestamp",
            Value::Null,
            "REQUIRED_FIELD_MISSING",
            ".event_timestamp",
        ),
        (
            "/eventTimestamp",
            json!("2026-09-01 12:00:00+00:00"),
            "INVALID_FORMAT",
            ".event_timestamp",
        ),
        (
            "/eventTimestamp",
            json!(ago(-3_600)),
            "EVENT_TIME_INVALID",
            ".event_timestamp",
        ),
        (
            "/eventSource",
            Value::Null,
            "REQUIRED_FIELD_MISSING",
            ".event_source",
        ),
        (
            "/eventSource",
            json!("FAX"),
            "INVALID_ENUM_VALUE",
            ".event_source",
        ),
        ("/adIdentifiers", Value::Null, "NO_IDENTIFIERS_PROVIDED", ""),
        (
            "/conversionValue",
            json!("much"),
            "INVALID_NUMBER_FORMAT",
            ".conversion_value",
        ),
        (
            "/destinationReferences",
            json!(["18"]),
            "INVALID_DESTINATION",
            ".destination_references[0]",
        ),
        (
            "/consent",
            json!({"adUserData": "GRANTED"}),
            "INVALID_ENUM_VALUE",
            ".consent.ad_user_data",
        ),
    ] {
        let answer = caller.ingest(&body(&[with(event("o-1"), path, value)])).await;
        let expected = [violation(reason, &format!("events[0]{field}"))];
        assert_eq!(violations(&answer), expected, "{path}");
    }
    let session = with(
        event("o-1"),
        "/adIdentifiers",
        json!({"session_attributes": "EhkI"}),
    );
    assert_eq!(
        caller.ingest(&body(&[session])).await.0,
        200,
        "either name of a field"
    );
    running.stop().await;
}

#[tokio::test]
async fn a_request_has_what_it_needs() {
    let running = running(Config::default()).await;
    let caller = Caller::of(&running).await;
    let right = body(&[with(event("o-1"), "/destinationReferences", Value::Null)]);
    let account = json!({"accountType": "GOOGLE_ADS", "accountId": "1"});
    let first = right["destinations"][0].clone();
    let many = |count: usize| {
        json!(vec![
            with(event("o"), "/destinationReferences", Value::Null);
            count
        ])
    };
    for (path, value, reason, field) in [
        (
            "/destinations",
            json!([]),
            "REQUIRED_FIELD_MISSING",
            "destinations",
        ),
        (
            "/destinations",
            json!([first, first]),
            "DUPLICATE_DESTINATION_REFERENCE",
            "destinations[1].reference",
        ),
        (
            "/destinations/0/operatingAccount",
            Value::Null,
            "REQUIRED_FIELD_MISSING",
            "destinations[0].operating_account",
        ),
        (
            "/destinations/0/operatingAccount/accountId",
            json!("123-456-7890"),
            "INVALID_NUMBER_FORMAT",
            "destinations[0].operating_account.account_id",
        ),
        (
            "/destinations/0/loginAccount/accountType",
            json!("GOOGLE"),
            "INVALID_ENUM_VALUE",
            "destinations[0].login_account.account_type",
        ),
        (
            "/destinations/0/linkedAccount",
            account,
            "LINKED_ACCOUNT_ONLY_ALLOWED_WITH_DATA_PARTNER_LOGIN_ACCOUNT",
            "destinations[0].linked_account",
        ),
        (
            "/destinations/0/productDestinationId",
            json!("404"),
            "INVALID_CONVERSION_ACTION_ID",
            "destinations[0].product_destination_id",
        ),
        (
            "/destinations/0/productDestinationId",
            json!("customers/1/conversionActions/17"),
            "INVALID_NUMBER_FORMAT",
            "destinations[0].product_destination_id",
        ),
        ("/events", json!([]), "REQUIRED_FIELD_MISSING", "events"),
        ("/events", many(2_001), "TOO_MANY_EVENTS", "events"),
        (
            "/consent",
            json!({"adPersonalization": "YES"}),
            "INVALID_ENUM_VALUE",
            "consent.ad_personalization",
        ),
        ("/encoding", json!("UTF8"), "INVALID_ENUM_VALUE", "encoding"),
    ] {
        let answer = caller.ingest(&with(right.clone(), path, value)).await;
        assert_eq!(violations(&answer), [violation(reason, field)], "{path}");
    }
    assert_eq!(
        caller
            .ingest(&with(right.clone(), "/events", many(2_000)))
            .await
            .0,
        200
    );
    for (path, part) in [
        ("/partialFailure", "\"partialFailure\""),
        ("/events/0/gclid", "events[0]"),
    ] {
        let (status, answer) = caller.ingest(&with(right.clone(), path, json!(true))).await;
        assert_eq!(status, 400);
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(
            message.contains("Unknown name") && message.contains(part),
            "{message}"
        );
    }
    running.stop().await;
}

/// Status, code of `google.rpc`, and why.
fn whole(answer: &(u16, Value)) -> (u16, &str, &str) {
    let error = &answer.1["error"];
    let word = |value: &'static str| error[value].as_str().unwrap();
    (
        answer.0,
        word("status"),
        error["details"][0]["reason"].as_str().unwrap(),
    )
}

#[tokio::test]
async fn a_call_needs_a_token_of_its_own_scope_and_an_account() {
    let running = running(Config::default()).await;
    let right = body(&[event("o-1")]);
    let caller = |token: String| Caller {
        running: &running,
        token,
    };
    let answer = caller("demo-token".to_owned()).ingest(&right).await;
    assert_eq!(
        whole(&answer),
        (401, "UNAUTHENTICATED", "ACCESS_TOKEN_TYPE_UNSUPPORTED")
    );
    let url = format!("{}/google/v1/events:ingest", running.url);
    let answer = client().post(url).json(&right).send().await.unwrap();
    let answer = (answer.status().as_u16(), answer.json().await.unwrap());
    assert_eq!(whole(&answer), (401, "UNAUTHENTICATED", "CREDENTIALS_MISSING"));
    let of_ads = google_ads::service_token(&running, "https://www.googleapis.com/auth/adwords").await;
    let answer = caller(of_ads).ingest(&right).await;
    let forbidden = |reason| (403, "PERMISSION_DENIED", reason);
    assert_eq!(whole(&answer), forbidden("ACCESS_TOKEN_SCOPE_INSUFFICIENT"));
    let own = google_ads::service_token(&running, "https://www.googleapis.com/auth/datamanager").await;
    let caller = caller(own);
    assert_eq!(caller.ingest(&right).await.0, 200);
    let nobody = with(
        right,
        "/destinations/0/operatingAccount/accountId",
        json!("4040404040"),
    );
    assert_eq!(
        whole(&caller.ingest(&nobody).await),
        forbidden("PERMISSION_DENIED")
    );
    running.stop().await;
}

#[tokio::test]
async fn google_fails_in_words_of_its_own() {
    let running = running(Config::default()).await;
    let caller = Caller::of(&running).await;
    for (fault, expected) in [
        ("throttled", (429, "RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED")),
        ("error", (500, "INTERNAL", "INTERNAL_ERROR")),
        (
            "unauthorized",
            (401, "UNAUTHENTICATED", "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        ),
        ("forbidden", (403, "PERMISSION_DENIED", "PERMISSION_DENIED")),
    ] {
        trouble(&running, NAME, fault).await;
        let answer = caller.ingest(&body(&[event("o-1")])).await;
        if fault == "throttled" {
            assert_eq!(answer.1["error"]["details"][2]["retryDelay"], "1s");
        }
        assert_eq!(whole(&answer), expected);
    }
    assert_eq!(counts(&running, NAME).await, [0, 0, 4]);
    running.stop().await;
}
