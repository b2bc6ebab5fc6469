//! Whether an answer does not come because we are not let in.
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;

use super::{ANSWER_WAIT_MAX, asking};
use crate::client::Watch;
use crate::config::{Config, Protocol, Security};
use crate::denied::{Denied, Reason};
use crate::error::{Class, Error};

/// After so long without an answer the client is asked whether it was let in.
const DENIED_AFTER: Duration = Duration::from_secs(2);
/// How long it is listened to: all that it has to say is waiting.
const LISTEN_FOR: Duration = Duration::from_millis(50);

/// Asks in two parts, so that one who is not let in hears it soon.
pub(super) fn ask<T>(
    config: &Config,
    client: &BaseConsumer<Watch>,
    doing: &'static str,
    ask: impl Fn(Duration) -> Result<T, KafkaError>,
) -> Result<T, Error> {
    match ask(DENIED_AFTER) {
        Err(error) if !may_be_late(&error) => return Err(Error::from_client(doing, error)),
        Err(_) => {}
        Ok(answer) => return Ok(answer),
    }
    if let Some(denied) = denied(config, client).filter(|denied| denied.reason.class() == Class::Fatal) {
        return Err(Error::Denied { denied });
    }
    ask(ANSWER_WAIT_MAX.saturating_sub(DENIED_AFTER)).map_err(|error| match denied(config, client) {
        Some(denied) => Error::Denied { denied },
        None => Error::from_client(doing, error),
    })
}

/// Why the client was not let in, if that is so.
pub(super) fn denied(config: &Config, client: &BaseConsumer<Watch>) -> Option<Denied> {
    let denied = heard(client)?;
    let is_name = denied.reason == Reason::Authority && is_trusted_by_another_name(config);
    Some(if is_name {
        denied.because(Reason::HostName)
    } else {
        denied
    })
}

/// A client says what it has to say when it is polled.
fn heard(client: &BaseConsumer<Watch>) -> Option<Denied> {
    let until = Instant::now() + LISTEN_FOR;
    while Instant::now() < until {
        // Comes back early with an error, of which the context has heard.
        let _ = client.poll(until.saturating_duration_since(Instant::now()));
    }
    client.client().context().health.denied()
}

/// librdkafka says alike of a wrong name and of an unknown authority. A handshake that passes over the name, and in which we
/// say nothing of who we are, tells them apart.
fn is_trusted_by_another_name(config: &Config) -> bool {
    let mut nameless = config.clone();
    nameless.security = Security {
        protocol: Protocol::Ssl,
        ca_file: config.security.ca_file.clone(),
        ..Security::default()
    };
    let theirs = |key: &String| key.starts_with("sasl.") || key == "security.protocol";
    nameless.properties.retain(|key, _| !theirs(key));
    let passed_over = ("ssl.endpoint.identification.algorithm", "none");
    nameless
        .properties
        .insert(passed_over.0.to_owned(), passed_over.1.to_owned());
    let Ok(client) = asking(&nameless, None) else {
        return false;
    };
    let _ = client.fetch_metadata(None, DENIED_AFTER);
    heard(&client).is_none_or(|denied| denied.reason != Reason::Authority)
}

/// Whether the answer was merely not there yet.
fn may_be_late(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{AllBrokersDown, BrokerTransportFailure, OperationTimedOut, RequestTimedOut};
    let code = error.rdkafka_error_code();
    code.is_some_and(|code| {
        matches!(
            code,
            AllBrokersDown | BrokerTransportFailure | OperationTimedOut | RequestTimedOut
        )
    })
}
