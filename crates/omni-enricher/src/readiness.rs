//! Whether this stage can work: Kafka's topics are as they must be and a broker answers; the store is open.

use std::time::{Duration, Instant};

use stage::backoff::{Backoff, Limits};
use stage::{Readiness, Shutdown};
use uuid::Uuid;

use crate::Error;
use crate::metrics::Enriched;
use crate::store::Store;

pub(crate) const KAFKA: &str = "kafka";
pub(crate) const STORE: &str = "store";

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Looks between two measurements of the store's size.
const MEASURE_EVERY: u32 = 20;
/// The broker forgets unused offsets, and the identity is kept beside one.
const NAME_EVERY: Duration = Duration::from_hours(24);
const CHECK_AGAIN: Limits = Limits {
    initial: Duration::from_millis(250),
    pause_max: Duration::from_secs(5),
    attempts_max: None,
};

/// Waits until the topics are right; gives the identity of `omni.entities`, or nothing when a stop was
/// requested before.
///
/// # Errors
/// [`Error::Kafka`] when the partition counts do not agree.
pub(crate) async fn topics(
    config: &kafka::Config,
    readiness: &Readiness,
    shutdown: &Shutdown,
) -> Result<Option<Uuid>, Error> {
    let mut backoff = Backoff::new(CHECK_AGAIN);
    loop {
        let config = config.clone();
        let checked = tokio::task::spawn_blocking(move || check(&config));
        let error = match checked.await.map_err(Error::Part)? {
            Ok(identity) => return Ok(Some(identity)),
            Err(error) => error,
        };
        let waits = matches!(error, kafka::Error::MissingTopics(_)) || error.class() == kafka::Class::Retry;
        if !waits {
            return Err(Error::Kafka(error));
        }
        if backoff.attempts() == 0 {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "kafka is not ready, waiting for it"
            );
        }
        readiness.not_ready(KAFKA, error.to_string());
        if !backoff.pause(shutdown).await {
            return Ok(None);
        }
    }
}

fn check(config: &kafka::Config) -> Result<Uuid, kafka::Error> {
    kafka::admin::check(config)?;
    kafka::admin::topic_identity(config, kafka::Topic::Entities)
}

/// Tells readiness, and keeps the name of `omni.entities` from expiring, until a stop is requested.
pub(crate) async fn watch(
    kafka: kafka::Config,
    health: kafka::Health,
    store: Store,
    readiness: Readiness,
    metrics: Enriched,
    shutdown: Shutdown,
) {
    let mut looks = 0_u32;
    let mut named = Instant::now();
    loop {
        if health.is_up() {
            readiness.ready(KAFKA);
        } else {
            readiness.not_ready(KAFKA, "no broker answers");
        }
        if looks.is_multiple_of(MEASURE_EVERY) {
            metrics.store.set(store.disk_bytes() as f64);
        }
        if named.elapsed() >= NAME_EVERY {
            named = Instant::now();
            name_again(kafka.clone()).await;
        }
        looks = looks.wrapping_add(1);
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = shutdown.requested() => return,
        }
    }
}

/// A failure is of no weight: the name lasts for weeks, and the next day brings another try.
async fn name_again(kafka: kafka::Config) {
    let named = move || kafka::admin::topic_identity(&kafka, kafka::Topic::Entities);
    if let Ok(Err(error)) = tokio::task::spawn_blocking(named).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the topic's identity could not be renewed"
        );
    }
}
