//! By the Invoke API: the payload is the event, or a list of events.

use axum::http::StatusCode;
use serde_json::json;

use super::omni::{Instead, refusal};
use super::runtime::Outcome;
use super::{Scene, event};

#[tokio::test]
async fn an_event_is_posted_and_counted() {
    let scene = Scene::begin().await;
    let outcome = scene.invoke(&event(1)).await;
    assert_eq!(outcome, Outcome::Answered(json!({ "taken": 1, "refused": [] })));
    assert_eq!(scene.omni.posts(), [event(1)]);
}

#[tokio::test]
async fn a_batch_is_posted_at_once_in_its_order() {
    let scene = Scene::begin().await;
    let batch = json!([event(3), event(1), event(2)]);
    let outcome = scene.invoke(&batch).await;
    assert_eq!(outcome, Outcome::Answered(json!({ "taken": 3, "refused": [] })));
    assert_eq!(scene.omni.posts(), [batch]);
}

#[tokio::test]
async fn a_batch_that_is_too_large_for_one_post_goes_in_several() {
    let scene = Scene::with(&[("OMNI_LAMBDA__BATCH_EVENTS_MAX", "2")]).await;
    let mut no_event = event(4);
    no_event.as_object_mut().unwrap().remove("event_uuid");
    let outcome = scene
        .invoke(&json!([event(0), event(1), event(2), no_event]))
        .await;
    let Outcome::Answered(answer) = outcome else {
        panic!("{outcome:?}")
    };
    // The place is that of the payload, not that of the post.
    assert_eq!(
        (&answer["taken"], &answer["refused"][0]["index"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(scene.omni.posts().len(), 2);
}

#[tokio::test]
async fn only_what_a_flat_event_has_is_posted() {
    let scene = Scene::with(&[
        ("OMNI_LAMBDA__RENAME", "value=deal_value"),
        ("OMNI_LAMBDA__CONSTANTS", "event_host=acme.example.com"),
    ])
    .await;
    let mut odd = event(1);
    odd["value"] = serde_json::from_str("12345678901234567.8900").unwrap();
    odd["unique_event_id"] = json!("x");
    odd["deal_title"] = json!({ "nested": true });
    odd["deal_label"] = json!(null);
    let outcome = scene.invoke(&odd).await;
    let told = json!({ "taken": 1, "refused": [], "left_out": ["deal_title", "unique_event_id"] });
    assert_eq!(outcome, Outcome::Answered(told));
    let mut posted = event(1);
    posted["deal_value"] = odd["value"].clone();
    posted["event_host"] = json!("acme.example.com");
    assert_eq!(scene.omni.posts(), [posted]);
}

#[tokio::test]
async fn a_refused_event_is_told_and_not_thrown() {
    let scene = Scene::begin().await;
    let batch = json!([event(1), { "event_id": 7 }, "text", { "foo": 1 }, event(2)]);
    let outcome = scene.invoke(&batch).await;
    let told = json!({
        "taken": 2,
        "refused": [
            refusal(1),
            { "index": 2, "reason": "not a JSON object" },
            { "index": 3, "reason": "has no key of a flat event" },
        ],
        "left_out": ["foo"],
    });
    assert_eq!(outcome, Outcome::Answered(told));
}

#[tokio::test]
async fn an_event_that_is_too_large_is_told_and_not_thrown() {
    let scene = Scene::begin().await;
    scene
        .omni
        .answer_next(Instead::Status(StatusCode::PAYLOAD_TOO_LARGE, ""));
    let outcome = scene.invoke(&event(1)).await;
    let refused = json!([{ "index": 0, "reason": "the event is larger than omni takes" }]);
    assert_eq!(
        outcome,
        Outcome::Answered(json!({ "taken": 0, "refused": refused }))
    );
}

#[tokio::test]
async fn a_payload_that_holds_no_events_is_told_and_not_thrown() {
    let scene = Scene::begin().await;
    let reason = "the payload is neither a JSON object nor a list";
    let told = json!({ "taken": 0, "refused": [{ "index": 0, "reason": reason }] });
    assert_eq!(scene.invoke(&json!("text")).await, Outcome::Answered(told));
    let nothing = json!({ "taken": 0, "refused": [] });
    assert_eq!(scene.invoke(&json!([])).await, Outcome::Answered(nothing));
    assert!(scene.omni.posts().is_empty());
}

#[tokio::test]
async fn the_connection_is_kept_between_invocations() {
    let scene = Scene::begin().await;
    for number in 1..=5 {
        scene.invoke(&event(number)).await;
    }
    assert_eq!((scene.omni.posts().len(), scene.omni.connections()), (5, 1));
}
