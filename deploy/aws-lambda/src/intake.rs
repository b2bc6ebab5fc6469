//! The call to `POST /events/flat`, and what its answer means.

mod judge;

use stage::Secret;
use stage::outbound::{Method, Outbound, Url, header};

use crate::batch::Batch;
use crate::config::Settings;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::function::StartError;

pub(crate) use judge::Verdict;

/// The door of Omni, with its connection.
#[derive(Debug)]
pub(crate) struct Intake {
    outbound: Outbound,
    url: Url,
    token: Secret,
    timeout: std::time::Duration,
}

impl Intake {
    pub(crate) fn new(settings: &Settings) -> Result<Intake, StartError> {
        Ok(Intake {
            outbound: Outbound::new(settings.outbound())?,
            url: settings.intake()?,
            token: settings.token.clone(),
            timeout: settings.timeout(),
        })
    }

    /// Posts once. Trying again is left to whoever invoked the function.
    pub(crate) async fn post(&self, batch: &Batch, deadline: Deadline) -> Result<Verdict, Failure> {
        let limit = deadline.left(self.timeout).ok_or(Failure::NoTime)?;
        let request = self
            .outbound
            .request(Method::POST, self.url.clone())
            .bearer_auth(self.token.expose())
            .header(header::CONTENT_TYPE, "application/json")
            .body(batch.body.clone());
        match tokio::time::timeout(limit, self.outbound.call(request)).await {
            Err(_) => Err(Failure::Late {
                limit_ms: limit.as_millis(),
            }),
            Ok(Err(error)) => Err(Failure::NoAnswer(error)),
            Ok(Ok(answer)) => judge::judge(&answer, batch),
        }
    }
}
