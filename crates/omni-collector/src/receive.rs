//! The body, whole, within its limits: size as sent, size as decompressed, time to arrive, memory of all.
//!
//! What headers alone can refuse is refused before a byte of the body is read. Nothing is kept of a body that
//! did not arrive whole.

mod gzip;
mod memory;

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;

use crate::config::Settings;
use crate::respond::Refused;

pub(crate) use memory::{Memory, Room};

/// What is set aside at first, whatever length a sender promises.
const FIRST_BYTES_MAX: usize = 64 * 1024;

/// The limits on bodies.
#[derive(Debug)]
pub(crate) struct Receiving {
    body_bytes_max: usize,
    body_max: Duration,
    memory: Memory,
}

/// A whole body. Its room in memory is given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) bytes: Vec<u8>,
    room: Room,
}

/// How a body is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Plain,
    Gzip,
}

impl Received {
    /// The body, and the room to be held for as long as it is in memory.
    pub(crate) fn into_parts(self) -> (Vec<u8>, Room) {
        (self.bytes, self.room)
    }
}

impl Receiving {
    pub(crate) fn new(settings: &Settings, memory: Memory) -> Receiving {
        let body_max = Duration::from_millis(settings.body_ms_max);
        Receiving {
            body_bytes_max: settings.body_bytes_max,
            body_max,
            memory,
        }
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`Refused`]: not JSON by its type, too large, slow, cut short, no room.
    pub(crate) async fn receive(&self, headers: &HeaderMap, body: Body) -> Result<Received, Refused> {
        if !is_json(headers) {
            return Err(Refused::NotJsonType);
        }
        let encoding = encoding(headers)?;
        let promised = length(headers).unwrap_or(0);
        if promised > self.body_bytes_max as u64 {
            return Err(Refused::TooLarge);
        }
        let mut room = self.memory.room();
        let read = self.read(body, promised as usize, &mut room);
        let bytes = tokio::time::timeout(self.body_max, read)
            .await
            .map_err(|_| Refused::SlowBody)??;
        match encoding {
            Encoding::Plain => Ok(Received { bytes, room }),
            Encoding::Gzip => {
                room.grow(self.body_bytes_max)?;
                Ok(Received {
                    bytes: gzip::decompress(&bytes, self.body_bytes_max)?,
                    room,
                })
            }
        }
    }

    async fn read(&self, mut body: Body, promised: usize, room: &mut Room) -> Result<Vec<u8>, Refused> {
        let mut bytes = Vec::with_capacity(promised.min(FIRST_BYTES_MAX));
        while let Some(frame) = body.frame().await {
            // Trailers are no part of the body.
            let Ok(data) = frame.map_err(|_| Refused::HalfBody)?.into_data() else {
                continue;
            };
            if bytes.len() + data.len() > self.body_bytes_max {
                return Err(Refused::TooLarge);
            }
            room.grow(data.len())?;
            bytes.extend_from_slice(&data);
        }
        Ok(bytes)
    }
}

/// `application/json`, `text/json`, or a type built on JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(value)) = headers.get(header::CONTENT_TYPE).map(|value| value.to_str()) else {
        return false;
    };
    let essence = value
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    matches!(essence.as_str(), "application/json" | "text/json")
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Refused> {
    let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
    let Some(value) = values.next() else {
        return Ok(Encoding::Plain);
    };
    let word = value.to_str().unwrap_or_default().trim().to_ascii_lowercase();
    match word.as_str() {
        _ if values.next().is_some() => Err(Refused::UnknownEncoding),
        "" | "identity" => Ok(Encoding::Plain),
        "gzip" | "x-gzip" => Ok(Encoding::Gzip),
        _ => Err(Refused::UnknownEncoding),
    }
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::http::HeaderValue;

    use super::*;

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn json_is_told_by_its_type() {
        for yes in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "text/json",
            "application/x+json",
        ] {
            assert!(is_json(&with(header::CONTENT_TYPE, yes)), "{yes}");
        }
        for no in [
            "",
            "text/plain",
            "application/jsonp",
            "application/x-www-form-urlencoded",
            "+json",
        ] {
            assert!(!is_json(&with(header::CONTENT_TYPE, no)), "{no}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }

    #[test]
    fn only_gzip_is_decoded() {
        assert_eq!(encoding(&HeaderMap::new()), Ok(Encoding::Plain));
        assert_eq!(
            encoding(&with(header::CONTENT_ENCODING, "GZIP")),
            Ok(Encoding::Gzip)
        );
        assert_eq!(
            encoding(&with(header::CONTENT_ENCODING, "br")),
            Err(Refused::UnknownEncoding)
        );
        assert_eq!(
            encoding(&with(header::CONTENT_ENCODING, "gzip, gzip")),
            Err(Refused::UnknownEncoding)
        );
    }

    #[tokio::test]
    async fn memory_of_all_bodies_is_bounded() {
        let settings = Settings {
            body_bytes_max: 100,
            ..Settings::default()
        };
        let receiving = Receiving::new(&settings, Memory::new(150));
        let headers = with(header::CONTENT_TYPE, "application/json");
        let first = receiving
            .receive(&headers, Body::from(vec![b' '; 100]))
            .await
            .unwrap();
        let second = receiving
            .receive(&headers, Body::from(vec![b' '; 100]))
            .await
            .unwrap_err();
        assert_eq!(second, Refused::Full);
        drop(first);
        assert!(
            receiving
                .receive(&headers, Body::from(vec![b' '; 100]))
                .await
                .is_ok()
        );
    }

    #[tokio::test]
    async fn a_body_of_the_limit_passes_and_one_byte_more_does_not() {
        let settings = Settings {
            body_bytes_max: 100,
            ..Settings::default()
        };
        let receiving = Receiving::new(&settings, Memory::new(1_000));
        let headers = with(header::CONTENT_TYPE, "application/json");
        assert!(
            receiving
                .receive(&headers, Body::from(vec![b' '; 100]))
                .await
                .is_ok()
        );
        let over = receiving
            .receive(&headers, Body::from(vec![b' '; 101]))
            .await
            .unwrap_err();
        assert_eq!(over, Refused::TooLarge);
    }
}
