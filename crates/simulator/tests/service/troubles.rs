//! What a test breaks is broken as asked: for a share, for a while, for some ids, for the verifier.

use serde_json::{Value, json};
use simulator::{Config, Faults, Limits, Trouble};

use crate::api::{config, told_by};
use crate::receiver::{Running, client, until};

async fn running(config: Config) -> Running {
    Running::start(Config {
        history_events: 0,
        ..config
    })
    .await
}

async fn set(running: &Running, faults: Value) -> u16 {
    let request = client().put(format!("{}/simulator/faults", running.url));
    request.json(&faults).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_share_of_requests_fails() {
    let running = running(config()).await;
    set(&running, json!({"api": "error", "api_percent": 25})).await;
    let mut failed = 0;
    for _ in 0..20 {
        failed += usize::from(running.get("/api/v2/stages/1").await.0 == 500);
    }
    assert_eq!(failed, 5);
    assert_eq!(set(&running, json!({"api_percent": 101})).await, 422);
    running.stop().await;
}

#[tokio::test]
async fn a_trouble_passes_by_itself() {
    let running = running(config()).await;
    set(&running, json!({"api": "banned", "for_ms": 400})).await;
    assert_eq!(running.get("/api/v2/stages/1").await.0, 403);
    until("the end of the trouble", async || {
        (running.get("/api/v2/stages/1").await.0 == 200).then_some(())
    })
    .await;
    assert_eq!(running.get("/simulator/faults").await.1["api"], "none");
    running.stop().await;
}

#[tokio::test]
async fn a_connection_can_end_without_an_answer() {
    let running = running(Config {
        faults: Faults {
            api: Trouble::Cut,
            ..Faults::default()
        },
        ..config()
    })
    .await;
    let ask = async || {
        let request = client().get(format!("{}/api/v2/stages/1", running.url));
        let answer = request.header("x-api-token", "simulated").send().await?;
        answer.bytes().await
    };
    assert!(ask().await.is_err());
    set(&running, json!({"api": "unreachable"})).await;
    assert!(ask().await.is_err());
    let (_, stats) = running.get("/simulator/stats").await;
    assert_eq!(stats["api"]["unanswered"], 2);
    set(&running, json!({})).await;
    assert!(ask().await.is_ok());
    running.stop().await;
}

#[tokio::test]
async fn some_ids_are_hidden_or_forbidden() {
    let (running, _) = told_by(config()).await;
    let (_, deals) = running.get("/api/v2/deals?limit=3").await;
    let id = |place: usize| deals["data"][place]["id"].to_string();
    let faults = json!({
        "not_found": [format!("deals/{}", id(0)), "users/me"], "forbidden": [format!("deals/{}", id(1))],
    });
    assert_eq!(set(&running, faults).await, 200);
    assert_eq!(running.get(&format!("/api/v2/deals/{}", id(0))).await.0, 404);
    assert_eq!(running.get("/v1/users/me").await.0, 404);
    let (status, answer) = running.get(&format!("/api/v2/deals/{}", id(1))).await;
    assert_eq!((status, &answer["success"]), (403, &json!(false)));
    let path = format!("/api/v2/deals?ids={},{},{}", id(0), id(1), id(2));
    let (_, seen) = running.get(&path).await;
    assert_eq!(seen["data"].as_array().map(Vec::len), Some(1));
    running.stop().await;
}

#[tokio::test]
async fn the_verifier_gives_every_documented_answer() {
    let running = running(config()).await;
    let ask = async || {
        running
            .get("/v2/email-verifier?api_key=k&email=anna@firm.example")
            .await
    };
    for (trouble, status) in [
        ("pending", 202),
        ("unsure", 222),
        ("wrong_params", 400),
        ("unauthorized", 401),
        ("throttled", 403),
        ("used_up", 429),
        ("claimed", 451),
        ("error", 500),
        ("down", 503),
        ("none", 200),
    ] {
        assert_eq!(set(&running, json!({"verifier": trouble})).await, 200);
        assert_eq!(ask().await.0, status, "{trouble}");
    }
    running.stop().await;
}

#[tokio::test]
async fn verifications_are_counted_and_end_with_the_credits() {
    let running = running(Config {
        limits: Limits {
            verifier_credits: Some(2),
            ..Limits::default()
        },
        ..config()
    })
    .await;
    let mut seen = Vec::new();
    for email in [
        "a@firm.example",
        "claimed@firm.example",
        "pending@firm.example",
        "b@firm.example",
    ] {
        let path = format!("/v2/email-verifier?api_key=k&email={email}");
        seen.push(running.get(&path).await.0);
    }
    assert_eq!(seen, [200, 451, 202, 429]);
    let wrong = running
        .get("/v2/email-verifier?api_key=invalid&email=a@firm.example")
        .await;
    assert_eq!(wrong.0, 401);
    let (_, stats) = running.get("/simulator/stats").await;
    let verifier = &stats["verifier"];
    assert_eq!(
        (&verifier["requests"], &verifier["credits"]),
        (&json!(5), &json!(2))
    );
    assert_eq!(verifier["answers"]["451"], 1);
    running.stop().await;
}
