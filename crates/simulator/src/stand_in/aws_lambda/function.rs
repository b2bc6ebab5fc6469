//! The function itself: takes everything and says how much, or is a process elsewhere that is given what came.

use std::time::Duration;

use axum::body::Bytes;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Url, redirect};
use serde_json::{Value, json};
use uuid::Uuid;

use super::PAYLOAD_BYTES_MAX;
use crate::error::Error;
use crate::faults::DestinationTrouble;
use crate::moment::Moment;

/// How long a function may run.
const TIMEOUT: Duration = Duration::from_secs(30);
/// What a response may have, beyond the limit that the documentation names.
const RESPONSE_BYTES_MAX: usize = PAYLOAD_BYTES_MAX + 100;
/// Marks an answer of the process as an error that it threw.
const FUNCTION_ERROR: &str = "x-amz-function-error";

/// What an invocation came to.
#[derive(Debug, Clone)]
pub(super) enum Ran {
    Returned(Bytes),
    /// `errorType` and `errorMessage`.
    Threw(Value),
}

#[derive(Debug)]
pub(crate) struct Function {
    forward: Option<(reqwest::Client, Url)>,
}

impl Function {
    /// # Errors
    /// The client could not be made.
    pub(crate) fn new(forward: Option<&Url>) -> Result<Self, Error> {
        let client = || {
            reqwest::Client::builder()
                .redirect(redirect::Policy::none())
                .no_proxy()
                .timeout(TIMEOUT)
                .build()
                .map_err(|source| Error::Client { source })
        };
        let forward = forward.map(|url| Ok((client()?, url.clone()))).transpose()?;
        Ok(Self { forward })
    }

    /// Whether it may do more than to say yes.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.forward.is_some()
    }

    pub(super) async fn run(&self, payload: Bytes, events: usize, trouble: DestinationTrouble) -> Ran {
        if trouble == DestinationTrouble::Function {
            return threw("Error", "the function throws, as it was told");
        }
        if let Some((client, url)) = &self.forward {
            return forwarded(client, url, payload).await;
        }
        let body = json!({"accepted": events}).to_string();
        let headers = json!({"content-type": "application/json"});
        let returned = json!({"statusCode": 200, "headers": headers, "body": body});
        Ran::Returned(returned.to_string().into())
    }
}

/// As the runtime interface emulator is called: the event is the body, and so is what the function returns.
async fn forwarded(client: &reqwest::Client, url: &Url, payload: Bytes) -> Ran {
    let request = client
        .post(url.clone())
        .header(CONTENT_TYPE, "application/json")
        .body(payload);
    let answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) if error.is_timeout() => return timed_out(),
        Err(_) => {
            return threw(
                "Runtime.ExitError",
                "the process of the function cannot be reached",
            );
        }
    };
    let failed = answer.headers().contains_key(FUNCTION_ERROR);
    let status = answer.status();
    let body = match bounded(answer).await {
        Ok(body) => body,
        Err(ran) => return ran,
    };
    let told: Value = serde_json::from_slice(&body).unwrap_or_default();
    if failed || (told.get("errorType").is_some() && told.get("errorMessage").is_some()) {
        return Ran::Threw(told);
    }
    if !status.is_success() {
        return threw(
            "Runtime.ExitError",
            &format!("the process of the function answered {status}"),
        );
    }
    Ran::Returned(body)
}

async fn bounded(mut answer: reqwest::Response) -> Result<Bytes, Ran> {
    let mut body = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= RESPONSE_BYTES_MAX => {
                body.extend_from_slice(&chunk);
            }
            Ok(Some(_)) => {
                return Err(threw(
                    "Function.ResponseSizeTooLarge",
                    &format!(
                        "Response payload size exceeded maximum allowed payload size ({RESPONSE_BYTES_MAX} bytes)."
                    ),
                ));
            }
            Ok(None) => return Ok(body.into()),
            Err(error) if error.is_timeout() => return Err(timed_out()),
            Err(_) => {
                return Err(threw(
                    "Runtime.ExitError",
                    "the process of the function ended in mid-answer",
                ));
            }
        }
    }
}

fn threw(kind: &str, message: &str) -> Ran {
    Ran::Threw(json!({"errorType": kind, "errorMessage": message}))
}

fn timed_out() -> Ran {
    let now = Moment::now().rfc3339_millis();
    let message = format!(
        "{now} {} Task timed out after {:.2} seconds",
        Uuid::new_v4(),
        TIMEOUT.as_secs_f64()
    );
    threw("Sandbox.Timedout", &message)
}
