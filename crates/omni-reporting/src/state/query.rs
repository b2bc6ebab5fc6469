//! The query string as pairs, and back.
//!
//! A list is split at its commas before they are decoded, so a comma inside a value is written `%2C`. A name that comes
//! twice counts once, the first time.
use std::collections::BTreeMap;

use super::Refusal;

/// Longest query string that is read, in bytes.
pub const BYTES_MAX: usize = 64 * 1024;

/// Pairs by name, values still encoded.
#[derive(Debug, Default)]
pub struct Pairs<'a>(BTreeMap<String, &'a str>);

impl<'a> Pairs<'a> {
    /// Reads `a=b&c=d,e`; what is no pair is passed over.
    pub fn read(query: &'a str) -> Result<Self, Refusal> {
        if query.len() > BYTES_MAX {
            return Err(Refusal::new("query", format!("longer than {BYTES_MAX} bytes")));
        }
        let mut pairs = BTreeMap::new();
        for piece in query.split('&') {
            if let Some((name, value)) = piece.split_once('=')
                && let Ok(name) = decode("query", name)
            {
                pairs.entry(name).or_insert(value);
            }
        }
        Ok(Self(pairs))
    }

    /// One value; an empty one counts as left out.
    pub fn one(&self, name: &str) -> Result<Option<String>, Refusal> {
        let value = self.0.get(name).map(|raw| decode(name, raw)).transpose()?;
        Ok(value.filter(|value| !value.is_empty()))
    }

    /// The items of a list, without empty ones.
    pub fn list(&self, name: &str) -> Result<Vec<String>, Refusal> {
        let Some(raw) = self.0.get(name) else {
            return Ok(Vec::new());
        };
        let items: Result<Vec<_>, _> = raw.split(',').map(|item| decode(name, item)).collect();
        Ok(items?.into_iter().filter(|item| !item.is_empty()).collect())
    }
}

fn decode(parameter: &str, raw: &str) -> Result<String, Refusal> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = [rest.next(), rest.next()]
                    .map(|digit| digit.and_then(|digit| (digit as char).to_digit(16)));
                let [Some(high), Some(low)] = digits else {
                    return Err(Refusal::new(
                        parameter,
                        "`%` must be followed by two hexadecimal digits",
                    ));
                };
                bytes.push((high * 16 + low) as u8);
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).map_err(|_| Refusal::new(parameter, "not UTF-8"))
}

/// Appends `name=value` or `name=value,value`, encoded.
pub fn append(query: &mut String, name: &str, values: &[&str]) {
    if !query.is_empty() {
        query.push('&');
    }
    query.push_str(name);
    query.push('=');
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            query.push(',');
        }
        encode(query, value);
    }
}

fn encode(query: &mut String, value: &str) {
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b':' | b'/' => {
                query.push(byte as char);
            }
            _ => {
                let digit = |nibble: u8| {
                    char::from_digit(u32::from(nibble), 16)
                        .unwrap_or('0')
                        .to_ascii_uppercase()
                };
                query.push('%');
                query.push(digit(byte >> 4));
                query.push(digit(byte & 15));
            }
        }
    }
}
