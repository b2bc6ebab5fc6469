//! What all lanes share: the way to Kafka, the spool, and what is known of both.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kafka::{Class, Producer};
use tokio::sync::mpsc;

use crate::metrics::Collected;
use crate::spool::Spool;

/// How long a record waits for what, and how many may.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waits {
    /// For Kafka's acknowledgement, before it goes to the spool.
    pub(crate) spool_after: Duration,
    /// For either.
    pub(crate) ack_max: Duration,
    /// Records of a lane that are on their way when the drain adds more.
    pub(crate) window: usize,
}

#[derive(Debug)]
pub(crate) struct Ways {
    pub(crate) producer: Producer,
    pub(crate) spool: Spool,
    pub(crate) waits: Waits,
    pub(crate) metrics: Collected,
    is_silent: AtomicBool,
    broken: mpsc::Sender<kafka::Error>,
}

impl Ways {
    /// `broken` is told when the client is of no more use.
    pub(crate) fn new(
        producer: Producer,
        spool: Spool,
        waits: Waits,
        metrics: Collected,
        broken: mpsc::Sender<kafka::Error>,
    ) -> Ways {
        Ways {
            producer,
            spool,
            waits,
            metrics,
            is_silent: AtomicBool::new(false),
            broken,
        }
    }

    /// Whether Kafka did not acknowledge in time in some lane, and has acknowledged nothing since: then nobody
    /// else waits for it.
    pub(super) fn is_silent(&self) -> bool {
        self.is_silent.load(Ordering::Relaxed)
    }

    pub(super) fn set_silent(&self) {
        if !self.is_silent.swap(true, Ordering::Relaxed) {
            tracing::warn!("kafka does not acknowledge in time, events go to the spool");
        }
    }

    pub(super) fn set_heard(&self) {
        if self.is_silent.swap(false, Ordering::Relaxed) {
            tracing::info!("kafka acknowledges again");
        }
    }

    pub(super) fn failed(&self, error: kafka::Error) {
        if error.class() == Class::Fatal {
            // Logged where the process ends; one error is enough.
            let _ = self.broken.try_send(error);
        } else {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "kafka did not take an event"
            );
        }
    }
}
