//! The endpoint from which a container gets its keys: of ECS and of EKS Pod Identity
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>).
//!
//! A token goes there, so an address without TLS must be one that cannot be anybody else's: this machine, or the link-local
//! ones that AWS uses.

use std::net::IpAddr;
use std::path::PathBuf;
use std::slice::Iter;

use stage::Secret;
use stage::config::PlatformVariables;
use stage::outbound::header::{AUTHORIZATION, HeaderMap};
use stage::outbound::{Method, Url};

use super::Found;
use super::issued::issued;
use crate::destination::aws_lambda::{Refused, refused};
use crate::destination::headers::sensitive;
use crate::destination::{Brought, Request, Step};

const RELATIVE_URI: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
/// Where a relative address is: the agent of ECS.
const ECS: &str = "http://169.254.170.2";
/// The agents of ECS and of EKS.
const AGENTS: &[&str] = &["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];

#[derive(Debug)]
pub(super) struct Container {
    url: Url,
    token: Token,
}

/// What proves that it is us.
#[derive(Debug)]
enum Token {
    None,
    Given(Secret),
    /// Written anew by the platform from time to time, so it is read each time.
    In(PathBuf),
}

impl Container {
    /// None: the platform names no endpoint.
    pub(super) fn new(platform: &PlatformVariables) -> Result<Option<Self>, Refused> {
        let url = match (platform.get(RELATIVE_URI), platform.get(FULL_URI)) {
            (Some(path), _) => Url::parse(ECS).and_then(|ecs| ecs.join(path)),
            (None, Some(whole)) => Url::parse(whole),
            (None, None) => return Ok(None),
        };
        let url = url.map_err(|_| refused(format!("{RELATIVE_URI} or {FULL_URI} is no address")))?;
        if !is_safe(&url) {
            return Err(refused(format!(
                "{FULL_URI} must be https, or an address of this machine or of AWS's agents"
            )));
        }
        let token = match (platform.get(TOKEN_FILE), platform.get(TOKEN)) {
            (Some(path), _) => Token::In(PathBuf::from(path)),
            (None, Some(token)) => Token::Given(Secret::from(token)),
            (None, None) => Token::None,
        };
        Ok(Some(Self { url, token }))
    }

    pub(super) fn look(&self, brought: &mut Iter<'_, Brought>) -> Found {
        let token = match &self.token {
            Token::None => None,
            Token::Given(token) => Some(token.clone()),
            Token::In(path) => {
                let Some(file) = brought.next() else {
                    return Found::Step(Step::Read(path.clone()));
                };
                Some(Secret::from(String::from_utf8_lossy(&file.body).trim()))
            }
        };
        Found::Step(match brought.next() {
            Some(answer) => issued(answer),
            None => self.ask(token.as_ref()),
        })
    }

    fn ask(&self, token: Option<&Secret>) -> Step {
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            let Some(token) = sensitive(token).filter(|token| !token.is_empty()) else {
                return Step::Refused("credential_refused");
            };
            headers.insert(AUTHORIZATION, token);
        }
        Step::Ask(Box::new(Request {
            method: Method::GET,
            url: self.url.clone(),
            headers,
            body: Vec::new(),
        }))
    }
}

fn is_safe(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_here = bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match url.scheme() {
        "https" => true,
        "http" => is_here || bare == "localhost" || AGENTS.contains(&bare),
        _ => false,
    }
}
