//! What the program says about itself.
use std::time::Duration;

use stage::Shutdown;

use crate::support::{corner, deal, send};

async fn get(address: std::net::SocketAddr, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("http://{address}{path}")).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_ready_once_kafka_and_its_store_are_and_counts_what_it_does() {
    let kafka = tokio::task::spawn_blocking(|| corner(1)).await.unwrap();
    let state = tempfile::tempdir().unwrap();
    let mut config = omni_enricher::Config {
        kafka: kafka.clone(),
        ..omni_enricher::Config::default()
    };
    config.enricher.admin_listen = ([127, 0, 0, 1], 0).into();
    config.enricher.state_dir = state.path().join("states");
    let enricher = omni_enricher::open(config).await.unwrap();
    let address = enricher.admin_address();
    let (trigger, shutdown) = Shutdown::pair();
    let working = tokio::spawn(enricher.work(shutdown));
    let deadline = tokio::time::Instant::now() + crate::support::DEADLINE;
    while get(address, "/readyz").await.0 != 200 {
        assert!(
            tokio::time::Instant::now() < deadline,
            "{}",
            get(address, "/readyz").await.1
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::task::spawn_blocking(move || send(&kafka, vec![deal(7, 31, 1, 5, 100), deal(7, 31, 1, 5, 100)]))
        .await
        .unwrap();
    let counted = |text: &str| {
        text.contains("omni_enricher_outcomes_total{outcome=\"enriched\",reason=\"newer\"} 1")
            && text.contains("omni_enricher_outcomes_total{outcome=\"filtered\",reason=\"duplicate\"} 1")
            && text.contains("omni_enricher_missing_total{what=\"contact\"} 1")
    };
    loop {
        let text = get(address, "/metrics").await.1;
        if counted(&text) {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "{text}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    trigger.request();
    working.await.unwrap().unwrap();
}
