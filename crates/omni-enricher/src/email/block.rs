//! The `email_validation` block, made of what a provider said: only known keys, each of its kind.
//!
//! A value that does not fit is left out, for the flat event's template would refuse the whole event for it.
//! It never panics and never fails, whatever comes.

use event::Map;
use event::flat::{EMAIL_SOURCE_PARTS, EMAIL_SOURCES_MAX, FieldKind};
use serde_json::Value;

/// How an address can stand.
pub(crate) const STATUSES: [&str; 6] = [
    "valid",
    "invalid",
    "accept_all",
    "webmail",
    "disposable",
    "unknown",
];
/// Whether mail arrives.
pub(crate) const RESULTS: [&str; 3] = ["deliverable", "undeliverable", "risky"];
/// What is true or false of an address.
pub(crate) const FLAGS: [&str; 9] = [
    "regexp",
    "gibberish",
    "disposable",
    "webmail",
    "mx_records",
    "smtp_server",
    "smtp_check",
    "accept_all",
    "block",
];
/// Longer texts are none that a page or domain has.
const TEXT_BYTES_MAX: usize = 2_048;

/// A block that grows.
#[derive(Debug)]
pub(super) struct Block(Map);

impl Block {
    /// Of an address that stands so.
    pub(super) fn new(status: &str) -> Self {
        Self(Map::from_iter([("status".to_owned(), status.into())]))
    }

    /// Whether mail arrives; where the provider does not say, it follows from the status, as Hunter's did.
    pub(super) fn result(&mut self, told: Option<&str>) {
        let status = self.0.get("status").and_then(Value::as_str);
        let result = told
            .filter(|word| RESULTS.contains(word))
            .or_else(|| implied(status?));
        if let Some(result) = result.map(Value::from) {
            self.0.insert("score".to_owned(), result);
        }
    }

    /// How surely, from 0 to 100, where the provider's number goes to `score_max`.
    pub(super) fn score(&mut self, number: Option<&Value>, score_max: u32) {
        let number = number.and_then(|value| match value {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_f64(),
        });
        let share = number.map(|number: f64| number / f64::from(score_max.max(1)));
        if let Some(share) = share.filter(|share| (0.0..=1.0).contains(share)) {
            let percent = (share * 100.0).round() as u64;
            self.0.insert("score_value".to_owned(), percent.into());
        }
    }

    /// One of [`FLAGS`].
    pub(super) fn flag(&mut self, name: &str, value: Option<&Value>) {
        if let Some(flag) = value.and_then(truth) {
            self.0.insert(name.to_owned(), flag.into());
        }
    }

    /// Pages on which the address was seen.
    pub(super) fn sources(&mut self, list: Option<&Value>) {
        let Some(Value::Array(list)) = list else { return };
        let sources: Vec<Value> = list
            .iter()
            .filter_map(Value::as_object)
            .map(source)
            .filter(|source| !source.is_empty())
            .take(EMAIL_SOURCES_MAX)
            .map(Value::Object)
            .collect();
        if !sources.is_empty() {
            self.0.insert("sources".to_owned(), sources.into());
        }
    }

    pub(super) fn done(self) -> Map {
        self.0
    }
}

fn implied(status: &str) -> Option<&'static str> {
    match status {
        "valid" => Some("deliverable"),
        "invalid" => Some("undeliverable"),
        "accept_all" | "disposable" | "unknown" => Some("risky"),
        _ => None,
    }
}

fn source(told: &Map) -> Map {
    let part = |(part, kind): (&str, FieldKind)| {
        let value = told.get(part).and_then(|value| of_kind(kind, value))?;
        Some((part.to_owned(), value))
    };
    EMAIL_SOURCE_PARTS.into_iter().filter_map(part).collect()
}

/// A text, a day, or true or false.
fn of_kind(kind: FieldKind, value: &Value) -> Option<Value> {
    let text = value.as_str();
    match kind {
        FieldKind::Boolean => truth(value).map(Value::from),
        FieldKind::Date => text.and_then(date).map(Value::from),
        _ => text
            .filter(|text| !text.is_empty() && text.len() <= TEXT_BYTES_MAX)
            .map(Value::from),
    }
}

/// The day of `2025-03-14` or `2025-03-14T…`.
fn date(text: &str) -> Option<&str> {
    let day = text.get(..10)?;
    let rest = text.get(10..)?;
    let fits = day.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let within = |part: Option<&str>, most: u8| {
        part.and_then(|part| part.parse::<u8>().ok())
            .is_some_and(|number| (1..=most).contains(&number))
    };
    let real = within(day.get(5..7), 12) && within(day.get(8..), 31);
    (fits && real && (rest.is_empty() || rest.starts_with(['T', ' ']))).then_some(day)
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => match number.as_u64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests;
