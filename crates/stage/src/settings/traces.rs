//! `[stage.traces]` of `omni.toml`: where traces of events go, and of how many. Refuses what is no address or no share.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::Secret;

/// What is put behind an endpoint (OTLP over HTTP).
const PATH: &str = "v1/traces";

/// `[stage.traces]`: off unless there is an endpoint.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Traces {
    /// A receiver of OTLP over HTTP, without `/v1/traces`. Empty: no traces.
    pub endpoint: Endpoint,
    /// Headers of each request.
    pub headers: BTreeMap<String, Secret>,
    /// Which part of the events is traced, 0 to 1, of those whose sender does not say.
    pub share: Share,
    /// Time for one request, in milliseconds.
    pub timeout_ms: u64,
}

impl Default for Traces {
    fn default() -> Self {
        Self {
            endpoint: Endpoint::default(),
            headers: BTreeMap::new(),
            share: Share(0.01),
            timeout_ms: 5_000,
        }
    }
}

impl Traces {
    /// Whether traces are exported.
    pub fn is_on(&self) -> bool {
        self.endpoint.0.is_some()
    }

    /// Time for one request.
    pub fn call_max(&self) -> Duration {
        Duration::from_millis(self.timeout_ms.max(1))
    }
}

/// Where traces are received.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Endpoint(Option<Url>);

/// A part of all, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Share(f64);

/// A value that cannot be meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// No address, or one that holds more than is one.
    #[error(
        "must be an address such as \"http://127.0.0.1:4318\", without user, query or `/v1/traces`; secrets go into `headers`"
    )]
    Endpoint,
    /// No part of all.
    #[error("must be a number from 0 to 1")]
    Share,
}

impl Endpoint {
    /// Where spans are posted; none where there is no endpoint.
    pub fn url(&self) -> Option<Url> {
        let mut url = self.0.clone()?;
        let path = format!("{}/{PATH}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Some(url)
    }
}

impl TryFrom<String> for Endpoint {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        let url = Url::parse(&text).map_err(|_| Invalid::Endpoint)?;
        let is_plain = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        let has_path = url.path().trim_end_matches('/').ends_with(PATH);
        if is_plain && !has_path {
            Ok(Self(Some(url)))
        } else {
            Err(Invalid::Endpoint)
        }
    }
}

impl From<Endpoint> for String {
    fn from(endpoint: Endpoint) -> Self {
        endpoint.0.map(String::from).unwrap_or_default()
    }
}

impl Share {
    /// Nothing.
    pub const NONE: Self = Self(0.0);

    /// From 0 to 1.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Share {
    type Error = Invalid;

    fn try_from(part: f64) -> Result<Self, Invalid> {
        if (0.0..=1.0).contains(&part) {
            Ok(Self(part))
        } else {
            Err(Invalid::Share)
        }
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> Self {
        share.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn url(text: &str) -> Result<Option<String>, Invalid> {
        Endpoint::try_from(text.to_owned()).map(|endpoint| endpoint.url().map(String::from))
    }

    #[test]
    fn spans_go_below_the_endpoint_and_nowhere_without_one() {
        assert_eq!(url(""), Ok(None));
        for (text, expected) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("http://tempo:4318/", "http://tempo:4318/v1/traces"),
            (
                "https://otlp.example.org/otlp",
                "https://otlp.example.org/otlp/v1/traces",
            ),
        ] {
            assert_eq!(url(text), Ok(Some(expected.to_owned())));
        }
    }

    #[test]
    fn what_is_no_endpoint_or_would_tell_a_secret_is_refused() {
        for bad in [
            "127.0.0.1:4318",
            "grpc://tempo:4317",
            "http://user:word@tempo:4318",
            "http://tempo:4318/?key=1",
            "http://tempo:4318/v1/traces",
        ] {
            assert_eq!(url(bad), Err(Invalid::Endpoint), "{bad}");
        }
    }

    #[test]
    fn a_share_is_a_part_of_all() {
        for (part, is_share) in [
            (0.0, true),
            (0.01, true),
            (1.0, true),
            (1.01, false),
            (-0.1, false),
            (f64::NAN, false),
        ] {
            assert_eq!(Share::try_from(part).is_ok(), is_share, "{part}");
        }
    }
}
