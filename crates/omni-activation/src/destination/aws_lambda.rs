//! `aws_lambda`: a function of AWS Lambda, by the Invoke API or at its function URL.
//!
//! The payload is the event, or a JSON array where `events_max` is above 1. It is signed by Signature Version 4
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>). A 200 with `X-Amz-Function-Error` is a failure:
//! the function threw. With `invocation = "event"` Lambda queues the event, and what becomes of it there no answer tells.

mod credentials;
mod judge;
mod sign;
mod target;

use event::Map;
use event::flat::key;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stage::Secret;
use stage::config::PlatformVariables;
use stage::outbound::header::{HeaderMap, HeaderValue};

use super::said::listed;
use super::{Event, Judged, Login, Now, Protocol, Refused, Request, Response, Said, Takes, Unfit, headers};
use crate::config::{DestinationSettings, Profile};
use credentials::Chain;
pub use credentials::CredentialSource;
use target::{Target, Way};

/// What every program on AWS is told begins so.
const PLATFORM: &str = "AWS_";
const INVOCATION_TYPE: &str = "x-amz-invocation-type";
/// Bytes of a payload (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
const SYNCHRONOUS_BYTES_MAX: usize = 6 * 1024 * 1024;
const ASYNCHRONOUS_BYTES_MAX: usize = 1024 * 1024;

pub(crate) const PROFILE: Profile = Profile {
    name: "aws_lambda",
    has_address: true,
    tells_of_persons: false,
    retracts: false,
};

/// `[destination.<name>.aws_lambda]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The function: its name, or its ARN, which names the region too; empty: `url` is a function URL.
    pub function: String,
    /// Its version or alias.
    pub qualifier: String,
    /// Its region; empty: that of the ARN or of the address, else `AWS_REGION` or `AWS_DEFAULT_REGION` of the environment.
    pub region: String,
    /// Whether the answer is waited for.
    pub invocation: Invocation,
    /// Whether requests are signed.
    pub auth: Auth,
    /// Where the credentials come from; none: the first of them that has some.
    pub credentials: Option<CredentialSource>,
    /// The access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: Secret,
    /// What temporary keys carry along.
    pub session_token: Secret,
    /// The profile in the shared credentials file; empty: `AWS_PROFILE` of the environment, else `default`.
    pub profile: String,
    /// Most events in a payload; above 1 it is a JSON array.
    pub events_max: usize,
}

/// When the function runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Invocation {
    /// Now: what it answers is the answer.
    #[default]
    RequestResponse,
    /// Later: Lambda queues the event, tries three times, and may lose it where the function has no destination for failures.
    Event,
}

/// Who may call the function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// Everybody: a function URL that is open, or an emulator.
    None,
    /// Whoever signs.
    #[default]
    AwsIam,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            function: String::new(),
            qualifier: String::new(),
            region: String::new(),
            invocation: Invocation::default(),
            auth: Auth::default(),
            credentials: None,
            access_key_id: String::new(),
            secret_access_key: Secret::default(),
            session_token: Secret::default(),
            profile: String::new(),
            events_max: Takes::ONE.events_max,
        }
    }
}

/// A function.
#[derive(Debug)]
pub struct AwsLambda {
    target: Target,
    headers: HeaderMap,
    /// None: requests are not signed.
    chain: Option<Chain>,
    takes: Takes,
}

impl AwsLambda {
    /// # Errors
    /// [`Refused`].
    pub fn new(settings: &DestinationSettings) -> Result<Self, Refused> {
        Self::on(settings, &PlatformVariables::read(PLATFORM))
    }

    /// As [`AwsLambda::new`], on a platform that tells this.
    fn on(settings: &DestinationSettings, platform: &PlatformVariables) -> Result<Self, Refused> {
        let own = settings.aws_lambda.clone().unwrap_or_default();
        if own.events_max == 0 {
            return Err(refused("`aws_lambda.events_max` must be at least 1"));
        }
        if !settings.secret.is_empty() {
            return Err(refused(
                "has a `secret`, which AWS knows none of: keys are in `aws_lambda.access_key_id` and \
                 `aws_lambda.secret_access_key`",
            ));
        }
        let target = Target::new(&settings.url, &own, platform)?;
        let mut headers = headers::own(&settings.headers)?;
        if let Way::Invoke(invocation) = target.way {
            headers.insert(INVOCATION_TYPE, HeaderValue::from_static(invocation.as_str()));
        }
        Ok(Self {
            takes: takes(target.way, own.events_max),
            chain: match own.auth {
                Auth::None => None,
                Auth::AwsIam => Some(Chain::new(&own, platform)?),
            },
            headers,
            target,
        })
    }
}

impl Invocation {
    /// As Lambda calls it.
    const fn as_str(self) -> &'static str {
        match self {
            Self::RequestResponse => "RequestResponse",
            Self::Event => "Event",
        }
    }
}

impl Protocol for AwsLambda {
    fn say(&self, event: &Event<'_>, mapped: &[u8], _: i64) -> Result<Said, Unfit> {
        Ok(Said {
            uuid: event.uuid,
            url: self.target.url.clone(),
            body: identified(event, mapped)?,
        })
    }

    fn request(&self, said: &[&Said], now: &Now<'_>) -> Result<Request, Unfit> {
        let body = match said {
            [one] if self.takes.events_max == 1 => one.body.clone(),
            several => listed(several),
        };
        let mut request = Request::post(self.target.url.clone(), self.headers.clone(), body);
        if self.chain.is_some() {
            sign::sign(&mut request, &self.target.region, sign::LAMBDA, now)?;
        }
        Ok(request)
    }

    fn judge(&self, said: &[&Said], response: &Response<'_>) -> Judged {
        judge::judge(self.target.way, said.len(), response)
    }

    fn takes(&self) -> Takes {
        self.takes
    }

    fn login(&self) -> Option<&dyn Login> {
        self.chain.as_ref().map(|chain| chain as &dyn Login)
    }
}

/// The event with its identity, by which the function tells doubles; as it is where it has one.
fn identified(event: &Event<'_>, mapped: &[u8]) -> Result<Vec<u8>, Unfit> {
    if event.flat == mapped && event.fields()?.contains_key(key::EVENT_UUID) {
        return Ok(mapped.to_vec());
    }
    let mut body: Map = serde_json::from_slice(mapped).map_err(|_| Unfit::NotFlat)?;
    body.entry(key::EVENT_UUID)
        .or_insert_with(|| Value::String(event.uuid.to_string()));
    serde_json::to_vec(&body).map_err(|_| Unfit::NotFlat)
}

/// A list's commas and brackets take their room too.
fn takes(way: Way, events_max: usize) -> Takes {
    let bytes_max = match way {
        Way::Invoke(Invocation::RequestResponse) => SYNCHRONOUS_BYTES_MAX,
        Way::Invoke(Invocation::Event) => ASYNCHRONOUS_BYTES_MAX,
        // The body is a text in what the function gets, and its quotes are escaped there.
        Way::FunctionUrl => Takes::BYTES_MAX,
    };
    let around = if events_max > 1 { events_max + 1 } else { 0 };
    Takes {
        events_max,
        bytes_max: bytes_max.saturating_sub(around),
    }
}

fn refused(why: impl Into<String>) -> Refused {
    Refused::Parameters(why.into())
}

#[cfg(test)]
mod tests;
