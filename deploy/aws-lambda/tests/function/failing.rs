//! What is thrown: everything that leaves events without Omni, and that another try may mend.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;

use super::child::Child;
use super::omni::{Instead, Omni, TOKEN};
use super::runtime::{Outcome, Runtime};
use super::{Scene, event};

fn threw(outcome: Outcome) -> (String, String) {
    match outcome {
        Outcome::Threw { kind, message } => (kind, message),
        Outcome::Answered(answer) => panic!("answered {answer}"),
    }
}

#[tokio::test]
async fn events_are_thrown_back_while_omni_is_away_and_taken_when_it_is_back() {
    let Scene {
        runtime,
        omni,
        child: _child,
    } = Scene::begin().await;
    let invoke = async || runtime.invoke(event(1).to_string(), super::PATIENCE).await;
    assert_eq!(
        invoke().await,
        Outcome::Answered(json!({ "taken": 1, "refused": [] }))
    );
    let port = omni.stop();
    let (kind, message) = threw(invoke().await);
    assert_eq!(kind, "Omni.TryAgain");
    assert!(
        message.starts_with("omni cannot be asked: cannot reach 127.0.0.1"),
        "{message}"
    );
    let back = Omni::start_at(port).await;
    assert_eq!(
        invoke().await,
        Outcome::Answered(json!({ "taken": 1, "refused": [] }))
    );
    assert_eq!(back.posts(), [event(1)]);
}

#[tokio::test]
async fn an_answer_that_asks_for_another_try_is_thrown() {
    let scene = Scene::begin().await;
    for status in [429, 408, 500, 503] {
        let status = StatusCode::from_u16(status).unwrap();
        scene.omni.answer_next(Instead::Status(status, ""));
        let (kind, message) = threw(scene.invoke(&json!([event(1), event(2)])).await);
        assert_eq!(kind, "Omni.TryAgain");
        assert!(message.contains(status.as_str()), "{message}");
    }
    assert!(scene.omni.posts().is_empty());
}

#[tokio::test]
async fn what_a_person_must_mend_is_thrown_with_what_to_mend() {
    let scene = Scene::begin().await;
    for (status, says) in [
        (StatusCode::FORBIDDEN, "OMNI_LAMBDA__TOKEN"),
        (StatusCode::NOT_FOUND, "OMNI_LAMBDA__COLLECTOR_URL"),
        (StatusCode::FOUND, "OMNI_LAMBDA__COLLECTOR_URL"),
        (StatusCode::BAD_REQUEST, "OMNI_LAMBDA__COLLECTOR_URL"),
        (StatusCode::PAYLOAD_TOO_LARGE, "OMNI_LAMBDA__BATCH_BYTES_MAX"),
    ] {
        scene.omni.answer_next(Instead::Status(status, ""));
        let (kind, message) = threw(scene.invoke(&json!([event(1), event(2)])).await);
        assert_eq!(kind, "Omni.Misconfigured");
        assert!(message.contains(says), "{message}");
    }
}

#[tokio::test]
async fn a_wrong_token_is_told_by_the_first_call_and_never_shown() {
    let scene = Scene::with(&[("OMNI_LAMBDA__TOKEN", "a-wrong-one")]).await;
    let (kind, message) = threw(scene.invoke(&event(1)).await);
    assert_eq!(kind, "Omni.Misconfigured");
    assert!(
        message.starts_with("omni refuses the token (401 Unauthorized)"),
        "{message}"
    );
    let log = scene.child.log();
    assert!(
        log.contains("refuses the token") && !log.contains("a-wrong-one"),
        "{log}"
    );
}

#[tokio::test]
async fn an_invocation_ends_before_lambda_cuts_it_off() {
    let scene = Scene::begin().await;
    // The first one waits for the program to start.
    scene.invoke(&event(1)).await;
    scene.omni.answer_next(Instead::Never);
    let time = Duration::from_secs(3);
    let (kind, message) = threw(scene.runtime.invoke(event(2).to_string(), time).await);
    assert_eq!(kind, "Omni.TryAgain");
    assert!(message.contains("the invocation has no more time"), "{message}");
    let waited = message.split(' ').find_map(|word| word.parse::<u64>().ok());
    assert!(waited.is_some_and(|ms| ms <= 2_700), "{message}");
}

#[tokio::test]
async fn omni_is_waited_for_no_longer_than_the_settings_say() {
    let scene = Scene::with(&[("OMNI_LAMBDA__TIMEOUT_MS", "200")]).await;
    scene.omni.answer_next(Instead::Never);
    let (kind, message) = threw(scene.invoke(&event(1)).await);
    assert_eq!(kind, "Omni.TryAgain");
    assert!(message.contains("within 200 ms"), "{message}");
}

#[tokio::test]
async fn without_time_omni_is_not_even_asked() {
    let scene = Scene::begin().await;
    let (kind, message) = threw(
        scene
            .runtime
            .invoke(event(1).to_string(), Duration::from_millis(100))
            .await,
    );
    assert_eq!(kind, "Omni.TryAgain");
    assert!(message.contains("longer timeout"), "{message}");
    assert!(scene.omni.posts().is_empty());
}

#[tokio::test]
async fn a_private_address_is_not_called_unless_it_is_allowed() {
    let (runtime, omni) = (Runtime::start().await, Omni::start().await);
    let url = omni.url().replace("http:", "https:");
    let settings = [
        ("OMNI_LAMBDA__ALLOW_PRIVATE_ADDRESSES", "false"),
        ("OMNI_LAMBDA__COLLECTOR_URL", url.as_str()),
    ];
    let _child = Child::start(
        env!("CARGO_BIN_EXE_omni-lambda").as_ref(),
        &runtime,
        &omni,
        &settings,
    );
    let (kind, message) = threw(runtime.invoke(event(1).to_string(), super::PATIENCE).await);
    assert_eq!(kind, "Omni.Misconfigured");
    assert!(message.contains("is not a public address"), "{message}");
    assert_eq!(omni.connections(), 0);
}

#[tokio::test]
async fn neither_tokens_nor_events_are_logged() {
    let scene = Scene::with(&[("OMNI_STAGE__LOG_LEVEL", "trace")]).await;
    let mut named = event(1);
    named["contact_email"] = json!("jack@example.com");
    scene.invoke(&named).await;
    scene.omni.answer_next(Instead::Status(
        StatusCode::SERVICE_UNAVAILABLE,
        "jack@example.com",
    ));
    scene.invoke(&named).await;
    let log = scene.child.log();
    assert!(
        log.contains("TRACE") && log.contains("asks to try again"),
        "{log}"
    );
    for secret in [TOKEN, "jack@example.com"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[tokio::test]
async fn the_program_ends_when_the_runtime_goes_away() {
    let Scene {
        runtime,
        omni: _omni,
        mut child,
    } = Scene::begin().await;
    runtime.invoke(event(1).to_string(), super::PATIENCE).await;
    drop(runtime);
    assert_eq!(child.ended().await.code(), Some(1));
}
