//! Asks one of our own ports whether all is well: what a container's health check runs where there is no curl.
//!
//! One request, one short wait, no proxy, no redirect; any answer but 2xx counts as no.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use url::Url;

/// Health checks that take longer are killed by their caller anyway.
const WAIT_MAX: Duration = Duration::from_secs(3);
/// The status line is all that counts.
const HEAD_BYTES: usize = 12;

/// Why a port is not well.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    #[error("`{0}` is not an http address")]
    Address(String),
    #[error("{address} does not answer")]
    Silent {
        address: String,
        #[source]
        source: std::io::Error,
    },
    #[error("{address} answered {status}")]
    Unwell { address: String, status: String },
}

/// Nothing when `url` (plain http, e.g. `http://127.0.0.1:9101/readyz`) answers with 2xx.
///
/// # Errors
/// [`ProbeError`].
pub fn probe(url: &str) -> Result<(), ProbeError> {
    let address = || ProbeError::Address(url.to_owned());
    let parsed = Url::parse(url).map_err(|_| address())?;
    let (Some(host), Some(port), "http") =
        (parsed.host_str(), parsed.port_or_known_default(), parsed.scheme())
    else {
        return Err(address());
    };
    let authority = format!("{host}:{port}");
    let status = ask(&authority, parsed.path()).map_err(|source| ProbeError::Silent {
        address: authority.clone(),
        source,
    })?;
    if status.starts_with('2') {
        return Ok(());
    }
    Err(ProbeError::Unwell {
        address: authority,
        status,
    })
}

/// The three digits of the answer.
fn ask(authority: &str, path: &str) -> std::io::Result<String> {
    let nowhere = || std::io::Error::other("it has no address");
    let address = authority.to_socket_addrs()?.next().ok_or_else(nowhere)?;
    let mut stream = TcpStream::connect_timeout(&address, WAIT_MAX)?;
    stream.set_read_timeout(Some(WAIT_MAX))?;
    stream.set_write_timeout(Some(WAIT_MAX))?;
    stream.write_all(
        format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n").as_bytes(),
    )?;
    let mut head = [0; HEAD_BYTES];
    stream.read_exact(&mut head)?;
    let line = String::from_utf8_lossy(&head);
    Ok(line.rsplit(' ').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::net::TcpListener;

    use super::*;

    /// Answers one request with this status line.
    fn answering(line: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/readyz", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 512];
            let length = stream.read(&mut request).unwrap();
            assert!(
                request
                    .get(..length)
                    .unwrap()
                    .starts_with(b"GET /readyz HTTP/1.1\r\n")
            );
            stream.write_all(line.as_bytes()).unwrap();
        });
        url
    }

    #[test]
    fn only_a_2xx_is_well() {
        assert!(probe(&answering("HTTP/1.1 200 OK\r\n\r\n")).is_ok());
        let unwell = probe(&answering("HTTP/1.1 503 Service Unavailable\r\n\r\n")).unwrap_err();
        assert!(unwell.to_string().ends_with("answered 503"), "{unwell}");
    }

    #[test]
    fn nobody_there_is_not_well() {
        assert!(matches!(
            probe("http://127.0.0.1:9/readyz"),
            Err(ProbeError::Silent { .. })
        ));
        assert!(matches!(probe("127.0.0.1:9101"), Err(ProbeError::Address(_))));
    }
}
