//! Whether events can be kept, by Kafka or by the spool, and what the spool holds.
//!
//! A collector whose Kafka is away stays ready while it can spool: whoever balances the load must not take it out,
//! since nobody else could take the webhooks either.

use std::sync::Arc;
use std::time::Duration;

use stage::{Readiness, Shutdown, clock};

use crate::Error;
use crate::accept::Acceptor;
use crate::metrics::Collected;

pub(crate) const KAFKA_OR_SPOOL: &str = "kafka_or_spool";

const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Tells readiness and the gauges until a stop is requested.
///
/// # Errors
/// [`Error::Kafka`] when the producer is of no more use.
pub(crate) async fn watch(
    acceptor: Arc<Acceptor>,
    metrics: Collected,
    readiness: Readiness,
    shutdown: Shutdown,
) -> Result<(), Error> {
    loop {
        match refusal(&acceptor) {
            None => readiness.ready(KAFKA_OR_SPOOL),
            Some(reason) => readiness.not_ready(KAFKA_OR_SPOOL, reason),
        }
        measure(&acceptor, &metrics);
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            broken = acceptor.broken() => return Err(Error::Kafka(broken)),
            () = shutdown.requested() => return Ok(()),
        }
    }
}

/// Why neither takes an event.
fn refusal(acceptor: &Acceptor) -> Option<String> {
    let spool = acceptor.lanes.ways.spool.refuses()?;
    if !acceptor.is_open() {
        return Some(format!("the topics are not seen yet, and {spool}"));
    }
    let is_up = acceptor.producer().health().is_up();
    (!is_up).then(|| format!("no broker answers, and {spool}"))
}

fn measure(acceptor: &Acceptor, metrics: &Collected) {
    let producer = acceptor.producer();
    metrics.records.set(producer.in_flight_records() as f64);
    metrics.bytes.set(producer.in_flight_bytes() as f64);
    let (records, oldest) = acceptor.lanes.spooled();
    let age = oldest.map_or(Duration::ZERO, clock::age_of);
    metrics.spool_records.set(records as f64);
    metrics.spool_age.set(age.as_secs_f64());
    let spool = &acceptor.lanes.ways.spool;
    metrics.spool_bytes.set(spool.bytes() as f64);
    metrics.spool_bytes_max.set(spool.bytes_max() as f64);
    // A disk that does not say how much is free will not take a record either, and that is told.
    if let Ok(free) = spool.disk_free_bytes() {
        metrics.spool_free.set(free as f64);
    }
}
