//! Which addresses an outbound call may reach.
//!
//! A name is resolved here and only its public addresses are handed on, so what was checked is what is
//! connected to; an address written as such is checked before the call.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::OutboundError;

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

/// Whether an address belongs to the public internet: not private, shared, loopback, link-local, multicast,
/// reserved, documentation, nor one of the known metadata services of clouds.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => match embedded_v4(v6) {
            Some(v4) => is_public_v4(v4),
            None => is_public_v6(v6),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    const AZURE_METADATA: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);
    let [a, b, c, _] = address.octets();
    let refused = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || address == AZURE_METADATA
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !refused
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // Only 2000::/3 is handed out; within it, documentation, benchmarking and Teredo are not hosts.
    let global = first & 0xe000 == 0x2000;
    let special = first == 0x2001 && (second == 0x0db8 || second < 0x0200) || first == 0x3fff;
    global && !special
}

/// The IPv4 address an IPv6 one stands for: mapped, compatible, translated, NAT64, 6to4.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let bits = u128::from(address);
    let last = Ipv4Addr::from(bits as u32);
    match (bits >> 32) as u64 {
        // ::/96, ::ffff:0:0/96, ::ffff:0:0:0/96
        0 | 0xffff | 0xffff_0000 if bits >> 96 == 0 => Some(last),
        0 if bits >> 96 == 0x0064_ff9b => Some(last),
        _ if bits >> 112 == 0x2002 => Some(Ipv4Addr::from((bits >> 80) as u32)),
        _ => None,
    }
}

/// Refuses an address written as such in a URL; names are left to the resolver.
pub(super) fn check(url: &Url, addresses: Addresses) -> Result<(), OutboundError> {
    if addresses == Addresses::Any {
        return Ok(());
    }
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(address) if !is_public(address) => Err(OutboundError::Guarded {
            host: host.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Whether the resolver below is why a call failed.
pub(super) fn refused(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(because) = cause {
        if because.is::<NotPublic>() {
            return true;
        }
        cause = because.source();
    }
    false
}

/// Resolves names with the system's resolver and lets only allowed addresses through.
#[derive(Debug)]
pub(super) struct Resolver {
    addresses: Addresses,
}

impl Resolver {
    pub(super) fn new(addresses: Addresses) -> Self {
        Resolver { addresses }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let any = self.addresses == Addresses::Any;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| any || is_public(address.ip()))
                .collect();
            if allowed.is_empty() {
                return Err(Box::new(NotPublic) as Box<dyn Error + Send + Sync>);
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// The name has no address that may be called.
#[derive(Debug)]
struct NotPublic;

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name has no public address")
    }
}

impl Error for NotPublic {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn addresses_inside_are_not_public() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.100.100.200",
            "168.63.129.16",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.192",
            "::1",
            "::",
            "fe80::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:0:10.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "::127.0.0.1",
            "2001:db8::1",
            "fec0::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn addresses_of_the_internet_are_public() {
        for text in [
            "1.1.1.1",
            "52.29.0.1",
            "2606:4700::1111",
            "2a00:1450:4001::5",
            "64:ff9b::101:101",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }
}
