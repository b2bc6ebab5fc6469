//! The headers of a record: pairs of a name and bytes, in order, in one buffer.
//!
//! A record of Omni carries up to eleven; as pairs of their own they would be two allocations each, for every record that
//! any stage reads or copies.
use std::fmt;

use rdkafka::message::{BorrowedHeaders, Header, Headers as _, OwnedHeaders};

/// Room for what a record of Omni usually carries, in bytes.
const USUAL_BYTES: usize = 384;

/// Headers in order; a name may come more than once.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RecordHeaders {
    /// Of each header the length of its name, the length of its value, its name, its value.
    bytes: Vec<u8>,
}

impl RecordHeaders {
    /// None.
    pub const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// Adds one at the end. Name and value are each below 4 GiB: a record is below 1 MiB.
    pub fn push(&mut self, name: &str, value: &[u8]) {
        for length in [name.len(), value.len()] {
            self.bytes.extend_from_slice(&(length as u32).to_le_bytes());
        }
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.extend_from_slice(value);
    }

    /// Takes all of this name out.
    pub fn remove(&mut self, name: &str) {
        *self = self.iter().filter(|(known, _)| *known != name).collect();
    }

    /// The only one of this name from now on, at the end.
    pub fn set(&mut self, name: &str, value: &[u8]) {
        self.remove(name);
        self.push(name, value);
    }

    /// Name and value of each, in order.
    pub const fn iter(&self) -> Iter<'_> {
        Iter {
            rest: self.bytes.as_slice(),
        }
    }

    /// The first value of this name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(crate) fn from_native(native: &BorrowedHeaders) -> Self {
        let mut headers = Self {
            bytes: Vec::with_capacity(USUAL_BYTES),
        };
        for header in native.iter() {
            headers.push(header.key, header.value.unwrap_or_default());
        }
        headers
    }

    pub(crate) fn to_native(&self) -> OwnedHeaders {
        let native = OwnedHeaders::new_with_capacity(self.len());
        self.iter().fold(native, |native, (key, value)| {
            native.insert(Header {
                key,
                value: Some(value),
            })
        })
    }
}

/// Name and value of each header, in order.
#[derive(Debug, Clone)]
pub struct Iter<'a> {
    rest: &'a [u8],
}

impl<'a> Iter<'a> {
    fn length(&mut self) -> Option<usize> {
        let (length, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u32::from_le_bytes(*length) as usize)
    }

    fn part(&mut self, length: usize) -> Option<&'a [u8]> {
        let (part, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(part)
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a str, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = (self.length()?, self.length()?);
        let name = std::str::from_utf8(self.part(name)?).ok()?;
        Some((name, self.part(value)?))
    }
}

impl<'a> IntoIterator for &'a RecordHeaders {
    type Item = (&'a str, &'a [u8]);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> FromIterator<(N, V)> for RecordHeaders {
    fn from_iter<T: IntoIterator<Item = (N, V)>>(pairs: T) -> Self {
        let mut headers = Self::new();
        for (name, value) in pairs {
            headers.push(name.as_ref(), value.as_ref());
        }
        headers
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> From<Vec<(N, V)>> for RecordHeaders {
    fn from(pairs: Vec<(N, V)>) -> Self {
        pairs.into_iter().collect()
    }
}

impl fmt::Debug for RecordHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self
            .iter()
            .map(|(name, value)| (name, String::from_utf8_lossy(value)));
        f.debug_map().entries(shown).finish()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const PAIRS: [(&str, &[u8]); 4] = [
        ("kind", b"webhook"),
        ("", b""),
        ("ключ", &[0xff, 0]),
        ("kind", b"x"),
    ];

    #[test]
    fn pairs_come_back_in_order_as_they_went() {
        let headers: RecordHeaders = PAIRS.into_iter().collect();
        assert_eq!(headers.iter().collect::<Vec<_>>(), PAIRS);
        assert_eq!(headers.len(), 4);
        assert_eq!(headers.get("kind"), Some(b"webhook".as_slice()));
        assert_eq!(headers.get("none"), None);
        assert!(RecordHeaders::new().is_empty() && !headers.is_empty());
    }

    #[test]
    fn the_client_takes_and_gives_them_unchanged() {
        let headers: RecordHeaders = PAIRS.into_iter().collect();
        let native = headers.to_native();
        assert_eq!(native.count(), 4);
        assert_eq!(RecordHeaders::from_native(native.as_borrowed()), headers);
    }

    #[test]
    fn what_is_set_is_the_only_one_of_its_name() {
        let mut headers: RecordHeaders = PAIRS.into_iter().collect();
        headers.set("kind", b"flat");
        assert_eq!(headers.get("kind"), Some(b"flat".as_slice()));
        assert_eq!(headers.len(), 3);
        headers.remove("kind");
        assert_eq!(headers.iter().collect::<Vec<_>>(), PAIRS[1..3]);
    }

    #[test]
    fn equal_text_cut_elsewhere_is_not_equal() {
        let left: RecordHeaders = [("ab", "c")].into_iter().collect();
        let right: RecordHeaders = [("a", "bc")].into_iter().collect();
        assert_ne!(left, right);
    }
}
