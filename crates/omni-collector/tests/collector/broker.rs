//! A broker of a test's own, for tests that must not block.
use omni_collector::Config;
use rustix::process::Signal;

use crate::support::{blocking, config};

const PARTITIONS: i32 = 3;

/// Empty while a call is under way.
pub(crate) struct Broker(Option<local::testing::Broker>);

impl Broker {
    pub(crate) async fn start() -> Broker {
        Broker(Some(blocking(local::testing::Broker::start).await))
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.0.as_ref().unwrap().signal(signal);
    }

    pub(crate) async fn kill(&mut self) {
        self.with(local::testing::Broker::kill).await;
    }

    pub(crate) async fn start_again(&mut self) {
        self.with(local::testing::Broker::start_again).await;
    }

    async fn with(&mut self, call: fn(&mut local::testing::Broker)) {
        let mut broker = self.0.take().unwrap();
        self.0 = Some(
            blocking(move || {
                call(&mut broker);
                broker
            })
            .await,
        );
    }

    pub(crate) async fn end(self) {
        blocking(move || drop(self)).await;
    }

    /// A collector's configuration on it, with the topics made.
    pub(crate) async fn config(&self) -> Config {
        let mut config = config(&self.0.as_ref().unwrap().bootstrap());
        config.kafka.partitions = PARTITIONS;
        config.collector.spool_after_ms = 200;
        let topics = config.kafka.clone();
        blocking(move || kafka::admin::create_topics(&topics))
            .await
            .unwrap();
        config
    }
}
