//! `omni topics` on real Kafka.

use crate::process::omni;
use kafka::{Outgoing, Placement, Producer, ProducerSettings, Topic};
use local::testing;
use std::process::{Command, Output};

/// Topics of its own on the shared broker.
struct Place {
    prefix: String,
}

impl Place {
    fn new() -> Self {
        Self {
            prefix: format!("t{}.", uuid::Uuid::new_v4().simple()),
        }
    }

    fn topics(&self, words: &[&str]) -> Output {
        Command::new(omni())
            .arg("topics")
            .args(words)
            .env("OMNI_KAFKA__BOOTSTRAP", testing::kafka())
            .env("OMNI_KAFKA__TOPIC_PREFIX", &self.prefix)
            .env("OMNI_KAFKA__GROUP_PREFIX", &self.prefix)
            .env("OMNI_KAFKA__PARTITIONS", "4")
            .output()
            .unwrap()
    }

    fn send(&self, topic: Topic, key: &str, value: &str) {
        let config = kafka::Config {
            bootstrap: testing::kafka().to_owned(),
            topic_prefix: self.prefix.clone(),
            ..kafka::Config::default()
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let producer = Producer::new(&config, ProducerSettings::default()).unwrap();
        let outgoing = Outgoing {
            topic,
            placement: Placement::Partition(0),
            key: key.as_bytes().to_vec(),
            payload: Some(value.as_bytes().to_vec()),
            headers: vec![("source", "pipedrive")].into(),
        };
        runtime.block_on(producer.send(outgoing)).unwrap();
    }
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn topics_are_made_checked_and_listed() {
    let place = Place::new();
    let missing = place.topics(&["check"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        err(&missing).contains(&format!("{}raw", place.prefix)),
        "{}",
        err(&missing)
    );
    assert!(out(&place.topics(&["create"])).contains(&format!("{}entities made", place.prefix)));
    assert!(out(&place.topics(&["create"])).contains(&format!("{}entities was there", place.prefix)));
    assert!(place.topics(&["check"]).status.success());
    place.send(Topic::Raw, "1:deal:2", "{}");
    let list = out(&place.topics(&["list"]));
    let raw = list
        .lines()
        .find(|line| line.starts_with(&format!("{}raw", place.prefix)))
        .unwrap();
    assert!(raw.contains("4 partitions, 1 offsets"), "{raw}");
}

#[test]
fn unequal_partition_counts_are_refused_with_the_counts() {
    let place = Place::new();
    assert!(place.topics(&["create"]).status.success());
    let checked = Command::new(omni())
        .args(["topics", "check"])
        .env("OMNI_KAFKA__BOOTSTRAP", testing::kafka())
        .env("OMNI_KAFKA__TOPIC_PREFIX", &place.prefix)
        .env("OMNI_KAFKA__PARTITIONS", "8")
        .output()
        .unwrap();
    assert_eq!(checked.status.code(), Some(1));
    let said = err(&checked);
    assert!(
        said.contains("partitions 8") && said.contains(&format!("{}raw 4", place.prefix)),
        "{said}"
    );
}

#[test]
fn tail_shows_headers_and_values_of_the_entity_asked_for() {
    let place = Place::new();
    place.topics(&["create"]);
    place.send(Topic::Flat, "1:deal:2", r#"{"deal_value":1234567890.1234}"#);
    place.send(Topic::Flat, "1:deal:3", r#"{"other":1}"#);
    place.send(Topic::Flat, "7:person:2", "not json");
    let tail = |words: &[&str]| {
        let always = ["tail", "flat", "--beginning", "--no-follow"];
        out(&place.topics(&[&always[..], words].concat()))
    };
    let deal = tail(&["--company", "1", "--object", "deal", "--id", "2"]);
    assert!(
        deal.contains("flat 0:0 1:deal:2\n  source: pipedrive\n"),
        "{deal}"
    );
    assert!(
        deal.contains("1234567890.1234") && !deal.contains("other"),
        "{deal}"
    );
    let person = tail(&["--object", "person", "--json"]);
    let record: serde_json::Value = serde_json::from_str(&person).unwrap();
    assert_eq!(record["key"], "7:person:2");
    assert_eq!(record["headers"]["source"], "pipedrive");
    assert_eq!(record["value"], "not json");
}

#[test]
fn a_topic_that_is_not_there_is_refused_with_those_that_are() {
    let said = err(&Place::new().topics(&["tail", "flatt"]));
    assert!(
        said.contains("there is no topic flatt") && said.contains("entities"),
        "{said}"
    );
}
