//! Where a request comes from and what it calls us.
use std::net::{IpAddr, Ipv6Addr};

use axum::http::{HeaderMap, Uri, header};
use ipnet::IpNet;

/// Longest `X-Forwarded-For` that is looked at, in hops from its end.
const HOPS_MAX: usize = 16;

/// Addresses and networks.
#[derive(Debug, Clone, Default)]
pub(super) struct Networks(Vec<IpNet>);

impl Networks {
    /// Reads `10.0.0.0/8` and `10.0.0.7`.
    pub(super) fn read(texts: &[String]) -> Result<Self, String> {
        let read = |text: &String| {
            let network = text.parse::<IpNet>().ok();
            network
                .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
                .ok_or_else(|| format!("`{text}` is no address and no network such as 10.0.0.0/8"))
        };
        texts.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn has(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.0.iter().any(|network| network.contains(&ip))
    }
}

/// Who asks: the peer, or whom a trusted proxy asks for. Of what it passes on, the last address that is no proxy counts.
pub(super) fn client(peer: IpAddr, headers: &HeaderMap, proxies: &Networks) -> IpAddr {
    if !proxies.has(peer) {
        return peer.to_canonical();
    }
    let told = headers.get_all("x-forwarded-for");
    let told: Vec<&str> = told.iter().filter_map(|value| value.to_str().ok()).collect();
    let mut hops = told.iter().rev().flat_map(|line| line.rsplit(',')).take(HOPS_MAX);
    let stranger = hops.find_map(|hop| hop.trim().parse::<IpAddr>().ok().filter(|ip| !proxies.has(*ip)));
    stranger.unwrap_or(peer).to_canonical()
}

/// What is counted together: an address, or the network that one household or server has of IPv6.
pub(super) fn counted(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from(u128::from(ip) & (u128::MAX << 64))),
    }
}

pub(super) fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

/// The name in the request, without port.
pub(super) fn called<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let host = match headers.get(header::HOST) {
        Some(host) => host.to_str().ok()?,
        None => uri.authority()?.as_str(),
    };
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => Some(name),
        _ => Some(host),
    }
}

pub(super) fn is_known(host: &str, others: &[String]) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(is_loopback)
        || others.iter().any(|other| other.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn asked(peer: &str, forwarded: &str) -> String {
        let proxies = Networks::read(&["10.0.0.0/8".to_owned(), "192.168.1.1".to_owned()]).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        client(peer.parse().unwrap(), &headers, &proxies).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_says_for_whom_it_asks() {
        assert_eq!(asked("203.0.113.5", "198.51.100.1"), "203.0.113.5");
        assert_eq!(asked("10.0.0.2", "198.51.100.1"), "198.51.100.1");
        assert_eq!(asked("::ffff:10.0.0.2", "198.51.100.1"), "198.51.100.1");
        // What the client itself wrote stands before what the proxies added.
        assert_eq!(
            asked("10.0.0.2", "1.1.1.1, 198.51.100.1, 192.168.1.1"),
            "198.51.100.1"
        );
        assert_eq!(asked("10.0.0.2", "nonsense"), "10.0.0.2");
    }

    #[test]
    fn an_ipv6_network_is_counted_as_one() {
        let of = |text: &str| counted(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2::9"));
        assert_ne!(of("2001:db8:1:2::9"), of("2001:db8:1:3::9"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        let refused = Networks::read(&["10.0.0.0/8".to_owned(), "proxy.internal".to_owned()]);
        assert!(refused.unwrap_err().contains("proxy.internal"));
    }
}
