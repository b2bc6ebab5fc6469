//! Google Ads: who is let in, what a conversion must have, and what is told of each.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Map, Value, json};
use simulator::{Config, Google, StandIns};
use time::OffsetDateTime;
use time::macros::format_description;

use super::{counts, deliveries, running, trouble};
use crate::receiver::{Running, client, until};

mod adjustments;
mod conversions;
mod oauth;

pub(super) use oauth::service_token;

const HASH: &str = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
const ACTION: &str = "customers/1234567890/conversionActions/17";

/// So many seconds ago, as Google writes it.
fn ago(seconds: i64) -> String {
    let at = OffsetDateTime::now_utc() - time::Duration::seconds(seconds);
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]+00:00");
    at.format(format).unwrap()
}

fn conversion(order: &str) -> Value {
    json!({
        "conversionAction": ACTION, "conversionDateTime": ago(3_600), "conversionValue": 120.5, "currencyCode": "EUR",
        "orderId": order, "gclid": format!("Cj0KCQjw-{order}"), "consent": {"adUserData": "GRANTED"},
    })
}

/// An object with some of it changed, or taken away by null.
fn with(object: &Value, changes: &[(&str, Value)]) -> Value {
    let mut object: Map<String, Value> = object.as_object().unwrap().clone();
    for (key, value) in changes {
        if value.is_null() {
            object.remove(*key);
        } else {
            object.insert((*key).to_owned(), value.clone());
        }
    }
    object.into()
}

pub(super) async fn access_token(running: &Running) -> String {
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", "demo-client"),
        ("client_secret", "demo-token"),
        ("refresh_token", "demo-token"),
    ];
    let request = client().post(format!("{}/google/token", running.url)).form(&form);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

/// A caller with a good token.
struct Caller<'a> {
    running: &'a Running,
    token: String,
}

impl<'a> Caller<'a> {
    async fn of(running: &'a Running) -> Self {
        let token = access_token(running).await;
        Self { running, token }
    }

    async fn call(&self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}/google/v26/customers/{path}", self.running.url);
        let request = client().post(url).bearer_auth(&self.token);
        let answer = request
            .header("login-customer-id", "9876543210")
            .json(body)
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn upload(&self, conversions: &[Value]) -> (u16, Value) {
        let body = json!({"conversions": conversions, "partialFailure": true});
        self.call("1234567890:uploadClickConversions", &body).await
    }

    async fn adjust(&self, adjustments: &[Value]) -> (u16, Value) {
        let body = json!({"conversionAdjustments": adjustments, "partialFailure": true});
        self.call("1234567890:uploadConversionAdjustments", &body).await
    }
}

/// The errors of a partial failure: the operation, the field, the name.
fn partial(answer: &Value) -> Vec<(u64, String, String)> {
    let failure = &answer["partialFailureError"];
    if failure.is_null() {
        return Vec::new();
    }
    assert_eq!(failure["code"], 3);
    assert!(failure["message"].as_str().unwrap().contains(", at conversion"));
    let kind = "type.googleapis.com/google.ads.googleads.v26.errors.GoogleAdsFailure";
    assert_eq!(failure["details"][0]["@type"], kind);
    let errors = failure["details"][0]["errors"].as_array().unwrap();
    let told = |error: &Value| {
        let path = &error["location"]["fieldPathElements"];
        let field = path[1]["fieldName"].as_str().unwrap_or_default().to_owned();
        (path[0]["index"].as_u64().unwrap(), field, name(error))
    };
    errors.iter().map(told).collect()
}

/// The name of an error, whatever its family.
fn name(error: &Value) -> String {
    assert!(error["message"].is_string());
    let codes = error["errorCode"].as_object().unwrap();
    codes.values().next().unwrap().as_str().unwrap().to_owned()
}

/// Status, code of `google.rpc`, and the name of the first error.
fn whole(answer: &(u16, Value)) -> (u16, String, String) {
    let error = &answer.1["error"];
    assert_eq!(error["code"], answer.0);
    let first = &error["details"][0]["errors"][0];
    let name = if first.is_null() {
        String::new()
    } else {
        name(first)
    };
    (answer.0, error["status"].as_str().unwrap().to_owned(), name)
}

#[tokio::test]
async fn google_fails_in_words_of_its_own() {
    let running = running(Config::default()).await;
    let caller = Caller::of(&running).await;
    for (fault, status, code, error) in [
        (
            "throttled",
            429,
            "RESOURCE_EXHAUSTED",
            "RESOURCE_TEMPORARILY_EXHAUSTED",
        ),
        ("error", 500, "INTERNAL", "INTERNAL_ERROR"),
        ("unauthorized", 401, "UNAUTHENTICATED", "OAUTH_TOKEN_INVALID"),
        ("forbidden", 403, "PERMISSION_DENIED", "USER_PERMISSION_DENIED"),
    ] {
        trouble(&running, "google_ads", fault).await;
        let answer = caller.upload(&[conversion("o-1")]).await;
        if fault == "throttled" {
            let details = &answer.1["error"]["details"][0]["errors"][0]["details"];
            assert_eq!(details["quotaErrorDetails"]["retryDelay"], "1s");
        }
        assert_eq!(whole(&answer), (status, code.to_owned(), error.to_owned()));
    }
    assert_eq!(counts(&running, "google_ads").await, [0, 0, 4]);
    running.stop().await;
}

type Header<'a> = (&'static str, &'a str);

#[tokio::test]
async fn a_call_needs_its_headers_and_a_customer() {
    let running = running(Config::default()).await;
    let token = access_token(&running).await;
    let body = json!({"conversions": [conversion("o-1")], "partialFailure": true});
    let call = async |customer: &str, headers: &[Header<'_>]| {
        let url = format!(
            "{}/google/v26/customers/{customer}:uploadClickConversions",
            running.url
        );
        let mut request = client().post(url).json(&body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let bearer = format!("Bearer {token}");
    let bearer = ("authorization", bearer.as_str());
    let cases: [(&str, &[Header<'_>], u16, &str); 7] = [
        ("1234567890", &[bearer], 200, ""),
        ("1234567890", &[bearer, ("developer-token", "ignored")], 200, ""),
        ("1234567890", &[], 401, ""),
        (
            "1234567890",
            &[("authorization", "Bearer demo-token")],
            401,
            "OAUTH_TOKEN_INVALID",
        ),
        (
            "1234567890",
            &[bearer, ("login-customer-id", "987-654-3210")],
            400,
            "INVALID_LOGIN_CUSTOMER_ID",
        ),
        ("123-456-7890", &[bearer], 400, "INVALID_CUSTOMER_ID"),
        ("4040404040", &[bearer], 401, "CUSTOMER_NOT_FOUND"),
    ];
    for (customer, headers, status, error) in cases {
        let answer = call(customer, headers).await;
        assert_eq!(answer.0, status, "{customer} {headers:?}: {}", answer.1);
        if status != 200 {
            assert_eq!(whole(&answer).2, error);
        }
    }
    running.stop().await;
}

#[tokio::test]
async fn a_path_that_is_none_is_not_found_and_an_old_version_is_not_served() {
    let running = running(Config::default()).await;
    let caller = Caller::of(&running).await;
    let (status, _) = caller.call("1234567890:uploadCallConversions", &json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND.as_u16());
    let url = format!(
        "{}/google/v22/customers/1234567890:uploadClickConversions",
        running.url
    );
    let request = client().post(url).bearer_auth(&caller.token).json(&json!({}));
    let answer = request.send().await.unwrap();
    let answer = (answer.status().as_u16(), answer.json().await.unwrap());
    let refused = (
        400,
        "INVALID_ARGUMENT".to_owned(),
        "UNSUPPORTED_VERSION".to_owned(),
    );
    assert_eq!(whole(&answer), refused);
    running.stop().await;
}

/// Whose access tokens live so long.
fn with_token(life: Duration) -> Config {
    Config {
        stand_ins: StandIns {
            google: Google {
                token: life,
                ..Google::default()
            },
            ..StandIns::default()
        },
        ..Config::default()
    }
}

#[tokio::test]
async fn an_access_token_runs_out() {
    let running = running(with_token(Duration::from_secs(1))).await;
    let caller = Caller::of(&running).await;
    let refused = until("the end of the token", async || {
        let answer = caller.upload(&[conversion("o-1")]).await;
        (answer.0 != 200).then_some(answer)
    });
    assert_eq!(whole(&refused.await).2, "OAUTH_TOKEN_EXPIRED");
    running.stop().await;
}
