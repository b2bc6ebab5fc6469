//! Answers in memory, by the hash of their address: as JSON, which takes a tenth of what a parsed block does.
//!
//! At most [`BYTES_MAX`]; what was not used for longest makes room. A question that came to nothing rests here
//! for a while, so that it is not asked again at once.

use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tokio::time::Instant;

use super::verdict::{Remembered, Verdict};

/// About 20,000 answers without sources.
const BYTES_MAX: u64 = 8 * 1024 * 1024;
/// What an entry costs beside its JSON: its key and its place.
const ENTRY_BYTES: u32 = 200;

/// Answers by key.
#[derive(Debug)]
pub(super) struct Answers {
    entries: Cache<String, Entry>,
    kept_max: Duration,
}

#[derive(Clone, Debug)]
enum Entry {
    /// A [`Remembered`] as JSON.
    Kept(Box<[u8]>),
    /// Nothing came of it; it is not asked again before then.
    Resting { verdict: Verdict, until: Instant },
}

impl Answers {
    pub(super) fn new(kept_max: Duration) -> Self {
        let entries = Cache::builder()
            .max_capacity(BYTES_MAX)
            // A new answer was paid for: it is never turned away for older ones.
            .eviction_policy(EvictionPolicy::lru())
            .weigher(|_: &String, entry: &Entry| match entry {
                Entry::Kept(json) => ENTRY_BYTES.saturating_add(json.len() as u32),
                Entry::Resting { .. } => ENTRY_BYTES,
            })
            .build();
        Self { entries, kept_max }
    }

    /// What is known under a key, for this address.
    pub(super) fn get(&self, key: &str, address: &str) -> Option<Verdict> {
        match self.entries.get(key)? {
            Entry::Kept(json) => {
                let remembered = read(&json)?;
                remembered
                    .holds(stage::clock::now_micro(), self.kept_max)
                    .then(|| remembered.verdict(address))
            }
            Entry::Resting { verdict, until } => {
                let left = until.saturating_duration_since(Instant::now());
                (!left.is_zero()).then_some(match verdict {
                    Verdict::Unavailable { .. } => Verdict::Unavailable { retry_after: left },
                    other => other,
                })
            }
        }
    }

    /// Keeps an answer that was kept elsewhere, unless a newer one is here; `false` when it is too old to be used.
    pub(super) fn recall(&self, key: &str, remembered: &Remembered) -> bool {
        if !remembered.holds(stage::clock::now_micro(), self.kept_max) {
            return false;
        }
        let newer = self.remembered(key).is_some_and(|here| here.at >= remembered.at);
        if !newer {
            self.keep(key, remembered);
        }
        true
    }

    /// Keeps the newest answer.
    pub(super) fn keep(&self, key: &str, remembered: &Remembered) {
        // Maps with text keys: this cannot fail.
        let json = serde_json::to_vec(remembered).unwrap_or_default();
        self.entries
            .insert(key.to_owned(), Entry::Kept(json.into_boxed_slice()));
    }

    /// Lets a question rest that came to this.
    pub(super) fn rest(&self, key: &str, verdict: Verdict, pause: Duration) {
        let until = Instant::now() + pause;
        self.entries
            .insert(key.to_owned(), Entry::Resting { verdict, until });
    }

    fn remembered(&self, key: &str) -> Option<Remembered> {
        match self.entries.get(key)? {
            Entry::Kept(json) => read(&json),
            Entry::Resting { .. } => None,
        }
    }
}

fn read(json: &[u8]) -> Option<Remembered> {
    serde_json::from_slice(json).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn remembered(verdict: &Verdict, at: i64) -> Remembered {
        Remembered::of(verdict, at).unwrap()
    }

    #[test]
    fn an_answer_is_good_for_its_days_and_a_refusal_for_good() {
        let (answers, now) = (Answers::new(DAY), stage::clock::now_micro());
        let old = now - 2 * 86_400_000_000;
        assert!(!answers.recall("a", &remembered(&Verdict::Invalid, old)));
        assert!(answers.recall("b", &remembered(&Verdict::Refused, old)));
        assert_eq!(answers.get("a", "a@x"), None);
        assert_eq!(answers.get("b", "b@x"), Some(Verdict::Refused));
        answers.keep("a", &remembered(&Verdict::Invalid, old));
        assert_eq!(answers.get("a", "a@x"), None, "too old by now");
    }

    #[test]
    fn an_older_answer_does_not_replace_a_newer_one() {
        let (answers, now) = (Answers::new(DAY), stage::clock::now_micro());
        answers.keep("a", &remembered(&Verdict::Refused, now));
        assert!(answers.recall("a", &remembered(&Verdict::Invalid, now - 1)));
        assert_eq!(answers.get("a", "a@x"), Some(Verdict::Refused));
        assert!(answers.recall("a", &remembered(&Verdict::Invalid, now + 1)));
        assert_eq!(answers.get("a", "a@x"), Some(Verdict::Invalid));
    }

    #[test]
    fn a_question_rests_no_longer_than_it_should() {
        let answers = Answers::new(DAY);
        answers.rest("a", Verdict::Pending, DAY);
        assert_eq!(answers.get("a", "a@x"), Some(Verdict::Pending));
        answers.rest("a", Verdict::Pending, Duration::ZERO);
        assert_eq!(answers.get("a", "a@x"), None);
        let retry_after = 2 * DAY;
        answers.rest("a", Verdict::Unavailable { retry_after }, DAY);
        let Some(Verdict::Unavailable { retry_after }) = answers.get("a", "a@x") else {
            panic!("does not rest")
        };
        assert!(retry_after <= DAY);
        let now = stage::clock::now_micro();
        assert!(answers.recall("a", &remembered(&Verdict::Invalid, now)));
        assert_eq!(
            answers.get("a", "a@x"),
            Some(Verdict::Invalid),
            "an answer ends the rest"
        );
    }
}
