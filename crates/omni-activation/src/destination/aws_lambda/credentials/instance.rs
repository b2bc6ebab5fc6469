//! The metadata service of an EC2 instance, version 2: a token, the role's name, its keys
//! (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>).
//!
//! Version 1, which hands keys to whoever can make this machine fetch an address, is not asked.

use std::slice::Iter;

use stage::config::PlatformVariables;
use stage::outbound::header::{HeaderMap, HeaderValue};
use stage::outbound::{Method, Url};

use super::Found;
use super::issued::{issued, not_given};
use crate::destination::aws_lambda::{Refused, refused};
use crate::destination::{Brought, Request, Step};

const ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
const ENDPOINT_MODE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
const DISABLED: &str = "AWS_EC2_METADATA_DISABLED";
const IPV4: &str = "http://169.254.169.254";
const IPV6: &str = "http://[fd00:ec2::254]";
const TOKEN_PATH: &str = "latest/api/token";
const ROLE_PATH: &str = "latest/meta-data/iam/security-credentials/";
const TOKEN: &str = "x-aws-ec2-metadata-token";
const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
/// A token is used for the two questions that follow it.
const TTL_SECONDS: HeaderValue = HeaderValue::from_static("60");

#[derive(Debug)]
pub(super) struct Instance {
    token: Url,
    role: Url,
}

impl Instance {
    /// None: the platform says that there is no such service.
    pub(super) fn new(platform: &PlatformVariables) -> Result<Option<Self>, Refused> {
        let is = |name, value| {
            platform
                .get(name)
                .is_some_and(|said| said.eq_ignore_ascii_case(value))
        };
        if is(DISABLED, "true") {
            return Ok(None);
        }
        let usual = if is(ENDPOINT_MODE, "ipv6") { IPV6 } else { IPV4 };
        let base = platform.get(ENDPOINT).unwrap_or(usual);
        let at = |path| Url::parse(&format!("{}/{path}", base.trim_end_matches('/')));
        match (at(TOKEN_PATH), at(ROLE_PATH)) {
            (Ok(token), Ok(role)) => Ok(Some(Self { token, role })),
            _ => Err(refused(format!("{ENDPOINT} is no address"))),
        }
    }

    pub(super) fn look(&self, brought: &mut Iter<'_, Brought>) -> Found {
        let Some(token) = brought.next() else {
            return ask(Method::PUT, self.token.clone(), TTL, TTL_SECONDS);
        };
        if let Some(none) = not_given(token) {
            return Found::Step(none);
        }
        let Ok(mut token) = HeaderValue::from_bytes(token.body.trim_ascii()) else {
            return Found::Step(Step::Refused("credential_refused"));
        };
        token.set_sensitive(true);
        let Some(role) = brought.next() else {
            return ask(Method::GET, self.role.clone(), TOKEN, token);
        };
        // An instance without a role.
        if role.status.as_u16() == 404 {
            return Found::Nothing;
        }
        if let Some(none) = not_given(role) {
            return Found::Step(none);
        }
        match brought.next() {
            Some(answer) => Found::Step(issued(answer)),
            None => ask(Method::GET, self.of(role), TOKEN, token),
        }
    }
}

impl Instance {
    /// Where the keys of the role are that the service named.
    fn of(&self, role: &Brought) -> Url {
        let name = String::from_utf8_lossy(&role.body);
        let mut url = self.role.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments
                .pop_if_empty()
                .push(name.lines().next().unwrap_or_default().trim());
        }
        url
    }
}

fn ask(method: Method, url: Url, name: &'static str, value: HeaderValue) -> Found {
    let mut headers = HeaderMap::new();
    headers.insert(name, value);
    Found::Step(Step::Ask(Box::new(Request {
        method,
        url,
        headers,
        body: Vec::new(),
    })))
}
