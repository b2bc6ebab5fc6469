//! What a destination answered, as it may be kept: short, without secrets, and without what the event tells of persons.
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use event::flat::may_name_a_person;
use serde_json::Value;

/// Characters of an answer that are kept.
const LENGTH_MAX: usize = 500;
/// Bytes of an answer that are looked at for them: a longer one must not cost more.
pub(crate) const BEGINNING_BYTES_MAX: usize = 16 * 1024;
/// Shorter values of an event are words that an answer may have by itself.
const VALUE_LENGTH_MIN: usize = 3;
const MASK: &str = "…";

/// The answer to an event, for `omni.deliveries`; empty when there was none.
pub(crate) fn kept(body: &[u8], flat: &[u8], secrets: &[&str]) -> String {
    let beginning = body.get(..BEGINNING_BYTES_MAX);
    let text = String::from_utf8_lossy(beginning.unwrap_or(body));
    let mut text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.retain(|c| !c.is_control());
    let hidden = hidden(flat, secrets);
    for hidden in &hidden {
        if text.contains(hidden) {
            text = text.replace(hidden, MASK);
        }
    }
    if let (Some(_), Some(longest)) = (beginning, hidden.first()) {
        // Where it was cut there may be a part of one, which was not found.
        let certain = text.chars().count().saturating_sub(longest.chars().count());
        text = text.chars().take(certain).collect();
    }
    if text.chars().count() > LENGTH_MAX {
        text = text.chars().take(LENGTH_MAX).chain(MASK.chars()).collect();
    }
    text
}

/// What must not be told, the longest first.
fn hidden(flat: &[u8], secrets: &[&str]) -> Vec<String> {
    let event: BTreeMap<Cow<'_, str>, Value> = serde_json::from_slice(flat).unwrap_or_default();
    let personal = event.into_iter().filter(|(key, _)| may_name_a_person(key));
    let values = personal.filter_map(|(_, value)| match value {
        Value::String(text) => Some(text),
        _ => None,
    });
    // `Bearer …` may be told without its first word.
    let parts = secrets.iter().flat_map(|secret| secret.split_whitespace());
    let secrets = secrets.iter().copied().chain(parts).map(str::to_owned);
    let all = values.chain(secrets).flat_map(|text| [escaped(&text), text]);
    let mut all: Vec<String> = all
        .filter(|text| text.chars().count() >= VALUE_LENGTH_MIN)
        .collect();
    all.sort_unstable_by_key(|text| std::cmp::Reverse(text.len()));
    all
}

/// As JSON in ASCII alone writes it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_ascii() => out.push(c),
            c => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAT: &[u8] = br#"{"contact_email":"ada@example.com","contact_first_name":"Ada","deal_title":"Ada Lovelace deal","event_name":"pipedrive_deal_updated","deal_status":"won"}"#;

    #[test]
    fn neither_secrets_nor_persons_are_kept() {
        let body = b"{\n  \"error\": \"won: ada@example.com (Ada) of Ada Lovelace deal; token s3cr3t; pipedrive_deal_updated\"\n}\x07";
        assert_eq!(
            kept(body, FLAT, &["Bearer s3cr3t", ""]),
            r#"{ "error": "won: … (…) of …; token …; pipedrive_deal_updated" }"#
        );
    }

    #[test]
    fn names_are_found_as_json_writes_them_too() {
        let flat = r#"{"deal_title":"S\u00fcdhang \"AG\" \ud83d\ude80"}"#.as_bytes();
        assert_eq!(
            kept(
                r#"{"got":"S\u00fcdhang \"AG\" \ud83d\ude80"}"#.as_bytes(),
                flat,
                &[]
            ),
            r#"{"got":"…"}"#
        );
        assert_eq!(kept("Südhang \"AG\" 🚀".as_bytes(), flat, &[]), "…");
    }

    #[test]
    fn it_is_short_whatever_it_is() {
        assert_eq!(kept(&[b'x'; 5_000], FLAT, &[]).chars().count(), LENGTH_MAX + 1);
        assert_eq!(kept(&[0xff, 0xfe], b"no json", &[]), "\u{fffd}\u{fffd}");
        assert_eq!(kept(b"", FLAT, &[]), "");
    }

    #[test]
    fn of_a_long_one_the_beginning_is_looked_at_and_no_part_of_a_name_is_kept() {
        let mut body = vec![b' '; BEGINNING_BYTES_MAX - 7];
        body.extend(b"ada@example.com");
        assert_eq!(kept(&body, FLAT, &[]), "");
        let body = "no ada@example.com here; ".repeat(100_000);
        let kept = kept(body.as_bytes(), FLAT, &[]);
        assert!(
            kept.starts_with("no … here; no …") && !kept.contains("ada"),
            "{kept}"
        );
        assert_eq!(kept.chars().count(), LENGTH_MAX + 1);
    }
}
