//! A transforming process is killed in mid-stream, again and again.
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kafka::{Config, Health, HopSettings, PlainConsumer, Record, Topic, hop};

use crate::support::{Copying, all, assert_exactly_once, corner_with_topics, fill};

const RECORDS: u32 = 24_000;
const KILLS: usize = 8;
/// Longer than the test waits: a restarted member that had to wait for it would be seen.
const SESSION: Duration = Duration::from_mins(2);
const COMES_BACK_WITHIN: Duration = Duration::from_mins(1);
const BOOTSTRAP: &str = "OMNI_KAFKA_RELAY_BOOTSTRAP";
const CORNER: &str = "OMNI_KAFKA_RELAY_CORNER";

/// The process that is killed: this test binary again, told by its environment to relay.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a child of this test is told by its environment"
)]
fn a_child_relays_until_it_is_killed() {
    let (Ok(bootstrap), Ok(corner)) = (std::env::var(BOOTSTRAP), std::env::var(CORNER)) else {
        return;
    };
    let config = Config {
        bootstrap,
        topic_prefix: format!("{corner}."),
        group_prefix: format!("{corner}-"),
        partitions: 3,
        ..Config::default()
    };
    let mut settings = HopSettings::new("relay", "0", &[Topic::Raw]);
    settings.records_max = 100;
    // One transaction after the other: a kill finds one open.
    settings.window = Duration::ZERO;
    settings.worker.session_timeout = SESSION;
    hop::run(&config, settings, Copying::default(), || false).unwrap();
}

struct Relaying(Child);

impl Relaying {
    fn start(config: &Config) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "kill::a_child_relays_until_it_is_killed",
                "--nocapture",
            ])
            .env(BOOTSTRAP, &config.bootstrap)
            .env(CORNER, config.topic_prefix.trim_end_matches('.'))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Relaying {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn nothing_is_lost_or_doubled_over_kills_in_mid_stream() {
    let config = corner_with_topics(3);
    let mut watching = PlainConsumer::from_end(&config, &[Topic::Enriched], Health::new()).unwrap();
    fill(&config, Topic::Raw, 0..RECORDS);
    let mut seen = Vec::new();
    let mut relaying = Relaying::start(&config);
    for kill in 1..=KILLS {
        let enough = RECORDS as usize * kill / (KILLS + 2);
        watch(&mut watching, &mut seen, enough);
        // What was seen last is a commit: kill at another point of the transaction each time.
        std::thread::park_timeout(Duration::from_millis(kill as u64));
        relaying.kill();
        assert!(
            seen.len() < RECORDS as usize,
            "kill {kill} must come in mid-stream"
        );
        relaying = Relaying::start(&config);
    }
    watch(&mut watching, &mut seen, RECORDS as usize);
    relaying.kill();
    assert_exactly_once(&all(&config, Topic::Enriched), 0..RECORDS);
}

/// Reads along until so many records are committed; each next one must come soon.
fn watch(watching: &mut PlainConsumer, seen: &mut Vec<Record>, enough: usize) {
    let mut heard = Instant::now();
    while seen.len() < enough {
        let batch = watching.poll(1_000, Duration::from_millis(100)).unwrap();
        if !batch.is_empty() {
            heard = Instant::now();
        }
        seen.extend(batch);
        assert!(
            heard.elapsed() < COMES_BACK_WITHIN,
            "the restarted member takes over at once, {} seen",
            seen.len()
        );
    }
}
