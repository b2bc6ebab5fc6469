//! The topics are looked at before the first event is taken.

use omni_collector::Error;

use crate::support::{PATH, blocking, config, config_on_kafka, fixture, start, until};

#[tokio::test(flavor = "multi_thread")]
async fn partition_counts_that_differ_stop_the_start() {
    let mut config = config_on_kafka().await;
    config.kafka.partitions += 1;
    let omni = start(config).await;
    let ended = omni.ended().await;
    assert!(
        matches!(ended, Err(Error::Kafka(kafka::Error::UnequalPartitions(_)))),
        "{ended:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_taken_before_the_topics_are_there() {
    let config = config(&blocking(|| local::testing::kafka().to_owned()).await);
    let topics = config.kafka.clone();
    let omni = start(config).await;
    until("the missing topics are told", async || {
        omni.admin("/readyz").await.1.contains("topics missing")
    })
    .await;
    let body = fixture("v1/added_person.json");
    assert_eq!(omni.post(PATH, body.clone()).await.status(), 503);
    blocking(move || kafka::admin::create_topics(&topics))
        .await
        .unwrap();
    omni.until_ready().await;
    assert_eq!(omni.post(PATH, body).await.status(), 200);
    assert_eq!(
        omni.raw_webhooks().await.len(),
        1,
        "the refused one was never sent"
    );
}
