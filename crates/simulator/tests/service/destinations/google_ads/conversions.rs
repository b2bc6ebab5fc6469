//! Uploads: each conversion by itself, its errors by their place.

use serde_json::{Value, json};
use simulator::Config;

use super::{ACTION, Caller, HASH, ago, conversion, counts, deliveries, partial, running, whole, with};

fn one(changes: &[(&str, Value)]) -> Value {
    with(&conversion("o-1"), changes)
}

type Wrong = (Value, &'static str, &'static str);

/// Conversions with the field and the name of what is wrong with their own fields.
fn wrong_fields() -> Vec<Wrong> {
    let (action, at) = ("conversion_action", "conversion_date_time");
    let unknown = json!("customers/1234567890/conversionActions/404");
    let format = "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET";
    [
        ("conversionAction", Value::Null, action, "REQUIRED"),
        ("conversionAction", json!("17"), action, "RESOURCE_NAME_MALFORMED"),
        ("conversionAction", unknown, action, "NO_CONVERSION_ACTION_FOUND"),
        ("conversionDateTime", Value::Null, at, "REQUIRED"),
        ("conversionDateTime", json!("2026-09-01T12:00:00Z"), at, format),
        ("conversionDateTime", json!("2026-09-01 12:00:00"), at, format),
        (
            "conversionDateTime",
            json!(ago(-600)),
            at,
            "LATER_THAN_MAXIMUM_DATE",
        ),
        ("conversionValue", json!(-1), "conversion_value", "INVALID_VALUE"),
        (
            "conversionValue",
            json!("much"),
            "conversion_value",
            "INVALID_VALUE",
        ),
        ("currencyCode", json!("EURO"), "currency_code", "UNSUPPORTED"),
        (
            "orderId",
            json!("anna@firm.example"),
            "order_id",
            "ORDER_ID_CONTAINS_PII",
        ),
    ]
    .map(|(key, value, field, name)| (one(&[(key, value)]), field, name))
    .into()
}

/// The same of clicks and of those who clicked.
fn wrong_clicks() -> Vec<Wrong> {
    let people = |people: Value| one(&[("gclid", Value::Null), ("userIdentifiers", people)]);
    let many: Vec<Value> = (0..6).map(|_| json!({"hashedEmail": HASH})).collect();
    let both = json!([{"hashedEmail": HASH, "hashedPhoneNumber": HASH}]);
    let nobody = format!("0000{}", &HASH[4..]);
    let braids = one(&[
        ("gclid", Value::Null),
        ("gbraid", json!("g")),
        ("wbraid", json!("w")),
    ]);
    let mut wrong = vec![
        (one(&[("gclid", Value::Null)]), "gclid", "REQUIRED"),
        (one(&[("gbraid", json!("g"))]), "gclid", "VALUE_MUST_BE_UNSET"),
        (braids, "", "GBRAID_WBRAID_BOTH_SET"),
    ];
    wrong.extend(
        [
            (json!(many), "TOO_MANY"),
            (both, "UNSUPPORTED_USER_IDENTIFIER"),
            (
                json!([{"hashedEmail": "anna@firm.example"}]),
                "INVALID_USER_IDENTIFIER",
            ),
            (
                json!([{"hashedEmail": HASH.to_uppercase()}]),
                "INVALID_USER_IDENTIFIER",
            ),
            (json!([{"hashedEmail": nobody}]), "CLICK_NOT_FOUND"),
        ]
        .map(|(who, name)| (people(who), "user_identifiers", name)),
    );
    wrong.extend(
        [
            ("a b", "UNPARSEABLE_GCLID"),
            ("unknown-1", "EVENT_NOT_FOUND"),
            ("expired-1", "EXPIRED_EVENT"),
            ("recent-1", "TOO_RECENT_EVENT"),
            ("early-1", "CONVERSION_PRECEDES_EVENT"),
        ]
        .map(|(click, name)| (one(&[("gclid", json!(click))]), "gclid", name)),
    );
    wrong
}

#[tokio::test]
async fn what_is_wrong_is_told_and_the_rest_is_taken() {
    let running = running(Config::default()).await;
    let caller = Caller::of(&running).await;
    let wrong = [wrong_fields(), wrong_clicks()].concat();
    for (at, (conversion_of, field, name)) in wrong.iter().enumerate() {
        let good = conversion(&format!("good-{at}"));
        let (status, answer) = caller.upload(&[good.clone(), conversion_of.clone()]).await;
        assert_eq!(status, 200, "{conversion_of}: {answer}");
        let expected = (1, (*field).to_owned(), (*name).to_owned());
        assert_eq!(partial(&answer), [expected], "{conversion_of}");
        assert_eq!(answer["results"][0]["gclid"], good["gclid"]);
        assert_eq!(answer["results"][1], json!({}));
        assert_eq!(deliveries(&running, "google_ads").await[0]["why"], *name);
    }
    let count = wrong.len() as u64;
    assert_eq!(counts(&running, "google_ads").await, [count, 0, count]);
    running.stop().await;
}

#[tokio::test]
async fn what_is_right_is_told_back() {
    let running = running(Config::default()).await;
    let caller = Caller::of(&running).await;
    let person = json!([{"hashedEmail": HASH}, {"hashedPhoneNumber": HASH}]);
    let snake = json!({
        "conversion_action": ACTION, "conversion_date_time": ago(60), "conversion_value": "12.5",
        "order_id": "o-9", "user_identifiers": [{"hashed_email": HASH}],
    });
    let right = [
        conversion("o-1"),
        with(&conversion("o-2"), &[("userIdentifiers", person.clone())]),
        with(
            &conversion("o-3"),
            &[("gclid", Value::Null), ("userIdentifiers", person.clone())],
        ),
        with(
            &conversion("o-4"),
            &[("gclid", Value::Null), ("wbraid", json!("w-1"))],
        ),
        with(
            &conversion("o-5"),
            &[("orderId", Value::Null), ("conversionValue", Value::Null)],
        ),
        snake,
    ];
    let (status, answer) = caller.upload(&right).await;
    assert_eq!((status, partial(&answer)), (200, Vec::new()), "{answer}");
    assert_eq!(answer["results"].as_array().unwrap().len(), right.len());
    assert_eq!(answer["results"][2]["userIdentifiers"], person);
    assert!(answer["jobId"].as_str().unwrap().parse::<u64>().unwrap() >= 1 << 31);
    let newest = deliveries(&running, "google_ads").await;
    let told = ["event_name", "event_id", "value", "currency"].map(|key| newest[5][key].clone());
    assert_eq!(json!(told), json!([ACTION, "o-1", "120.5", "EUR"]));
    assert_eq!(
        (&newest[0]["event_id"], &newest[0]["value"]),
        (&json!("o-9"), &json!("12.5"))
    );
    running.stop().await;
}

#[tokio::test]
async fn an_order_counts_once() {
    let running = running(Config::default()).await;
    let caller = Caller::of(&running).await;
    caller.upload(&[conversion("o-1")]).await;
    let (_, answer) = caller.upload(&[conversion("o-1")]).await;
    let again = |at, field: &str, name: &str| (at, field.to_owned(), name.to_owned());
    assert_eq!(
        partial(&answer),
        [again(0, "order_id", "ORDER_ID_ALREADY_IN_USE")]
    );
    let (_, answer) = caller.upload(&[conversion("o-2"), conversion("o-2")]).await;
    let twice = "DUPLICATE_ORDER_ID";
    assert_eq!(
        partial(&answer),
        [again(0, "order_id", twice), again(1, "order_id", twice)]
    );
    let click = with(&conversion("o-3"), &[("orderId", Value::Null)]);
    caller.upload(std::slice::from_ref(&click)).await;
    let (_, answer) = caller.upload(&[click]).await;
    assert_eq!(
        partial(&answer),
        [again(0, "", "CLICK_CONVERSION_ALREADY_EXISTS")]
    );
    assert_eq!(counts(&running, "google_ads").await, [2, 2, 2]);
    running.stop().await;
}

#[tokio::test]
async fn a_validation_keeps_nothing() {
    let running = running(Config::default()).await;
    let caller = Caller::of(&running).await;
    let body = json!({
        "conversions": [conversion("o-1"), with(&conversion("o-2"), &[("currencyCode", json!("EURO"))])],
        "partialFailure": true, "validateOnly": true,
    });
    let (status, answer) = caller.call("1234567890:uploadClickConversions", &body).await;
    assert_eq!(status, 200);
    assert!(answer["results"].is_null());
    assert_eq!(partial(&answer).len(), 1);
    assert_eq!(
        deliveries(&running, "google_ads").await[0]["mode"],
        "validation only"
    );
    let (_, answer) = caller.upload(&[conversion("o-1")]).await;
    assert!(partial(&answer).is_empty(), "{answer}");
    running.stop().await;
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_refused_whole() {
    let running = running(Config::default()).await;
    let caller = Caller::of(&running).await;
    let body = |conversions: Value| json!({"conversions": conversions, "partialFailure": true});
    let consent = |word: &str| json!([one(&[("consent", json!({"adUserData": word}))])]);
    let cases = [
        (
            json!({"conversions": [conversion("o-1")]}),
            "PARTIAL_FAILURE_MODE_REQUIRED",
        ),
        (
            json!({"conversions": [conversion("o-1")], "partialFailure": false}),
            "PARTIAL_FAILURE_MODE_REQUIRED",
        ),
        (body(json!([])), "REQUIRED"),
        (
            body(json!(vec![conversion("o-1"); 2_001])),
            "TOO_MANY_CONVERSIONS_IN_REQUEST",
        ),
        (body(json!([one(&[("value", json!(7))])])), ""),
        (body(consent("yes")), ""),
        (
            json!({"conversions": [], "partialFailure": true, "dryRun": true}),
            "",
        ),
    ];
    for (body, name) in cases {
        let answer = caller.call("1234567890:uploadClickConversions", &body).await;
        assert_eq!(
            whole(&answer),
            (400, "INVALID_ARGUMENT".to_owned(), name.to_owned())
        );
    }
    let full: Vec<Value> = (0..2_000).map(|at| conversion(&format!("full-{at}"))).collect();
    assert_eq!(caller.upload(&full).await.0, 200);
    running.stop().await;
}
