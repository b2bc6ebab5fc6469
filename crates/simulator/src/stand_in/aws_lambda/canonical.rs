//! The one text that a request is, for its signature: what both sides must write alike.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// A request as it came over the wire.
#[derive(Debug)]
pub(super) struct Signed<'a> {
    pub method: &'a str,
    /// As it was sent, percent-encoded.
    pub path: &'a str,
    pub query: &'a str,
    /// Names in lower case, in the order they came in.
    pub headers: Vec<(String, String)>,
    pub body: &'a [u8],
}

impl Signed<'_> {
    /// All values of a header, trimmed, runs of spaces as one; none where the header is not there.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let values: Vec<String> = self
            .headers
            .iter()
            .filter(|(given, _)| given == name)
            .map(|(_, value)| value.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        (!values.is_empty()).then(|| values.join(","))
    }

    /// The canonical request; a signed header that is not there has no value.
    pub(super) fn canonical(&self, signed_headers: &str) -> String {
        let mut headers = String::new();
        for name in signed_headers.split(';') {
            let value = self.header(name).unwrap_or_default();
            // Writing to a string cannot fail.
            let _ = writeln!(headers, "{name}:{value}");
        }
        [
            self.method,
            &path(self.path),
            &query(self.query),
            &headers,
            signed_headers,
            &hex(&Sha256::digest(self.body)),
        ]
        .join("\n")
    }
}

/// Without dots and doubled slashes, then encoded once more than it was sent, as all services but S3 want it.
fn path(sent: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in sent.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let end = if sent.ends_with('/') && !parts.is_empty() {
        "/"
    } else {
        ""
    };
    let parts: Vec<String> = parts.into_iter().map(|part| encoded(part.as_bytes())).collect();
    format!("/{}{end}", parts.join("/"))
}

/// Sorted by encoded name, then by encoded value.
fn query(sent: &str) -> String {
    let mut pairs: Vec<(String, String)> = sent
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encoded(&decoded(name)), encoded(&decoded(value))))
        .collect();
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

/// Everything but letters, digits and `-._~` as `%` and two capital hexadecimal digits.
fn encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(*byte));
            }
            _ => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = after
            .get(if code.is_some() { 2 } else { 0 }..)
            .unwrap_or_default();
    }
    bytes
}

/// Two small hexadecimal digits a byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
