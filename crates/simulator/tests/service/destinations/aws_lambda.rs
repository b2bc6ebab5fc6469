//! Lambda's Invoke API and function URL, asked as Amazon's own signer signs.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use simulator::{Aws, Config, StandIns, UrlAuth};

use super::{counts, deliveries, running, trouble};
use crate::receiver::{Running, client, until};

mod credentials;
mod forward;

const INVOKE: &str = "/2015-03-31/functions/omni/invocations";

/// Somebody with a key, at some time.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) credentials: Credentials,
    pub(super) region: &'static str,
    pub(super) service: &'static str,
    pub(super) at: SystemTime,
}

impl Caller {
    pub(super) fn known() -> Self {
        Self::with("AKIADEMO", "demo-token", None)
    }

    pub(super) fn with(id: &str, secret: &str, token: Option<&str>) -> Self {
        Self {
            credentials: Credentials::new(id, secret, token.map(str::to_owned), None, "test"),
            region: "eu-central-1",
            service: "lambda",
            at: SystemTime::now(),
        }
    }

    /// Signs and sends.
    pub(super) async fn ask(
        &self,
        running: &Running,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: &[u8],
    ) -> Response {
        let url = format!("{}{path}", running.url);
        let identity = self.credentials.clone().into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(self.at)
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let signable = SignableRequest::new(
            method.as_str(),
            url.as_str(),
            headers.iter().copied(),
            SignableBody::Bytes(body),
        );
        let (signed, _) = sign(signable.unwrap(), &params).unwrap().into_parts();
        let mut request = client().request(method, &url).body(body.to_vec());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        for (name, value) in signed.headers() {
            request = request.header(name, value);
        }
        request.send().await.unwrap()
    }

    async fn invoke(&self, running: &Running, headers: &[(&'static str, &str)], body: &[u8]) -> Response {
        self.ask(running, Method::POST, INVOKE, headers, body).await
    }
}

fn event() -> Vec<u8> {
    json!({"event_name": "pipedrive_deal_updated", "event_uuid": "u-1", "deal_value": 99.5, "deal_currency": "EUR"})
        .to_string()
        .into_bytes()
}

/// Status, kind of error, and body.
async fn told(answer: Response) -> (u16, String, Value) {
    let kind = answer.headers().get("x-amzn-errortype").cloned();
    let kind = kind.map_or_else(String::new, |kind| kind.to_str().unwrap().to_owned());
    let status = answer.status().as_u16();
    let body = answer.bytes().await.unwrap();
    (status, kind, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn an_event_is_taken_now_later_or_not_at_all() {
    let running = running(Config::default()).await;
    let caller = Caller::known();
    let now = caller
        .invoke(&running, &[("content-type", "application/json")], &event())
        .await;
    assert_eq!(now.headers()["x-amz-executed-version"], "$LATEST");
    assert!(now.headers().contains_key("x-amzn-requestid"));
    assert!(!now.headers().contains_key("x-amz-function-error"));
    let (status, _, body) = told(now).await;
    assert_eq!((status, &body["statusCode"]), (200, &json!(200)));
    for (kind, status, mode) in [("Event", 202, "asynchronous"), ("DryRun", 204, "dry run")] {
        let answer = caller
            .invoke(&running, &[("x-amz-invocation-type", kind)], &event())
            .await;
        assert_eq!(answer.status().as_u16(), status);
        assert_eq!(answer.bytes().await.unwrap().len(), 0);
        assert_eq!(deliveries(&running, "aws_lambda").await[0]["mode"], mode);
    }
    let newest = &deliveries(&running, "aws_lambda").await[2];
    let told = ["event_name", "event_id", "value", "currency", "outcome"].map(|key| newest[key].clone());
    assert_eq!(
        json!(told),
        json!(["pipedrive_deal_updated", "u-1", "99.5", "EUR", "accepted"])
    );
    running.stop().await;
}

#[tokio::test]
async fn who_cannot_sign_is_refused() {
    let running = running(Config::default()).await;
    let unsigned = client().post(format!("{}{INVOKE}", running.url)).body(event());
    let (status, kind, body) = told(unsigned.send().await.unwrap()).await;
    assert_eq!(
        (status, kind.as_str()),
        (403, "MissingAuthenticationTokenException")
    );
    assert_eq!(body["message"], "Missing Authentication Token");
    let known = Caller::known();
    let late = Duration::from_mins(6);
    let other = Caller {
        service: "s3",
        ..known.clone()
    };
    for (caller, kind, part) in [
        (
            Caller::with("AKIADEMO", "wrong", None),
            "InvalidSignatureException",
            "does not match",
        ),
        (
            Caller::with("AKIANOBODY", "demo-token", None),
            "UnrecognizedClientException",
            "is invalid",
        ),
        (
            Caller::with("AKIADEMO", "demo-token", Some("t")),
            "UnrecognizedClientException",
            "is invalid",
        ),
        (
            Caller {
                at: known.at - late,
                ..known.clone()
            },
            "InvalidSignatureException",
            "Signature expired: ",
        ),
        (
            Caller {
                at: known.at + late,
                ..known.clone()
            },
            "InvalidSignatureException",
            "Signature not yet current: ",
        ),
        (other, "InvalidSignatureException", "correct service: 'lambda'"),
    ] {
        let (status, told, body) = told(caller.invoke(&running, &[], &event()).await).await;
        assert_eq!((status, told.as_str()), (403, kind));
        assert!(body["message"].as_str().unwrap().contains(part), "{body}");
    }
    assert_eq!(counts(&running, "aws_lambda").await, [0, 0, 7]);
    running.stop().await;
}

#[tokio::test]
async fn a_function_is_found_by_name_by_arn_and_by_alias() {
    let running = running(Config::default()).await;
    let caller = Caller::known();
    let ask = async |path: &str| told(caller.ask(&running, Method::POST, path, &[], b"{}").await).await;
    for name in [
        "omni",
        "omni:live",
        "omni/invocations?Qualifier=live",
        "omni/invocations?Qualifier=%24LATEST",
        "arn%3Aaws%3Alambda%3Aeu-central-1%3A123456789012%3Afunction%3Aomni%3Alive",
        "123456789012:function:omni",
    ] {
        let end = if name.contains("invocations") {
            ""
        } else {
            "/invocations"
        };
        let (status, _, body) = ask(&format!("/2015-03-31/functions/{name}{end}")).await;
        assert_eq!(status, 200, "{name}: {body}");
    }
    for name in ["nobody", "omni:dead", "omni/invocations?Qualifier=7"] {
        let end = if name.contains("invocations") {
            ""
        } else {
            "/invocations"
        };
        let (status, kind, body) = ask(&format!("/2015-03-31/functions/{name}{end}")).await;
        assert_eq!(
            (status, kind.as_str()),
            (404, "ResourceNotFoundException"),
            "{name}"
        );
        assert_eq!(body["Type"], "User");
    }
    running.stop().await;
}

#[tokio::test]
async fn payloads_have_a_form_and_a_size() {
    let running = running(Config::default()).await;
    let caller = Caller::known();
    let sized = |bytes: usize| json!("a".repeat(bytes - 2)).to_string().into_bytes();
    let later = [("x-amz-invocation-type", "Event")];
    for (headers, body, status, kind) in [
        (&[][..], sized(6 << 20), 200, ""),
        (&[][..], sized((6 << 20) + 1), 413, "RequestTooLargeException"),
        (&later[..], sized(1 << 20), 202, ""),
        (&later[..], sized((1 << 20) + 1), 413, "RequestTooLargeException"),
        (&[][..], b"{".to_vec(), 400, "InvalidRequestContentException"),
        (&[][..], Vec::new(), 200, ""),
        (
            &[("x-amz-invocation-type", "Soon")][..],
            b"{}".to_vec(),
            400,
            "ValidationException",
        ),
    ] {
        let (told_status, told_kind, body) = told(caller.invoke(&running, headers, &body).await).await;
        assert_eq!((told_status, told_kind.as_str()), (status, kind), "{body}");
    }
    running.stop().await;
}

#[tokio::test]
async fn lambda_and_the_function_fail_in_words_of_their_own() {
    let running = running(Config::default()).await;
    let caller = Caller::known();
    for (name, status, kind) in [
        ("throttled", 429, "TooManyRequestsException"),
        ("error", 500, "ServiceException"),
        ("unauthorized", 403, "UnrecognizedClientException"),
        ("forbidden", 403, "AccessDeniedException"),
    ] {
        trouble(&running, "aws_lambda", name).await;
        let answer = caller.invoke(&running, &[], &event()).await;
        if name == "throttled" {
            assert_eq!(answer.headers()["retry-after"], "1");
        }
        let (told_status, told_kind, body) = told(answer).await;
        assert_eq!((told_status, told_kind.as_str()), (status, kind));
        let reason = (name == "throttled").then_some("ReservedFunctionConcurrentInvocationLimitExceeded");
        assert_eq!(body["Reason"].as_str(), reason);
    }
    trouble(&running, "aws_lambda", "function").await;
    let answer = caller.invoke(&running, &[], &event()).await;
    assert_eq!(answer.headers()["x-amz-function-error"], "Unhandled");
    let (status, _, body) = told(answer).await;
    assert_eq!((status, &body["errorType"]), (200, &json!("Error")));
    assert!(body["errorMessage"].is_string());
    assert_eq!(counts(&running, "aws_lambda").await, [0, 0, 5]);
    running.stop().await;
}

#[tokio::test]
async fn an_event_that_the_function_throws_at_thrice_is_dropped() {
    let running = running(Config::default()).await;
    trouble(&running, "aws_lambda", "function").await;
    let later = [("x-amz-invocation-type", "Event")];
    let answer = Caller::known().invoke(&running, &later, &event()).await;
    assert_eq!(answer.status().as_u16(), 202);
    let dropped = until("the end of the attempts", async || {
        let newest = deliveries(&running, "aws_lambda").await.remove(0);
        (newest["outcome"] == "refused").then_some(newest)
    });
    assert_eq!(dropped.await["why"], "dropped: the function threw three times");
    running.stop().await;
}

fn with_url(url_auth: UrlAuth) -> Config {
    Config {
        stand_ins: StandIns {
            aws: Aws {
                url_auth,
                ..Aws::default()
            },
            ..StandIns::default()
        },
        ..Config::default()
    }
}

#[tokio::test]
async fn the_functions_url_is_open_or_for_those_who_sign() {
    for (auth, unsigned_status) in [(UrlAuth::None, 200), (UrlAuth::AwsIam, 403)] {
        let running = running(with_url(auth)).await;
        let url = format!("{}/function-url/", running.url);
        let (status, kind, body) = told(client().post(&url).body(event()).send().await.unwrap()).await;
        assert_eq!(status, unsigned_status);
        if status == 403 {
            assert_eq!(
                (kind.as_str(), body),
                ("AccessDeniedException", json!({"Message": "Forbidden"}))
            );
        } else {
            assert_eq!(body, json!({"accepted": 1}));
        }
        let path = "/function-url/events?a=b%20c";
        let signed = Caller::known()
            .ask(&running, Method::POST, path, &[], &event())
            .await;
        assert_eq!(told(signed).await.0, 200);
        let wrong = Caller::with("AKIADEMO", "wrong", None);
        let refused = wrong.ask(&running, Method::POST, path, &[], &event()).await;
        assert_eq!(
            refused.status().as_u16(),
            unsigned_status,
            "an open door asks nobody"
        );
        trouble(&running, "aws_lambda", "function").await;
        let broken = Caller::known()
            .ask(&running, Method::POST, path, &[], &event())
            .await;
        assert_eq!(broken.status().as_u16(), 502);
        running.stop().await;
    }
}
