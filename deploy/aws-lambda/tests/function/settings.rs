//! What the function needs to start, and what it says without it.

use std::io::Write as _;

use serde_json::json;

use super::omni::TOKEN;
use super::runtime::Outcome;
use super::{Scene, event};

#[tokio::test]
async fn the_token_may_come_from_a_file() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{TOKEN}").unwrap();
    let path = file.path().to_str().unwrap();
    let scene = Scene::with(&[("OMNI_LAMBDA__TOKEN", ""), ("OMNI_LAMBDA__TOKEN_FILE", path)]).await;
    let outcome = scene.invoke(&event(1)).await;
    assert_eq!(outcome, Outcome::Answered(json!({ "taken": 1, "refused": [] })));
}

#[tokio::test]
async fn settings_that_cannot_work_are_told_to_the_runtime() {
    for (setting, says) in [
        (("OMNI_LAMBDA__TOKEN", ""), "`token` (or `token_file`) must be"),
        (("OMNI_LAMBDA__TOKEN_FILE", "/nowhere"), "both `lambda.token` and"),
        (
            ("OMNI_LAMBDA__COLLECTOR_URL", "omni"),
            "`collector_url` must be the https address",
        ),
        (
            ("OMNI_LAMBDA__RENAME", "value=worth"),
            "`worth` is no key of the flat event",
        ),
        (("OMNI_LAMBDA__TIMEOUT", "5"), "timeout_ms"),
        (("OMNI_STAGE__LOG_LEVEL", "a=b=c"), "log_level"),
    ] {
        let mut scene = Scene::with(&[setting]).await;
        let said = scene.runtime.init_error().await;
        assert_eq!(said["errorType"], "Omni.Settings");
        let message = said["errorMessage"].as_str().unwrap();
        assert!(message.contains(says), "{setting:?}: {message}");
        assert_eq!(scene.child.ended().await.code(), Some(2));
        assert!(scene.child.log().contains(message));
        assert!(!message.contains(TOKEN));
    }
}
