//! What providers are asked, and what each documented answer means; over the wire and alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::{Arc, LazyLock, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode as Code, Uri};
use axum::response::IntoResponse;
use proptest::prelude::*;
use serde_json::{Value, json};
use stage::outbound::StatusCode;

use super::*;
use crate::config::HttpMethod;
use crate::email::block::tests::{any_json, fits};

/// Makes no call; to make one reads the system's certificates.
static OUTBOUND: LazyLock<Outbound> = LazyLock::new(|| Outbound::new(Email::default().outbound()).unwrap());

/// A provider that gives one answer and remembers what it was asked.
#[derive(Clone, Debug)]
pub(crate) struct StandIn {
    pub(crate) answer: Arc<Mutex<(u16, String)>>,
    asked: Arc<Mutex<Vec<(String, HeaderMap, String)>>>,
}

pub(crate) async fn stand_in() -> (String, StandIn) {
    let stand_in = StandIn {
        answer: Arc::new(Mutex::new((200, String::new()))),
        asked: Arc::default(),
    };
    let answer = async |State(it): State<StandIn>, uri: Uri, headers: HeaderMap, body: String| {
        it.asked.lock().unwrap().push((uri.to_string(), headers, body));
        let (code, body) = it.answer.lock().unwrap().clone();
        (Code::from_u16(code).unwrap(), [("retry-after", "17")], body).into_response()
    };
    let router = Router::new().fallback(answer).with_state(stand_in.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}", listener.local_addr().unwrap());
    // Ends with the test's runtime.
    tokio::spawn(async move { axum::serve(listener, router).await });
    (at, stand_in)
}

pub(crate) fn hunter(at: &str) -> Email {
    Email {
        provider: EmailProvider::Hunter,
        api_url: format!("{at}/v2/email-verifier"),
        api_key: "hush".into(),
        allow_private_addresses: true,
        ..Email::default()
    }
}

fn provider(settings: &Email) -> Box<dyn Provider> {
    of(settings).unwrap().unwrap()
}

pub(crate) fn valid() -> Value {
    json!({
        "data": {
            "status": "valid", "result": "deliverable", "_deprecation_notice": "use status", "score": 97,
            "email": "ada@example.com", "regexp": true, "gibberish": false, "disposable": false, "webmail": false,
            "mx_records": true, "smtp_server": true, "smtp_check": true, "accept_all": false, "block": false,
            "sources": [{"domain": "example.com", "uri": "https://example.com/team", "extracted_on": "2025-03-14",
                "last_seen_on": "2026-08-02", "still_on_page": true}],
        },
        "meta": {"params": {"email": "ada@example.com"}},
    })
}

fn refusal(code: u16, id: &str) -> Value {
    json!({"errors": [{"id": id, "code": code, "details": "ada@example.com"}]})
}

#[tokio::test]
async fn every_documented_answer_of_hunter_is_understood() {
    let (at, stand_in) = stand_in().await;
    let settings = hunter(&at);
    let (provider, outbound) = (provider(&settings), Outbound::new(settings.outbound()).unwrap());
    let seconds = Some(Duration::from_secs(17));
    for (code, body, expected) in [
        (202, json!({"data": null}), Reply::Pending),
        (222, refusal(222, "unexpected_response"), Reply::Pending),
        (400, refusal(400, "invalid_email"), Reply::Invalid),
        (400, refusal(400, "wrong_params"), Reply::Unexpected),
        (401, refusal(401, "authentication_failed"), Reply::Unauthorized),
        (
            403,
            refusal(403, "too_many_requests"),
            Reply::Limited { retry_after: seconds },
        ),
        (
            429,
            refusal(429, "too_many_requests"),
            Reply::Limited { retry_after: seconds },
        ),
        (451, refusal(451, "claimed_email"), Reply::Refused),
        (500, json!(null), Reply::Failed { retry_after: seconds }),
        (503, json!(null), Reply::Failed { retry_after: seconds }),
        (404, json!(null), Reply::Unexpected),
        (200, json!({"data": {}}), Reply::Unexpected),
        (200, json!([]), Reply::Unexpected),
        (302, json!(null), Reply::Unexpected),
    ] {
        *stand_in.answer.lock().unwrap() = (code, body.to_string());
        assert_eq!(
            provider.ask(&outbound, "ada@example.com").await,
            expected,
            "{code}"
        );
    }
    *stand_in.answer.lock().unwrap() = (200, valid().to_string());
    let Reply::Known(block) = provider.ask(&outbound, "ada+crm&x=1@example.com").await else {
        panic!("not known")
    };
    let mut expected = valid()["data"].as_object().unwrap().clone();
    for (theirs, ours) in [
        ("score", Some("score_value")),
        ("result", Some("score")),
        ("email", None),
        ("_deprecation_notice", None),
    ] {
        let value = expected.remove(theirs).unwrap();
        ours.map(|ours| expected.insert(ours.to_owned(), value));
    }
    assert_eq!(block, expected);
    let (uri, headers, _) = stand_in.asked.lock().unwrap().pop().unwrap();
    assert_eq!(uri, "/v2/email-verifier?email=ada%2Bcrm%26x%3D1%40example.com");
    assert_eq!(headers["x-api-key"], "hush");
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_says_so_without_key_or_address() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let settings = hunter(&at);
    let outbound = Outbound::new(settings.outbound()).unwrap();
    let reply = provider(&settings).ask(&outbound, "ada@example.com").await;
    let shown = format!("{reply:?}");
    assert!(matches!(reply, Reply::Unreachable(_)), "{shown}");
    assert!(!shown.contains("hush") && !shown.contains("ada"), "{shown}");
}

#[test]
fn a_word_of_hunter_that_nobody_knows_is_unknown() {
    let answer = answer(200, &json!({"data": {"status": "splendid"}}));
    let Reply::Known(block) = provider(&hunter("http://127.0.0.1")).judge(&answer) else {
        panic!("not known")
    };
    assert_eq!(Value::from(block), json!({"status": "unknown", "score": "risky"}));
}

fn answer(code: u16, body: &Value) -> Answer {
    Answer {
        status: StatusCode::from_u16(code).unwrap(),
        headers: header::HeaderMap::new(),
        body: body.to_string().into(),
    }
}

fn mapped(at: &str) -> Email {
    let map = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    };
    let mut settings = Email {
        provider: EmailProvider::Http,
        allow_private_addresses: true,
        ..Email::default()
    };
    settings.http.url = format!("{at}/v1/{{email}}?full=1&to={{email}}");
    settings.http.headers = [("authorization".to_owned(), "Bearer hush".into())].into();
    settings.http.pending_codes = vec![202, 249];
    settings.http.invalid_codes = vec![422];
    settings.http.status_path = "data.state".to_owned();
    settings.http.result_path = "/data/verdict".to_owned();
    settings.http.score_path = "data.sendex".to_owned();
    settings.http.score_max = 1;
    settings.http.status_words = map(&[
        ("Catch-All", "accept_all"),
        ("retry", "pending"),
        ("do_not_mail", "refused"),
    ]);
    settings.http.result_words = map(&[("ok", "deliverable")]);
    settings.http.flag_paths = map(&[("mx_records", "data.mx.0.found"), ("webmail", "data.free")]);
    settings.http.sources_path = "data.seen".to_owned();
    settings.http.source_paths = map(&[
        ("domain", "site.host"),
        ("uri", "/site/pages/0"),
        ("extracted_on", "first"),
        ("last_seen_on", "last"),
        ("still_on_page", "live"),
    ]);
    settings
}

#[tokio::test]
async fn any_provider_is_asked_and_understood_by_its_mapping() {
    let (at, stand_in) = stand_in().await;
    let settings = mapped(&at);
    let (provider, outbound) = (provider(&settings), Outbound::new(settings.outbound()).unwrap());
    let body = json!({"data": {"state": "catch-all ", "verdict": "OK", "sendex": 0.23, "free": "no", "mx": [{"found": true}]}});
    *stand_in.answer.lock().unwrap() = (200, body.to_string());
    let Reply::Known(block) = provider.ask(&outbound, "a/../b?c#d@example.com").await else {
        panic!("not known")
    };
    let expected = json!({
        "status": "accept_all", "score": "deliverable", "score_value": 23, "mx_records": true, "webmail": false,
    });
    assert_eq!(Value::from(block), expected);
    let (uri, headers, _) = stand_in.asked.lock().unwrap().pop().unwrap();
    let encoded = "a%2F..%2Fb%3Fc%23d%40example.com";
    assert_eq!(uri, format!("/v1/{encoded}?full=1&to={encoded}"));
    assert_eq!(headers["authorization"], "Bearer hush");
}

#[test]
fn the_pages_of_a_mapping_become_our_sources() {
    let page = |host: &str| json!({"site": {"host": host, "pages": ["https://example.com/team"]}, "first": "2025-03-14T08:00:00Z", "live": 1, "uri": "theirs"});
    let mut seen = vec![page("example.com"), json!({"last": "yesterday"}), json!("a page")];
    seen.extend((0..30).map(|_| page("example.org")));
    let sources = |settings: &Email, seen: &Value| {
        let body = json!({"data": {"state": "valid", "seen": seen}});
        match provider(settings).judge(&answer(200, &body)) {
            Reply::Known(block) => block.get("sources").cloned(),
            _ => panic!("not known"),
        }
    };
    let mut settings = mapped("http://127.0.0.1");
    let told = sources(&settings, &json!(seen)).unwrap();
    let expected = json!({"domain": "example.com", "uri": "https://example.com/team", "extracted_on": "2025-03-14", "still_on_page": true});
    assert_eq!(told[0], expected);
    assert_eq!(told[1]["domain"], json!("example.org"));
    assert_eq!(told.as_array().unwrap().len(), 20);
    for nothing in [json!(null), json!([]), json!({"site": {}}), json!("a page")] {
        assert_eq!(sources(&settings, &nothing), None, "{nothing}");
    }
    settings.http.sources_path = String::new();
    settings.http.source_paths.clear();
    assert_eq!(sources(&settings, &json!(seen)), None);
}

#[test]
fn words_and_codes_of_a_mapping_can_say_pending_refused_and_invalid() {
    let provider = provider(&mapped("http://127.0.0.1"));
    let state = |word: &str| json!({"data": {"state": word}});
    for (code, body, expected) in [
        (249, json!(null), Reply::Pending),
        (200, state("RETRY"), Reply::Pending),
        (200, state("do_not_mail"), Reply::Refused),
        (451, json!(null), Reply::Refused),
        (422, json!(null), Reply::Invalid),
        (401, json!(null), Reply::Unauthorized),
        (429, json!(null), Reply::Limited { retry_after: None }),
        (502, json!(null), Reply::Failed { retry_after: None }),
        (200, json!({"data": {"state": []}}), Reply::Unexpected),
        (404, json!(null), Reply::Unexpected),
    ] {
        assert_eq!(provider.judge(&answer(code, &body)), expected, "{code} {body}");
    }
}

#[tokio::test]
async fn an_address_stays_inside_the_body_it_is_put_into() {
    let (at, stand_in) = stand_in().await;
    let mut settings = mapped(&at);
    settings.http.url = format!("{at}/verify");
    settings.http.method = HttpMethod::Post;
    settings.http.body = r#"{"to_email": "{email}"}"#.to_owned();
    let (provider, outbound) = (provider(&settings), Outbound::new(settings.outbound()).unwrap());
    let odd = "\"a\\\",\"@example.com\"";
    provider.ask(&outbound, odd).await;
    let (uri, headers, body) = stand_in.asked.lock().unwrap().pop().unwrap();
    assert!(uri == "/verify" && headers["content-type"] == "application/json");
    let sent: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(sent, json!({ "to_email": odd }));
}

proptest! {
    #[test]
    fn no_answer_makes_a_mapping_panic(code in 200u16..600, body in any_json(), raw: Vec<u8>) {
        for settings in [hunter("http://127.0.0.1"), mapped("http://127.0.0.1")] {
            let provider = provider(&settings);
            for body in [body.clone(), json!({"data": body, "errors": [body]}), json!({"data": {"status": "valid", "state": body, "sources": [body], "seen": [body]}})] {
                if let Reply::Known(block) = provider.judge(&answer(code, &body)) {
                    prop_assert!(fits(&block), "{:?}", block);
                }
            }
            provider.judge(&Answer { body: raw.clone().into(), ..answer(code, &json!(null)) });
        }
    }

    #[test]
    fn any_address_makes_a_question(address in ".{1,40}@.{1,20}") {
        let settings = mapped("http://127.0.0.1");
        for settings in [hunter("http://127.0.0.1"), settings] {
            let request = provider(&settings).request(&OUTBOUND, &address).build().unwrap();
            prop_assert_eq!(request.url().host_str(), Some("127.0.0.1"));
            let shown = format!("{} {request:?}", request.url());
            prop_assert!(!shown.contains("hush"), "{}", shown);
        }
    }
}
