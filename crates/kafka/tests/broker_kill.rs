//! The broker is killed, again and again, while transactions end on it.
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kafka::{Config, HopSettings, Topic, admin, hop};
use local::testing::Broker;

use crate::support::{Copying, all, assert_exactly_once, corner, fill, try_all, until};

/// Each with topics and a group of its own: a kill between a decision and its marks is a matter of a millisecond.
const RELAYS: usize = 6;
const RECORDS: u32 = 4_000;
const RECORDS_A_TRANSACTION: usize = 20;
const KILLS: usize = 4;
/// Of each relay, before the broker is killed again.
const COMMITS_BETWEEN: usize = 20;

struct Relay {
    config: Config,
    copying: Copying,
}

/// A single broker may come back and count a transaction as ended whose marks it never wrote (Kafka 4.3.1).
#[test]
fn nothing_is_lost_doubled_or_stuck_when_the_only_broker_is_killed() {
    let mut broker = Broker::start();
    let relays: Vec<Relay> = (0..RELAYS)
        .map(|_| Relay {
            config: Config {
                bootstrap: broker.bootstrap(),
                ..corner(2)
            },
            copying: Copying::default(),
        })
        .collect();
    for relay in &relays {
        admin::create_topics(&relay.config).unwrap();
        fill(&relay.config, Topic::Raw, 0..RECORDS);
    }
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Also when a wait fails: the scope waits for its threads.
        let ending = Ending(&stop);
        for relay in &relays {
            scope.spawn(|| relay.run(&stop));
        }
        for kill in 1..=KILLS {
            until("all go on", || {
                relays.iter().all(|relay| relay.has_gone_on(kill)).then_some(())
            });
            broker.kill();
            broker.start_again();
        }
        let is_done = |relay: &Relay| {
            let copied = try_all(&relay.config, Topic::Enriched);
            copied.is_ok_and(|records| records.len() >= RECORDS as usize)
        };
        until("all is copied", || relays.iter().all(is_done).then_some(()));
        drop(ending);
    });
    for relay in &relays {
        assert_exactly_once(&all(&relay.config, Topic::Enriched), 0..RECORDS);
    }
}

/// Ends the relays when it goes.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Relay {
    /// As a stage does whose process is started again whenever it gives up.
    fn run(&self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            let mut settings = HopSettings::new("relay", "0", &[Topic::Raw]);
            settings.worker.outputs = vec![Topic::Enriched];
            settings.records_max = RECORDS_A_TRANSACTION;
            // One transaction after the other, as long as there are records.
            settings.window = Duration::from_millis(5);
            let _ = hop::run(&self.config, settings, self.copying.clone(), || {
                stop.load(Ordering::Relaxed)
            });
        }
    }

    fn has_gone_on(&self, kill: usize) -> bool {
        self.copying.0.load(Ordering::Relaxed) >= kill * COMMITS_BETWEEN
    }
}
