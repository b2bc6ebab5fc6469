//! Who may see what: one function, which every route asks.
//!
//! For now a board is open to whoever sits at this machine, or to whoever reaches the port where the deployment says so.
//! On loopback the name it is called by is checked too: a page of somewhere else that points its own name at 127.0.0.1
//! would otherwise read the board. What a request may see is a [`Grant`]; no handler can answer without one.
use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, Uri, header};
use serde::{Deserialize, Serialize};

/// To whom the dashboard is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OpenTo {
    Loopback,
    Network,
}

/// What the deployment allows.
#[derive(Debug, Clone)]
pub struct Policy {
    pub open_to: OpenTo,
    /// Further names it may be called by.
    pub hosts: Vec<String>,
    /// Empty: every company.
    pub companies: Vec<u64>,
}

/// What a request may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Empty: every company.
    companies: Vec<u64>,
    /// Whether the viewer may see who persons are.
    pii: bool,
}

/// Why a request may see nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("this dashboard is open to its own machine only (`[reporting] open_to`)")]
    Peer,
    #[error("this dashboard does not answer to that host name (`[reporting] hosts`)")]
    Host,
    #[error("this company's data are not shown here")]
    Company,
}

/// Judges a request by where it comes from and what it calls us.
pub fn authorise(policy: &Policy, peer: SocketAddr, uri: &Uri, headers: &HeaderMap) -> Result<Grant, Denied> {
    if policy.open_to == OpenTo::Loopback {
        if !is_loopback(peer.ip()) {
            return Err(Denied::Peer);
        }
        if !called(uri, headers).is_some_and(|host| is_known(host, &policy.hosts)) {
            return Err(Denied::Host);
        }
    }
    Ok(Grant {
        companies: policy.companies.clone(),
        pii: true,
    })
}

impl Grant {
    /// The company to show: the chosen one if it may be seen, else the first.
    pub fn company(&self, chosen: Option<u64>, with_rows: &[u64]) -> Result<u64, Denied> {
        match chosen {
            Some(company) if self.companies.is_empty() || self.companies.contains(&company) => Ok(company),
            Some(_) => Err(Denied::Company),
            None => Ok(self.offered(with_rows).first().copied().unwrap_or_default()),
        }
    }

    /// The companies a viewer may choose from.
    pub fn offered<'a>(&'a self, with_rows: &'a [u64]) -> &'a [u64] {
        if self.companies.is_empty() {
            with_rows
        } else {
            &self.companies
        }
    }

    /// Whether the viewer may see who persons are.
    pub fn pii(&self) -> bool {
        self.pii
    }

    /// Equal for grants that see the same.
    pub fn key(&self) -> String {
        format!("{:?} {}", self.companies, self.pii)
    }
}

fn is_loopback(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback()),
    }
}

/// The name in the request, without port.
fn called<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let host = match headers.get(header::HOST) {
        Some(host) => host.to_str().ok()?,
        None => uri.authority()?.as_str(),
    };
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => Some(name),
        _ => Some(host),
    }
}

fn is_known(host: &str, others: &[String]) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(is_loopback)
        || others.iter().any(|other| other.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn asked(open_to: OpenTo, peer: &str, host: &str) -> Result<Grant, Denied> {
        let policy = Policy {
            open_to,
            hosts: vec!["board.example.org".to_owned()],
            companies: Vec::new(),
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        authorise(&policy, peer.parse().unwrap(), &Uri::from_static("/"), &headers)
    }

    #[test]
    fn a_loopback_board_is_for_its_own_machine_by_its_own_names() {
        for host in [
            "localhost:8090",
            "127.0.0.1:8090",
            "[::1]:8090",
            "LOCALHOST",
            "board.example.org",
        ] {
            assert!(asked(OpenTo::Loopback, "127.0.0.1:5000", host).is_ok(), "{host}");
        }
        assert!(asked(OpenTo::Loopback, "[::ffff:127.0.0.1]:5000", "localhost").is_ok());
        assert_eq!(
            asked(OpenTo::Loopback, "10.0.0.7:5000", "localhost"),
            Err(Denied::Peer)
        );
        for host in [
            "rebound.example.com:8090",
            "10.0.0.7",
            "localhost.example.com",
            "",
        ] {
            assert_eq!(
                asked(OpenTo::Loopback, "127.0.0.1:5000", host),
                Err(Denied::Host),
                "{host}"
            );
        }
    }

    #[test]
    fn a_board_open_to_the_network_is_called_as_the_network_likes() {
        assert!(asked(OpenTo::Network, "10.0.0.7:5000", "board.internal").is_ok());
    }

    #[test]
    fn only_allowed_companies_are_seen() {
        let one = Grant {
            companies: vec![7, 5],
            pii: true,
        };
        assert_eq!(one.company(None, &[1, 5, 7]), Ok(7));
        assert_eq!(one.company(Some(5), &[]), Ok(5));
        assert_eq!(one.company(Some(1), &[1]), Err(Denied::Company));
        let any = Grant {
            companies: Vec::new(),
            pii: true,
        };
        assert_eq!(any.company(None, &[1, 5]), Ok(1));
        assert_eq!(any.company(None, &[]), Ok(0));
        assert_eq!(any.company(Some(9), &[1]), Ok(9));
    }
}
