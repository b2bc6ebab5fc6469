//! Looks at the topics before the first event is sent: until they are as they must be, events go to the spool.

use std::sync::Arc;
use std::time::Duration;

use stage::Shutdown;
use stage::backoff::{Backoff, Limits};
use tokio::sync::oneshot;

use crate::Error;
use crate::accept::Acceptor;

const CHECK_AGAIN: Limits = Limits {
    initial: Duration::from_millis(250),
    pause_max: Duration::from_secs(5),
    attempts_max: None,
};

/// Opens the acceptor once the topics are right; ends then, or when a stop is requested.
///
/// # Errors
/// [`Error::Kafka`] when the partition counts do not agree.
pub(crate) async fn run(
    config: kafka::Config,
    acceptor: Arc<Acceptor>,
    shutdown: Shutdown,
) -> Result<(), Error> {
    if until_right(&config, &shutdown).await? {
        acceptor.open();
        tracing::info!("kafka is ready");
        // A part that ends ends all.
        shutdown.requested().await;
    }
    Ok(())
}

/// Waits until the topics are as they must be; `false` when a stop was requested first.
async fn until_right(config: &kafka::Config, shutdown: &Shutdown) -> Result<bool, Error> {
    let mut backoff = Backoff::new(CHECK_AGAIN);
    let mut told = None;
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
        let why = Some(denied(&error));
        if why != told {
            tell(&error);
            told = why;
        }
        if !backoff.pause(shutdown).await {
            return Ok(false);
        }
    }
}

/// Why we are not let in, if that is it.
fn denied(error: &Error) -> Option<kafka::Reason> {
    match error {
        Error::Kafka(kafka::Error::Denied { denied }) => Some(denied.reason),
        _ => None,
    }
}

/// A person must see to it when we are not let in.
fn tell(error: &Error) {
    let cause = error as &dyn std::error::Error;
    if denied(error).is_some() {
        tracing::error!(error = cause, "kafka does not let us in, events go to the spool");
    } else {
        tracing::warn!(error = cause, "kafka is not ready, events go to the spool");
    }
}

/// Topics may be made a moment later, a broker may come back; partition counts that differ stay so. A broker that does not let us
/// in is one that is away: its certificate may be what is wrong, and a collector that ends takes nothing.
fn is_passing(error: &Error) -> bool {
    match error {
        Error::Kafka(kafka::Error::MissingTopics(_) | kafka::Error::Denied { .. }) => true,
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
