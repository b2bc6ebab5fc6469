//! What every stand-in has: troubles on command, and a place on the shelf.

use serde_json::json;
use simulator::Config;

use super::{counts, deliveries, running, trouble};
use crate::receiver::{Running, client};

async fn post(running: &Running) -> Result<(u16, usize), reqwest::Error> {
    let event = json!({
        "event_name": "pipedrive_deal_updated", "unique_event_id": "u-1", "deal_value": 12.5, "deal_currency": "EUR",
    });
    let request = client().post(format!("{}/data?v=2", running.url));
    let answer = request.json(&event).send().await?;
    Ok((answer.status().as_u16(), answer.bytes().await?.len()))
}

#[tokio::test]
async fn what_a_destination_took_is_told_with_what_it_is_worth() {
    let running = running(Config::default()).await;
    post(&running).await.unwrap();
    let newest = deliveries(&running, "gtm_server").await.remove(0);
    let told = [
        "destination",
        "event_name",
        "event_id",
        "value",
        "currency",
        "outcome",
        "status",
    ]
    .map(|key| newest[key].clone());
    let expected = json!([
        "gtm_server",
        "pipedrive_deal_updated",
        "u-1",
        "12.5",
        "EUR",
        "accepted",
        200
    ]);
    assert_eq!(json!(told), expected);
    assert_eq!(newest["sent"]["event"]["unique_event_id"], "u-1");
    assert_eq!(deliveries(&running, "ga4").await.len(), 0);
    let forget = client().delete(format!(
        "{}/simulator/deliveries?destination=gtm_server",
        running.url
    ));
    forget.send().await.unwrap();
    assert_eq!(counts(&running, "gtm_server").await, [0, 0, 0]);
    running.stop().await;
}

#[tokio::test]
async fn a_destination_can_be_broken_in_every_way() {
    let running = running(Config::default()).await;
    for (name, status) in [
        ("throttled", 429),
        ("error", 500),
        ("unauthorized", 401),
        ("forbidden", 403),
        ("down", 503),
        ("status", 418),
        ("malformed", 200),
    ] {
        trouble(&running, "gtm_server", name).await;
        assert_eq!(post(&running).await.unwrap().0, status, "{name}");
        assert_eq!(deliveries(&running, "gtm_server").await[0]["why"], name);
    }
    for name in ["cut", "lost"] {
        trouble(&running, "gtm_server", name).await;
        assert!(post(&running).await.is_err(), "{name}");
    }
    trouble(&running, "gtm_server", "flood").await;
    assert_eq!(post(&running).await.unwrap(), (200, 200 << 20));
    assert_eq!(
        counts(&running, "gtm_server").await,
        [1, 0, 9],
        "what was lost was taken"
    );
    trouble(&running, "gtm_server", "slow").await;
    assert_eq!(post(&running).await.unwrap().0, 200);
    assert_eq!(counts(&running, "gtm_server").await, [2, 0, 9]);
    running.stop().await;
}

#[tokio::test]
async fn a_trouble_that_cannot_be_is_refused() {
    let running = running(Config::default()).await;
    for fault in [
        json!({"trouble": "down", "percent": 101}),
        json!({"trouble": "status", "status": 99}),
    ] {
        let request = client().put(format!("{}/simulator/faults", running.url));
        let faults = json!({"destinations": {"ga4": fault}});
        let answer = request.json(&faults).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 422);
    }
    running.stop().await;
}
