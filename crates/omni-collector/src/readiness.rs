//! Whether Kafka can take events: the topics are as they must be, and a broker answers.

use std::sync::Arc;
use std::time::Duration;

use stage::backoff::{Backoff, Limits};
use stage::{Readiness, Shutdown};
use tokio::sync::oneshot;

use crate::Error;
use crate::accept::Acceptor;
use crate::metrics::Collected;

pub(crate) const KAFKA: &str = "kafka";

const LOOK_EVERY: Duration = Duration::from_millis(500);
const CHECK_AGAIN: Limits = Limits {
    initial: Duration::from_millis(250),
    pause_max: Duration::from_secs(5),
    attempts_max: None,
};

/// Opens the acceptor once the topics are right, then tells readiness until a stop is requested.
///
/// # Errors
/// [`Error::Kafka`] when the partition counts do not agree, or the producer is of no more use.
pub(crate) async fn watch(
    config: kafka::Config,
    acceptor: Arc<Acceptor>,
    metrics: Collected,
    readiness: Readiness,
    shutdown: Shutdown,
) -> Result<(), Error> {
    if !until_right(&config, &readiness, &shutdown).await? {
        return Ok(());
    }
    acceptor.open();
    tracing::info!("kafka is ready");
    loop {
        if acceptor.producer().health().is_up() {
            readiness.ready(KAFKA);
        } else {
            readiness.not_ready(KAFKA, "no broker answers");
        }
        metrics
            .records
            .set(acceptor.producer().in_flight_records() as f64);
        metrics.bytes.set(acceptor.producer().in_flight_bytes() as f64);
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            broken = acceptor.broken() => return Err(Error::Kafka(broken)),
            () = shutdown.requested() => return Ok(()),
        }
    }
}

/// Waits until the topics are as they must be; `false` when a stop was requested first.
async fn until_right(
    config: &kafka::Config,
    readiness: &Readiness,
    shutdown: &Shutdown,
) -> Result<bool, Error> {
    let mut backoff = Backoff::new(CHECK_AGAIN);
    loop {
        let checked = tokio::select! {
            checked = check(config) => checked,
            () = shutdown.requested() => return Ok(false),
        };
        let error = match checked {
            Ok(()) => return Ok(true),
            Err(error) if is_passing(&error) => error,
            Err(error) => return Err(error),
        };
        if backoff.attempts() == 0 {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "kafka is not ready, waiting for it"
            );
        }
        readiness.not_ready(KAFKA, reason(&error));
        if !backoff.pause(shutdown).await {
            return Ok(false);
        }
    }
}

/// Topics may be made a moment later, a broker may come back; partition counts that differ stay so.
fn is_passing(error: &Error) -> bool {
    match error {
        Error::Kafka(kafka::Error::MissingTopics(_)) => true,
        Error::Kafka(cause) => cause.class() == kafka::Class::Retry,
        _ => false,
    }
}

/// The check blocks, for longer than a stop should wait: it has a thread of its own, which ends by itself.
async fn check(config: &kafka::Config) -> Result<(), Error> {
    let config = config.clone();
    let (tell, told) = oneshot::channel();
    let ask = move || tell.send(kafka::admin::check(&config));
    std::thread::Builder::new()
        .name("kafka-check".to_owned())
        .spawn(ask)
        .map_err(Error::Thread)?;
    told.await.map_err(|_| Error::Unanswered)?.map_err(Error::Kafka)
}

fn reason(error: &Error) -> String {
    match error {
        Error::Kafka(cause) => cause.to_string(),
        other => other.to_string(),
    }
}
