//! What a client uses is measured, told and refused as Pipedrive refuses it.

use serde_json::{Value, json};
use simulator::{Config, Limits};

use crate::api::config;
use crate::receiver::{Running, client};

async fn running(limits: Limits) -> Running {
    Running::start(Config {
        history_events: 0,
        limits,
        ..config()
    })
    .await
}

async fn patch(running: &Running, limits: Value) -> (u16, Value) {
    let request = client().patch(format!("{}/simulator/limits", running.url));
    let answer = request.json(&limits).send().await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn a_day_can_be_cut_short_while_it_runs() {
    let running = running(Limits::default()).await;
    assert_eq!(running.get("/api/v2/deals").await.0, 200);
    let (status, limits) = patch(&running, json!({"tokens_daily": 12})).await;
    assert_eq!(
        (status, &limits["tokens_daily"], &limits["burst_max"]),
        (200, &json!(12), &json!(120))
    );
    assert_eq!(running.get("/api/v2/stages/1").await.0, 200);
    let ask = async || {
        let request = client().get(format!("{}/api/v2/deals", running.url));
        request.header("x-api-token", "simulated").send().await.unwrap()
    };
    let refused = ask().await;
    assert_eq!(refused.status().as_u16(), 429);
    assert_eq!(refused.headers()["x-daily-ratelimit-token-remaining"], "0");
    assert_eq!(refused.headers()["x-daily-ratelimit-token-limit"], "12");
    patch(&running, json!({"daily_headers": false})).await;
    assert!(
        !ask()
            .await
            .headers()
            .contains_key("x-daily-ratelimit-token-remaining")
    );
    assert_eq!(patch(&running, json!({"grumpiness": 1})).await.0, 422);
    let reset = client().delete(format!("{}/simulator/limits", running.url));
    assert_eq!(reset.send().await.unwrap().status().as_u16(), 200);
    assert_eq!(ask().await.status().as_u16(), 200);
    running.stop().await;
}

#[tokio::test]
async fn who_does_not_slow_down_gets_a_page() {
    let running = running(Limits {
        burst_max: 2,
        ban_after: Some(3),
        ..Limits::default()
    })
    .await;
    let mut seen = Vec::new();
    for _ in 0..8 {
        seen.push(running.get("/api/v2/stages/1").await.0);
    }
    assert_eq!(seen, [200, 200, 429, 429, 429, 429, 403, 403]);
    let (_, stats) = running.get("/simulator/stats").await;
    let api = &stats["api"];
    assert_eq!(api["requests"], 8);
    assert_eq!(api["peak_in_two_seconds"], 8);
    assert_eq!(
        (&api["refused"]["burst"], &api["refused"]["banned"]),
        (&json!(4), &json!(2))
    );
    assert_eq!(api["answers"], json!({"200": 2, "403": 2, "429": 4}));
    assert_eq!(
        api["calls"]["v2/stages/{id}"],
        json!({"requests": 8, "tokens": 2})
    );
    assert_eq!(stats["tokens_today"]["7654321"], 2);
    running.stop().await;
}

#[tokio::test]
async fn each_company_has_a_budget_of_its_own() {
    let running = Running::start(Config {
        companies: vec![7, 8],
        history_events: 0,
        limits: Limits {
            tokens_daily: 5,
            ..Limits::default()
        },
        ..config()
    })
    .await;
    let ask = async |token: &str| {
        let request = client().get(format!("{}/api/v2/stages", running.url));
        let answer = request.header("x-api-token", token).send().await.unwrap();
        answer.status().as_u16()
    };
    assert_eq!(ask("simulated-7").await, 200);
    assert_eq!(ask("simulated-7").await, 429);
    assert_eq!(ask("simulated-8").await, 200);
    running.stop().await;
}
