//! Kafka does not answer and nothing may be spooled: 503 within the bound, nothing acknowledged, and back to work
//! when it is back.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{PATH, blocking, config, fixture, start, start_without_kafka, until};

#[tokio::test(flavor = "multi_thread")]
async fn without_a_broker_the_answer_is_503_at_once() {
    let omni = start_without_kafka(|_| {}).await;
    let begun = Instant::now();
    let answer = omni.post(PATH, fixture("v1/added_person.json")).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    let (status, report) = omni.admin("/readyz").await;
    assert_eq!(status, 503);
    assert!(
        report.contains("no broker") || report.contains("the topics are not seen yet"),
        "{report}"
    );
    assert_eq!(omni.admin("/healthz").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_stops_answering_costs_503_in_bounded_time_and_no_event() {
    let started = || local::testing::own_kafka(&local::testing::omni(), &local::testing::cache()).unwrap();
    let (bootstrap, broker) = blocking(started).await;
    let mut config = config(&bootstrap);
    config.collector.spool_bytes_max = 0;
    config.collector.spool_after_ms = 100;
    // A broker that has just started may take a second for its first record.
    config.collector.ack_ms_max = 2_000;
    config.collector.in_flight_records_max = 8;
    config.collector.heartbeat_ms = 1_000;
    let topics = config.kafka.clone();
    blocking(move || kafka::admin::create_topics(&topics))
        .await
        .unwrap();
    let omni = start(config).await;
    omni.until_ready().await;
    let body = fixture("v1/added_person.json");
    assert_eq!(omni.post(PATH, body.clone()).await.status(), 200);

    let pid = Pid::from_raw(i32::try_from(broker.pid()).unwrap()).unwrap();
    kill_process(pid, Signal::STOP).unwrap();
    let begun = Instant::now();
    let posts = (0..24).map(|_| omni.post(PATH, body.clone()));
    let answers = futures::future::join_all(posts).await;
    assert!(answers.iter().all(|answer| answer.status() == 503));
    // Pipedrive gives up after 10 s; the bound itself is under 4 s, the rest is for a busy machine.
    assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
    let (_, metrics) = omni.admin("/metrics").await;
    assert!(
        metrics.contains("omni_collector_accepted_total{source=\"crm\"} 1"),
        "{metrics}"
    );
    assert!(
        metrics.contains("reason=\"full\""),
        "more than the bound was let in: {metrics}"
    );

    kill_process(pid, Signal::CONT).unwrap();
    until("events are taken again", async || {
        omni.post(PATH, body.clone()).await.status() == 200
    })
    .await;
    until(
        "a heartbeat tells which numbers were never answered",
        async || {
            let records = omni.records(kafka::Topic::Raw).await;
            let told = |record: &kafka::Record| {
                String::from_utf8_lossy(record.value()).contains("\"unanswered\":[[2,")
            };
            records.iter().any(told)
        },
    )
    .await;
    omni.stopped().await.unwrap();
    blocking(move || broker.stop()).await;
}
