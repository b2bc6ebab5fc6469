//! By a function URL: the event is the body of an HTTP request, and the answer is an HTTP response.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::omni::Instead;
use super::runtime::Outcome;
use super::{Scene, event, url_request};

/// The response's status and body.
fn response(outcome: Outcome) -> (u64, Value, Value) {
    let Outcome::Answered(response) = outcome else {
        panic!("{outcome:?}")
    };
    let body = response["body"].as_str().unwrap();
    assert_eq!(response["headers"]["content-type"], "application/json");
    let told = serde_json::from_str(body).unwrap();
    (
        response["statusCode"].as_u64().unwrap(),
        told,
        response["headers"].clone(),
    )
}

#[tokio::test]
async fn a_plain_and_a_base64_body_are_the_same_event() {
    let scene = Scene::begin().await;
    let text = event(1).to_string();
    let base64 = base64_of(&text);
    for request in [url_request(&text, false), url_request(&base64, true)] {
        let (status, told, _) = response(scene.invoke(&request).await);
        assert_eq!((status, told), (200, json!({ "taken": 1, "refused": [] })));
    }
    assert_eq!(scene.omni.posts(), [event(1), event(1)]);
}

#[tokio::test]
async fn a_batch_of_which_something_is_taken_is_answered_200_and_one_of_which_nothing_is_422() {
    let scene = Scene::begin().await;
    let some = json!([event(1), { "event_id": 7 }]).to_string();
    let (status, told, _) = response(scene.invoke(&url_request(&some, false)).await);
    assert_eq!(
        (status, &told["taken"], &told["refused"][0]["index"]),
        (200, &json!(1), &json!(1))
    );
    let (status, told, _) = response(scene.invoke(&url_request(r#"{"event_id":7}"#, false)).await);
    assert_eq!((status, &told["taken"]), (422, &json!(0)));
}

#[tokio::test]
async fn a_request_that_is_no_event_is_refused_by_its_status() {
    let scene = Scene::begin().await;
    let mut other_method = url_request("{}", false);
    other_method["requestContext"]["http"]["method"] = json!("PUT");
    for (request, refused) in [
        (other_method, 405),
        (url_request("", false), 400),
        (url_request("{", false), 400),
        (url_request("%", true), 400),
    ] {
        let (status, told, _) = response(scene.invoke(&request).await);
        assert_eq!((status, &told["taken"]), (refused, &json!(0)), "{told}");
    }
    assert!(scene.omni.posts().is_empty());
}

#[tokio::test]
async fn what_omni_does_not_take_now_is_answered_so_that_it_is_sent_again() {
    let scene = Scene::begin().await;
    let request = url_request(&event(1).to_string(), false);
    scene
        .omni
        .answer_next(Instead::Later(StatusCode::TOO_MANY_REQUESTS, "7"));
    let (status, told, headers) = response(scene.invoke(&request).await);
    assert_eq!(
        (status, &told["error"], &headers["retry-after"]),
        (503, &json!("Omni.TryAgain"), &json!("7"))
    );
    scene
        .omni
        .answer_next(Instead::Status(StatusCode::UNAUTHORIZED, ""));
    let (status, told, _) = response(scene.invoke(&request).await);
    assert_eq!((status, &told["error"]), (502, &json!("Omni.Misconfigured")));
    let (status, ..) = response(scene.invoke(&request).await);
    assert_eq!(status, 200);
}

fn base64_of(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
