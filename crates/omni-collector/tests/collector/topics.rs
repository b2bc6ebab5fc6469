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
async fn nothing_is_taken_before_the_topics_are_there_when_nothing_may_be_spooled() {
    let mut config = config(&blocking(|| local::testing::kafka().to_owned()).await);
    config.collector.spool_bytes_max = 0;
    let topics = config.kafka.clone();
    let omni = start(config).await;
    until("the missing topics are told", async || {
        omni.admin("/readyz")
            .await
            .1
            .contains("the topics are not seen yet")
    })
    .await;
    let body = fixture("v1/added_person.json");
    assert_eq!(omni.post(PATH, body.clone()).await.status(), 503);
    blocking(move || kafka::admin::create_topics(&topics))
        .await
        .unwrap();
    until("events are taken", async || {
        omni.post(PATH, body.clone()).await.status() == 200
    })
    .await;
    assert_eq!(
        omni.raw_webhooks().await.len(),
        1,
        "the refused one was never sent"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_before_the_topics_are_there_is_spooled_and_sent_once_they_are() {
    let config = config(&blocking(|| local::testing::kafka().to_owned()).await);
    let topics = config.kafka.clone();
    let omni = start(config).await;
    omni.until_ready().await;
    let body = fixture("v1/added_person.json");
    assert_eq!(omni.post(PATH, body.clone()).await.status(), 200);
    blocking(move || kafka::admin::create_topics(&topics))
        .await
        .unwrap();
    until("it is on its topic", async || {
        omni.raw_webhooks().await.len() == 1
    })
    .await;
}
