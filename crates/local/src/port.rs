//! Ports of the loopback interface: is one free, and which ones are.
//!
//! Free ports are taken below the range that systems give to outgoing connections (32768 and up), where a
//! client of anything could take them in the moment before their server does.

use crate::Error;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);

/// Where free ports are looked for.
const RANGE: std::ops::Range<u16> = 12_000..32_000;
/// Ports tried before the machine counts as full.
const ATTEMPTS_MAX: usize = 2_000;

/// Ports that are free now, all different. Another program may take one before it is used: callers that
/// can't live with that try again.
pub fn free(count: usize) -> Result<Vec<u16>, Error> {
    // Held until all are found, so that none is found twice.
    let listeners: Vec<(u16, TcpListener)> = (0..ATTEMPTS_MAX)
        .filter_map(|_| {
            let port = rand::random_range(RANGE);
            Some((port, TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()?))
        })
        .take(count)
        .collect();
    if listeners.len() < count {
        let detail = format!("none between {} and {}", RANGE.start, RANGE.end);
        return Err(Error::Failed {
            what: "looking for a free port".into(),
            detail,
        });
    }
    Ok(listeners.into_iter().map(|(port, _)| port).collect())
}

/// Refuses a port that another program listens on.
pub fn check_free(port: u16) -> Result<(), Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map(drop)
        .map_err(|_| Error::PortInUse { port })
}

/// Whether something accepts connections on the port.
pub fn answers(port: u16) -> bool {
    TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), CONNECT_TIMEOUT).is_ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn free_ports_are_different() {
        let mut ports = free(8).unwrap();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 8);
    }

    #[test]
    fn a_taken_port_is_named() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let error = check_free(port).unwrap_err();
        assert!(
            error.to_string().starts_with(&format!("port {port} is in use")),
            "{error}"
        );
        assert!(answers(port));
    }
}
