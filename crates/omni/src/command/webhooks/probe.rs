//! Asks the address that Pipedrive posts to, with the credentials that it would bring, without telling it of any event: a request
//! that the collector refuses for its content type alone was let in.

use std::time::Duration;

use pipedrive::Subscription;
use stage::Secret;
use stage::outbound::{Addresses, Method, Outbound, OutboundError, OutboundSettings, StatusCode, header};

/// Pipedrive waits no longer.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// What the address answered.
#[derive(Debug)]
pub(super) enum Found {
    /// The collector, and it takes the password.
    Collector,
    /// It refuses the password.
    WrongSecret,
    /// It is not the collector, or not this source of it.
    Other(StatusCode),
    Unreachable(OutboundError),
}

/// Asks it once.
pub(super) async fn probe(subscription: &Subscription, password: &Secret) -> Found {
    match ask(subscription, password).await {
        Ok(StatusCode::UNSUPPORTED_MEDIA_TYPE) => Found::Collector,
        Ok(StatusCode::UNAUTHORIZED) => Found::WrongSecret,
        Ok(status) => Found::Other(status),
        Err(error) => Found::Unreachable(error),
    }
}

async fn ask(subscription: &Subscription, password: &Secret) -> Result<StatusCode, OutboundError> {
    // It is the person's own address, and it may well lead inside from here.
    let outbound = Outbound::new(OutboundSettings {
        call_max: ANSWER_MAX,
        addresses: Addresses::allowing_private(true),
        ..OutboundSettings::default()
    })?;
    let request = outbound
        .request(Method::POST, subscription.url.clone())
        .basic_auth(&subscription.user, Some(password.expose()))
        .header(header::CONTENT_TYPE, "text/plain");
    Ok(outbound.begin(request).await?.status)
}

impl Found {
    pub(super) fn is_good(&self) -> bool {
        matches!(self, Self::Collector)
    }

    /// In words, with the remedy.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Collector => "the collector answers and takes the password".to_owned(),
            Self::WrongSecret => {
                "the collector refuses user or password: is it running with the `user` and `password` of this configuration?".to_owned()
            }
            Self::Other(status) if status.is_redirection() => {
                format!("answers {status}: Pipedrive follows no redirect, give the address it leads to")
            }
            Self::Other(StatusCode::NOT_FOUND) => {
                "answers 404: the path ends with the source's name, and the collector must know the source".to_owned()
            }
            Self::Other(status) => format!("answers {status}, as no collector does: what stands before it?"),
            Self::Unreachable(error) => format!(
                "is not reached from here ({error}): Pipedrive must reach it from the internet, with a certificate that browsers trust"
            ),
        }
    }
}
