//! What can be said of an address, and what of it may be kept.
//!
//! Kept are answers only, under a hash of the address: nothing that is pending, nothing that failed, and of a
//! person who asked not to be processed nothing but that.

use std::time::Duration;

use event::Map;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The longest address there can be (RFC 5321: 64 + 1 + 255).
const ADDRESS_BYTES_MAX: usize = 320;

/// What can be said of an address now.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// The `email_validation` block, as `event::enriched::Additions` takes it.
    Known(Map),
    /// The provider is at work, or has not been asked yet; the answer comes later.
    Pending,
    /// The person asked the provider not to be processed.
    Refused,
    /// This is no address.
    Invalid,
    /// The provider cannot be asked now.
    Unavailable {
        /// Before that it will not be.
        retry_after: Duration,
    },
}

/// An answer that was given once, to be kept beside the last states.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub(crate) struct Remembered {
    pub(crate) verdict: Kept,
    /// When it was given, in microseconds since 1970.
    pub(crate) at: i64,
}

/// What of a verdict is kept.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kept {
    /// The block without the address.
    Known(Map),
    Refused,
    Invalid,
}

impl Verdict {
    /// The event's `email_validation`; none when nothing can or may be said.
    pub(crate) fn block(self) -> Option<Map> {
        match self {
            Self::Known(block) => Some(block),
            Self::Invalid => Some(Map::from_iter([("status".to_owned(), "invalid".into())])),
            Self::Pending | Self::Refused | Self::Unavailable { .. } => None,
        }
    }

    /// Whether an event that goes on now lacks something that may come later.
    pub(crate) fn is_missing(&self) -> bool {
        match self {
            Self::Pending | Self::Unavailable { .. } => true,
            Self::Known(_) | Self::Refused | Self::Invalid => false,
        }
    }

    /// The word for it in the metrics.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Known(_) => "known",
            Self::Pending => "pending",
            Self::Refused => "refused",
            Self::Invalid => "invalid",
            Self::Unavailable { .. } => "unavailable",
        }
    }
}

impl Remembered {
    /// What is kept of a verdict that was given then.
    pub(super) fn of(verdict: &Verdict, at: i64) -> Option<Self> {
        let verdict = match verdict {
            Verdict::Known(block) => {
                let mut block = block.clone();
                block.remove("email");
                Kept::Known(block)
            }
            Verdict::Refused => Kept::Refused,
            Verdict::Invalid => Kept::Invalid,
            Verdict::Pending | Verdict::Unavailable { .. } => return None,
        };
        Some(Self { verdict, at })
    }

    /// Whether it still holds, `kept_max` after it was given. A refusal holds for good: to ask again would be
    /// to process that person.
    pub(super) fn holds(&self, now: i64, kept_max: Duration) -> bool {
        let age = Duration::from_micros(u64::try_from(now.saturating_sub(self.at)).unwrap_or_default());
        self.verdict == Kept::Refused || age < kept_max
    }

    /// The verdict again, for this address.
    pub(super) fn verdict(self, address: &str) -> Verdict {
        match self.verdict {
            Kept::Known(block) => known(block, address),
            Kept::Refused => Verdict::Refused,
            Kept::Invalid => Verdict::Invalid,
        }
    }
}

/// A known block, with the address it is about.
pub(super) fn known(mut block: Map, address: &str) -> Verdict {
    block.insert("email".to_owned(), address.into());
    Verdict::Known(block)
}

/// [`super::key`] of an address in its normal form.
pub(super) fn key_of(normal: &str) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(normal) {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The form by which addresses are compared and asked for.
pub(super) fn normal(address: &str) -> String {
    address.trim().to_lowercase()
}

/// Whether it is worth a question: what is no address at all costs no credit.
pub(super) fn is_askable(normal: &str) -> bool {
    let whole = |letter: char| !letter.is_whitespace() && !letter.is_control();
    normal.len() <= ADDRESS_BYTES_MAX
        && normal.chars().all(whole)
        && normal
            .rsplit_once('@')
            .is_some_and(|(mailbox, domain)| !mailbox.is_empty() && !domain.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;
    use crate::email::key;

    fn block(value: &Value) -> Map {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_key_is_the_same_for_one_address_and_does_not_hold_it() {
        assert_eq!(key(" Ada@Example.COM "), key("ada@example.com"));
        assert_ne!(key("ada@example.com"), key("bob@example.com"));
        assert!(
            key("ada@example.com").len() == 64 && key("x@y").bytes().all(|byte| byte.is_ascii_hexdigit())
        );
    }

    #[test]
    fn what_is_kept_reads_back_and_does_not_hold_the_address() {
        let given = known(
            block(&json!({"status": "valid", "score_value": 97})),
            "ada@example.com",
        );
        let text = serde_json::to_string(&Remembered::of(&given, 5)).unwrap();
        assert!(!text.contains("ada"), "{text}");
        let back: Remembered = serde_json::from_str(&text).unwrap();
        assert_eq!(back.verdict("ada@example.com"), given);
        for verdict in [Verdict::Refused, Verdict::Invalid] {
            let text = serde_json::to_string(&Remembered::of(&verdict, 5)).unwrap();
            let back: Remembered = serde_json::from_str(&text).unwrap();
            assert_eq!(back.verdict("ada@example.com"), verdict);
        }
        assert_eq!(Remembered::of(&Verdict::Pending, 5), None);
    }

    #[test]
    fn an_answer_ages_and_a_refusal_does_not() {
        let day = Duration::from_hours(24);
        let later = 86_400_000_000;
        assert!(
            Remembered::of(&Verdict::Invalid, 0)
                .unwrap()
                .holds(later - 1, day)
        );
        assert!(!Remembered::of(&Verdict::Invalid, 0).unwrap().holds(later, day));
        assert!(Remembered::of(&Verdict::Refused, 0).unwrap().holds(i64::MAX, day));
    }

    #[test]
    fn what_is_no_address_is_not_asked_about() {
        for none in ["", "ada", "@example.com", "ada@", "a da@example.com", "a\n@b"] {
            assert!(!is_askable(&normal(none)), "{none}");
        }
        assert!(!is_askable(&format!("{}@b", "a".repeat(400))));
        assert!(is_askable(&normal(" Ada+crm@Example.com ")));
    }
}
