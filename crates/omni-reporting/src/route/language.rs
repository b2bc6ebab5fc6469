//! In which language a board's words go out: the one that is asked for, else the browser's, else English.
//!
//! An answer says which it is and that it hangs on the question (`Vary`), and carries a hash of what it says, so that a
//! browser that has it gets a short answer.
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

use super::Refused;

/// The language every board has.
pub(crate) const USUAL: &str = "en";
/// More languages than a person reads are not looked at.
const ASKED_MAX: usize = 16;

/// The first language a viewer wants of those there are: `lang=` in the query, then `Accept-Language` by its weights.
pub(super) fn chosen(query: Option<&str>, headers: &HeaderMap, has: impl Fn(&str) -> bool) -> String {
    let named = query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .find_map(|pair| pair.strip_prefix("lang="));
    let accepted = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    named
        .map(primary)
        .into_iter()
        .chain(weighed(accepted.unwrap_or_default()))
        .find(|language| has(language))
        .unwrap_or_else(|| USUAL.to_owned())
}

/// `de-CH;q=0.8` is German; equal weights keep their order, a weight of 0 is a refusal.
fn weighed(accepted: &str) -> impl Iterator<Item = String> {
    let mut asked: Vec<(f32, String)> = accepted
        .split(',')
        .take(ASKED_MAX)
        .filter_map(|item| {
            let (tag, weight) = item.split_once(";q=").unwrap_or((item, "1"));
            let weight: f32 = weight.trim().parse().ok()?;
            (weight > 0.0).then(|| (weight, primary(tag)))
        })
        .collect();
    asked.sort_by(|a, b| b.0.total_cmp(&a.0));
    asked.into_iter().map(|(_, language)| language)
}

fn primary(tag: &str) -> String {
    let tag = tag.trim();
    tag.split(['-', '_']).next().unwrap_or(tag).to_ascii_lowercase()
}

/// The answer in that language; nothing but its head when the browser has it already.
pub(super) fn answer(body: &impl Serialize, language: &str, asked: &HeaderMap) -> Result<Response, Refused> {
    let bytes = serde_json::to_vec(body).map_err(|error| Refused::unreadable(&error))?;
    let tag = format!("W/\"{:016x}\"", xxh3_64(&bytes));
    let is_known = asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim() == tag);
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let head = [(header::CONTENT_TYPE, "application/json")];
        (head, Body::from(bytes)).into_response()
    };
    for (name, value) in [
        (header::ETAG, tag.as_str()),
        (header::CONTENT_LANGUAGE, language),
        (header::VARY, "accept-language, authorization"),
        (header::CACHE_CONTROL, "private, no-cache"),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(query: &str, accepted: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, accepted.parse().unwrap());
        chosen(Some(query), &headers, |language| ["en", "de"].contains(&language))
    }

    #[test]
    fn the_address_goes_before_the_browser_and_the_browser_before_english() {
        assert_eq!(of("lang=de", "en-GB,en;q=0.9"), "de");
        assert_eq!(of("period=7d&lang=en", "de"), "en");
        assert_eq!(of("", "de-CH,de;q=0.9,en;q=0.8"), "de");
        assert_eq!(of("", "fr, de;q=0.5, en;q=0.7"), "en");
        assert_eq!(of("lang=fr", "pl, de;q=0.1"), "de");
        assert_eq!(of("", "de;q=0, pl"), "en");
        assert_eq!(of("lang=", "x;q=y,,;q=,"), "en");
    }

    #[test]
    fn who_has_an_answer_gets_only_its_head() {
        let first = answer(&"Übersicht", "de", &HeaderMap::new()).unwrap();
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(first.headers()[header::VARY], "accept-language, authorization");
        assert_eq!(first.headers()[header::CONTENT_LANGUAGE], "de");
        let mut asked = HeaderMap::new();
        asked.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        assert_eq!(
            answer(&"Übersicht", "de", &asked).unwrap().status(),
            StatusCode::NOT_MODIFIED
        );
        assert_eq!(
            answer(&"Overview", "en", &asked).unwrap().status(),
            StatusCode::OK
        );
    }
}
