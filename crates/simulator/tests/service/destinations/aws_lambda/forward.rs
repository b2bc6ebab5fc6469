//! A function that runs elsewhere: what it is given, and what becomes of what it returns.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Aws, Config, StandIns};

use super::{Caller, INVOKE, counts, event, running, told};
use crate::receiver::{Running, until};

type Answer = fn() -> Response;

/// A process that answers the same to every event, and remembers what it was given.
async fn function(
    answer: impl Fn() -> Response + Clone + Send + Sync + 'static,
) -> (Running, Arc<Mutex<Vec<Value>>>) {
    let given = Arc::new(Mutex::new(Vec::new()));
    let seen = given.clone();
    let app = Router::new().fallback(move |body: Bytes| async move {
        seen.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
        answer()
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/run", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let running = running(Config {
        stand_ins: StandIns {
            aws: Aws {
                forward: Some(url.parse().unwrap()),
                ..Aws::default()
            },
            ..StandIns::default()
        },
        ..Config::default()
    })
    .await;
    (running, given)
}

#[tokio::test]
async fn what_the_function_returns_is_the_answer() {
    let (running, given) = function(|| r#"{"taken": 1}"#.into_response()).await;
    let answer = Caller::known()
        .ask(&running, Method::POST, INVOKE, &[], &event())
        .await;
    let (status, _, body) = told(answer).await;
    assert_eq!((status, body), (200, json!({"taken": 1})));
    assert_eq!(
        given.lock().unwrap()[0],
        serde_json::from_slice::<Value>(&event()).unwrap()
    );
    let later = [("x-amz-invocation-type", "Event")];
    Caller::known()
        .ask(&running, Method::POST, INVOKE, &later, &event())
        .await;
    until("the later one", async || {
        (given.lock().unwrap().len() == 2).then_some(())
    })
    .await;
    running.stop().await;
}

#[tokio::test]
async fn the_functions_url_gives_it_a_request() {
    let answer =
        || r#"{"statusCode": 201, "headers": {"x-own": "1"}, "body": "aGk=", "isBase64Encoded": true}"#;
    let (running, given) = function(move || answer().into_response()).await;
    let path = "/function-url/events?a=b";
    let headers = [("content-type", "application/json"), ("x-twice", "1")];
    let answer = Caller::known()
        .ask(&running, Method::POST, path, &headers, &event())
        .await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["x-own"]),
        (201, &"1".parse().unwrap())
    );
    assert_eq!(answer.text().await.unwrap(), "hi");
    let given = given.lock().unwrap()[0].clone();
    assert_eq!(given["version"], "2.0");
    assert_eq!(
        (&given["rawPath"], &given["rawQueryString"]),
        (&json!("/events"), &json!("a=b"))
    );
    assert_eq!(given["body"], String::from_utf8(event()).unwrap());
    assert_eq!(given["requestContext"]["http"]["method"], "POST");
    assert_eq!(
        (&given["isBase64Encoded"], &given["headers"]["x-twice"]),
        (&json!(false), &json!("1"))
    );
    running.stop().await;
}

#[tokio::test]
async fn a_function_that_fails_is_told_on_a_200() {
    let cases: [(Answer, &str); 3] = [
        (
            || r#"{"errorType": "Exited", "errorMessage": "no"}"#.into_response(),
            "Exited",
        ),
        (
            || axum::http::StatusCode::BAD_GATEWAY.into_response(),
            "Runtime.ExitError",
        ),
        (
            || " ".repeat((6 << 20) + 101).into_response(),
            "Function.ResponseSizeTooLarge",
        ),
    ];
    for (answer, kind) in cases {
        let (running, _) = function(answer).await;
        let answer = Caller::known()
            .ask(&running, Method::POST, INVOKE, &[], &event())
            .await;
        assert_eq!(answer.headers()["x-amz-function-error"], "Unhandled");
        let (status, _, body) = told(answer).await;
        assert_eq!((status, body["errorType"].as_str()), (200, Some(kind)));
        assert_eq!(counts(&running, "aws_lambda").await, [0, 0, 1]);
        running.stop().await;
    }
}
