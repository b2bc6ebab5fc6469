//! The acknowledged producer, with a broker and without.
use std::time::{Duration, Instant};

use kafka::topic::RECORD_BYTES_MAX;
use kafka::{Class, Config, Error, Placement, Producer, ProducerSettings, Topic, partition};

use crate::support::{all, corner_with_topics, outgoing, until};

#[tokio::test]
async fn a_record_is_where_the_acknowledgement_says() {
    let config = corner_with_topics(4);
    let producer = Producer::new(&config, ProducerSettings::default()).unwrap();
    for company in 1..20_i32 {
        let text = company.to_string();
        let sent = producer
            .send(outgoing(Topic::Raw, Placement::By(text.clone()), &text))
            .await
            .unwrap();
        assert_eq!(sent.partition, partition::partition_for(&text, 4));
    }
    assert!(producer.health().is_up());
    assert_eq!((producer.in_flight_records(), producer.in_flight_bytes()), (0, 0));
    let records = tokio::task::spawn_blocking(move || all(&config, Topic::Raw))
        .await
        .unwrap();
    assert_eq!(records.len(), 19);
    assert!(
        records
            .iter()
            .all(|record| record.header("number") == Some(record.key_text().as_str()))
    );
}

/// Where nobody listens.
fn nowhere() -> Config {
    Config {
        bootstrap: "127.0.0.1:1".to_owned(),
        ..Config::default()
    }
}

fn impatient(records_max: usize, bytes_max: usize) -> ProducerSettings {
    ProducerSettings {
        records_max,
        bytes_max,
        wait_max: Duration::from_secs(2),
        ..ProducerSettings::default()
    }
}

#[tokio::test]
async fn a_broker_that_is_away_is_an_error_in_time() {
    let producer = Producer::new(&nowhere(), impatient(100, 1 << 20)).unwrap();
    let begun = Instant::now();
    let failed = producer
        .send(outgoing(Topic::Raw, Placement::Partition(0), "1"))
        .await
        .unwrap_err();
    assert_eq!(failed.class(), Class::Retry, "{failed:?}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert!(!producer.health().is_up());
}

#[tokio::test]
async fn more_than_allowed_in_flight_is_refused_at_once() {
    let large = "x".repeat(1_000);
    for settings in [impatient(2, 1 << 20), impatient(1_000, 2_500)] {
        let producer = Producer::new(&nowhere(), settings).unwrap();
        let send = || producer.send(outgoing(Topic::Raw, Placement::Partition(0), &large));
        // Polled in this order: by the time of the third, two are in flight.
        let begun = Instant::now();
        let third = async {
            let third = send().await;
            (third, begun.elapsed())
        };
        let (first, second, (third, took)) = tokio::join!(send(), send(), third);
        assert!(matches!(third, Err(Error::Busy { .. })), "{third:?}");
        assert!(took < Duration::from_secs(1), "{took:?}");
        assert!(first.is_err() && second.is_err());
        until("room is given back", || {
            (producer.in_flight_records() == 0 && producer.in_flight_bytes() == 0).then_some(())
        });
    }
}

/// TLS and SCRAM are built in; what librdkafka does not know is refused with its own words.
#[test]
fn security_settings_reach_the_client() {
    let mut config = nowhere();
    config.security.protocol = kafka::config::Protocol::SaslSsl;
    config.security.sasl_mechanism = Some(kafka::config::Mechanism::ScramSha512);
    config.security.sasl_user = Some("omni".to_owned());
    config.security.sasl_password = Some("hush".into());
    Producer::new(&config, ProducerSettings::default()).unwrap();
    config.security.ca_file = Some("/nowhere/ca.pem".into());
    let refused = Producer::new(&config, ProducerSettings::default()).unwrap_err();
    assert!(
        matches!(&refused, Error::Setting(unfit) if unfit.key == "ca_file")
            && refused.class() == Class::Fatal,
        "{refused:?}"
    );
    config.security.ca_file = None;
    config
        .properties
        .insert("no.such.setting".to_owned(), "1".to_owned());
    assert!(Producer::new(&config, ProducerSettings::default()).is_err());
}

#[tokio::test]
async fn a_record_too_large_is_refused_unsent() {
    let producer = Producer::new(&nowhere(), ProducerSettings::default()).unwrap();
    let mut large = outgoing(Topic::Raw, Placement::Partition(0), "1");
    large.payload = Some(vec![0; RECORD_BYTES_MAX]);
    let refused = producer.send(large).await.unwrap_err();
    assert!(matches!(refused, Error::TooLarge { .. }), "{refused:?}");
    assert_eq!(producer.in_flight_records(), 0);
}
