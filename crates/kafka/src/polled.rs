//! A producer with a thread that calls its delivery reports.
//!
//! rdkafka's own `ThreadedProducer` asks every 100 ms, and each time spins through the last part of a millisecond that
//! librdkafka cannot wait for: about one per cent of a core for a producer that does nothing. Here the wait is longer: a loader has ten of them.
//! Reports do not wait for it: they end it.
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, NoCustomPartitioner, ProducerContext};

use crate::error::Error;

/// How soon the thread sees that its producer is no longer wanted.
const POLL_WAIT: Duration = Duration::from_secs(5);

/// A [`BaseProducer`] that is polled until it is dropped.
pub(crate) struct Polled<C: ProducerContext<NoCustomPartitioner> + 'static> {
    client: Arc<BaseProducer<C>>,
    dropped: Arc<AtomicBool>,
}

impl<C: ProducerContext<NoCustomPartitioner> + 'static> Polled<C> {
    /// Makes the client; the broker need not answer yet.
    pub(crate) fn new(config: &ClientConfig, context: C, doing: &'static str) -> Result<Self, Error> {
        let client: BaseProducer<C> = config
            .create_with_context(context)
            .map_err(|error| Error::from_client(doing, error))?;
        let client = Arc::new(client);
        let dropped = Arc::new(AtomicBool::new(false));
        let (polled, ended) = (Arc::clone(&client), Arc::clone(&dropped));
        std::thread::Builder::new()
            .name("kafka reports".to_owned())
            .spawn(move || {
                while !ended.load(Ordering::Relaxed) {
                    polled.poll(POLL_WAIT);
                }
            })
            .map_err(|source| Error::Fatal {
                doing,
                source: source.into(),
            })?;
        Ok(Self { client, dropped })
    }
}

impl<C: ProducerContext<NoCustomPartitioner> + 'static> Deref for Polled<C> {
    type Target = BaseProducer<C>;

    fn deref(&self) -> &Self::Target {
        &self.client
    }
}

impl<C: ProducerContext<NoCustomPartitioner> + 'static> Drop for Polled<C> {
    /// The thread is not waited for: it ends the client within [`POLL_WAIT`], or the process does.
    fn drop(&mut self) {
        self.dropped.store(true, Ordering::Relaxed);
    }
}
