//! What may be named in which room only.

use super::source::{Source, shipped};

/// Fails when one of `texts` stands in code outside the files `at_home` accepts.
fn only_at_home(texts: &[&str], at_home: impl Fn(&str) -> bool, rule: &str) {
    let strangers: Vec<Source> = shipped()
        .into_iter()
        .filter(|source| !at_home(&source.path))
        .collect();
    let places: Vec<String> = strangers
        .iter()
        .flat_map(|source| texts.iter().flat_map(|text| source.places_of(text)))
        .collect();
    assert!(places.is_empty(), "{rule}:\n{}", places.join("\n"));
    let homes = shipped().into_iter().filter(|source| at_home(&source.path));
    let named = homes
        .flat_map(|source| {
            texts
                .iter()
                .flat_map(|text| source.places_of(text))
                .collect::<Vec<_>>()
        })
        .count();
    assert!(named > 0, "the rule looks for something that exists");
}

#[test]
fn the_environment_is_read_by_stage_alone() {
    only_at_home(
        &["env::var", "env::vars", "env::set_var", "env::remove_var"],
        |path| path.starts_with("crates/stage/") || path == "crates/local/src/testing.rs",
        "the environment is read in `stage` (and for tests in `local::testing`)",
    );
}

/// Who calls what it started itself, asks our own admin ports, or plays a part of the world: no address of theirs comes from
/// outside.
const NOT_OUTBOUND: &[&str] = &[
    "crates/simulator/",
    "crates/omni/src/command/bench/",
    "crates/omni/src/command/chaos/",
    "crates/omni/src/command/dev/",
    "crates/omni/src/command/watched/",
];

#[test]
fn calls_that_leave_are_made_by_outbound_alone() {
    only_at_home(
        &["reqwest::"],
        |path| {
            path.starts_with("crates/stage/src/outbound")
                || NOT_OUTBOUND.iter().any(|room| path.starts_with(room))
        },
        "calls that leave go through `stage::outbound`",
    );
    // Its requests are sent by it, which looks at the address first.
    only_at_home(
        &[".send()"],
        |path| NOT_OUTBOUND.iter().any(|room| path.starts_with(room)),
        "a request is finished with `Outbound::call` or `Outbound::begin`",
    );
}

#[test]
fn topics_are_named_by_kafka_topic_alone() {
    // The names of topics are made of a prefix and a word; only one file may join them.
    let shorts = [
        "raw",
        "enriched",
        "flat",
        "entities",
        "rejected",
        "filtered",
        "loaded",
        "deliveries",
    ];
    let quoted: Vec<String> = shorts.iter().map(|short| format!("\"omni.{short}\"")).collect();
    let mut texts: Vec<&str> = quoted.iter().map(String::as_str).collect();
    texts.push("=> \"raw\"");
    only_at_home(
        &texts,
        |path| path == "crates/kafka/src/topic.rs",
        "a topic is a `kafka::Topic`",
    );
}

/// Words of Pipedrive that happen to read like flat keys.
const PIPEDRIVES: &[&str] = &["deal_id", "deal_title", "deal_probability", "organization_id"];

#[test]
fn flat_fields_are_named_by_event_flat_alone() {
    let begins = [
        "deal_",
        "contact_",
        "organization_",
        "metrics_",
        "email_validation_",
    ];
    let fields = event::flat::FIELDS.iter().map(|field| field.name);
    let own = fields
        .filter(|name| begins.iter().any(|begin| name.starts_with(begin)) && !PIPEDRIVES.contains(name));
    let quoted: Vec<String> = own.map(|name| format!("\"{name}\"")).collect();
    let texts: Vec<&str> = quoted.iter().map(String::as_str).collect();
    assert!(texts.len() > 50, "the list was found");
    only_at_home(
        &texts,
        |path| path.starts_with("crates/event/src/flat"),
        "a flat key is named in `event::flat`",
    );
}

#[test]
fn only_rooms_that_block_sleep_on_a_thread() {
    let blocking = [
        "crates/kafka/",
        "crates/local/",
        "crates/omni/",
        "crates/stage/src/backoff.rs",
    ];
    only_at_home(
        &["thread::sleep"],
        |path| blocking.iter().any(|room| path.starts_with(room)),
        "a stage waits with `tokio::time`, or on a thread of its own with `stage::backoff`",
    );
}
