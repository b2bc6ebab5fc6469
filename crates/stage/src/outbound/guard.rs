//! Holds a client to the addresses it may call.
//!
//! A name is resolved here and only its allowed addresses are handed on, so what was checked is what is connected to,
//! and a connection that is kept stays with it; an address written as such is checked before the call.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Host;

use super::OutboundError;
use super::public::is_public;

/// Which addresses may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// Those of the public internet: the default for anything whose address a user can set.
    PublicOnly,
    /// All, also private and loopback ones (`allow_private_addresses = true`).
    Any,
}

impl Addresses {
    /// What a setting `allow_private_addresses` says.
    pub fn allowing_private(is_allowed: bool) -> Self {
        if is_allowed { Self::Any } else { Self::PublicOnly }
    }
}

/// Which addresses may be called, and who knows those of names.
#[derive(Clone)]
pub(super) struct Guard {
    is_allowed: fn(IpAddr) -> bool,
    names: Arc<dyn Resolve>,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").finish_non_exhaustive()
    }
}

impl Guard {
    pub(super) fn new(addresses: Addresses) -> Self {
        let is_allowed = match addresses {
            Addresses::PublicOnly => is_public,
            Addresses::Any => |_| true,
        };
        Self::over(is_allowed, Arc::new(System))
    }

    pub(super) fn over(is_allowed: fn(IpAddr) -> bool, names: Arc<dyn Resolve>) -> Self {
        Self { is_allowed, names }
    }

    /// Refuses an address written as such in a URL, however it is spelt; names are left to the resolver.
    pub(super) fn check(&self, url: &Url) -> Result<(), OutboundError> {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(_)) | None => return Ok(()),
        };
        if (self.is_allowed)(address) {
            return Ok(());
        }
        Err(OutboundError::Guarded {
            host: url.host_str().unwrap_or_default().to_owned(),
        })
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, is_allowed) = (self.names.resolve(name), self.is_allowed);
        Box::pin(async move {
            let allowed: Vec<SocketAddr> = found.await?.filter(|found| is_allowed(found.ip())).collect();
            if allowed.is_empty() {
                return Err(Box::new(NotAllowed) as Box<dyn Error + Send + Sync>);
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Whether the guard is why a call failed.
pub(super) fn refused(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(because) = cause {
        if because.is::<NotAllowed>() {
            return true;
        }
        cause = because.source();
    }
    false
}

/// The system's resolver.
struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}

/// The name has no address that may be called.
#[derive(Debug)]
struct NotAllowed;

impl fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name has no address that may be called")
    }
}

impl Error for NotAllowed {}
