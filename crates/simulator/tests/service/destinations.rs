//! The destinations' stand-ins: what each platform documents that it takes, and that it refuses.

mod aws_lambda;
mod data_manager;
mod ga4;
mod google_ads;
mod meta;
mod page;
mod shelf;
mod tiktok;

use serde_json::{Value, json};
use simulator::Config;

use crate::receiver::{Running, client};

/// Stand-ins, and an account that is still.
pub(crate) async fn running(config: Config) -> Running {
    Running::start(Config {
        rate: 0.0,
        history_events: 0,
        ..config
    })
    .await
}

/// Sets what is wrong with one destination.
pub(crate) async fn trouble(running: &Running, destination: &str, trouble: &str) {
    let faults = json!({"destinations": {destination: {"trouble": trouble}}, "slow_ms": 50});
    let request = client().put(format!("{}/simulator/faults", running.url));
    let answer = request.json(&faults).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200, "{trouble}");
}

/// The newest deliveries to one destination, the newest first.
pub(crate) async fn deliveries(running: &Running, destination: &str) -> Vec<Value> {
    let (_, told) = running
        .get(&format!("/deliveries.json?destination={destination}"))
        .await;
    told["deliveries"].as_array().unwrap().clone()
}

/// How many were accepted, known already, and refused.
pub(crate) async fn counts(running: &Running, destination: &str) -> [u64; 3] {
    let (_, told) = running.get("/deliveries.json?newest=0").await;
    ["accepted", "duplicates", "refused"]
        .map(|count| told["destinations"][destination][count].as_u64().unwrap())
}
