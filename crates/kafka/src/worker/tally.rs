//! Counts a transaction's delivery reports, so that a commit never waits in librdkafka's 100 ms steps.
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{NoCustomPartitioner, ProducerContext};
use rdkafka::{ClientContext, Statistics};

use crate::client::Watch;
use crate::offsets::Written;
use crate::topic::Topic;

/// What the reports said so far.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub(super) reported: usize,
    pub(super) failed: Option<KafkaError>,
    pub(super) written: Written,
}

/// Shared between the committing thread and the client's polling thread.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counted: Mutex<Counted>,
    moved: Condvar,
}

impl Tally {
    fn locked(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts from nothing, for a new transaction.
    pub(super) fn reset(&self) {
        *self.locked() = Counted::default();
    }

    /// Takes the result when `sent` records are reported or one failed; `None` when that took too long.
    pub(super) fn wait(&self, sent: usize, wait_max: Duration) -> Option<Counted> {
        let pending = |counted: &mut Counted| counted.reported < sent && counted.failed.is_none();
        let (mut counted, waited) = self
            .moved
            .wait_timeout_while(self.locked(), wait_max, pending)
            .unwrap_or_else(PoisonError::into_inner);
        (!waited.timed_out()).then(|| std::mem::take(&mut *counted))
    }

    /// Waits until something more is reported, at most this long.
    pub(super) fn wait_for_progress(&self, wait_max: Duration) {
        let counted = self.locked();
        let before = counted.reported;
        let unmoved = |counted: &mut Counted| counted.reported == before;
        drop(self.moved.wait_timeout_while(counted, wait_max, unmoved));
    }

    fn count(&self, topic: usize, report: &DeliveryResult<'_>) {
        let mut counted = self.locked();
        counted.reported += 1;
        match report {
            Ok(message) => {
                if let Some(topic) = Topic::ALL.get(topic) {
                    let end = counted.written.entry((*topic, message.partition())).or_insert(0);
                    *end = (*end).max(message.offset() + 1);
                }
            }
            Err((error, _)) => {
                counted.failed.get_or_insert(error.clone());
            }
        }
        drop(counted);
        self.moved.notify_all();
    }
}

/// The transactional producer's context.
pub(super) struct Reports {
    pub(super) watch: Watch,
    pub(super) tally: Arc<Tally>,
}

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.watch.log(level, facility, text);
    }

    fn stats(&self, statistics: Statistics) {
        self.watch.health.observe(&statistics);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.watch.error(&error, reason);
    }
}

impl ProducerContext<NoCustomPartitioner> for Reports {
    /// Index into [`Topic::ALL`].
    type DeliveryOpaque = usize;

    fn delivery(&self, report: &DeliveryResult<'_>, topic: usize) {
        self.tally.count(topic, report);
    }
}
