//! What the destinations' stand-ins were sent and what they made of it, for tests and for the page.
//!
//! The newest of each destination are kept, at most [`KEPT_MAX`] and [`KEPT_BYTES_MAX`]; counts go on. Tokens and
//! keys of a request are not part of what is kept.

mod page;
mod told;

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

pub(crate) use self::told::router;
use crate::moment::Moment;

/// Deliveries of one destination that are kept; the oldest go first.
pub(crate) const KEPT_MAX: usize = 10_000;
/// What was sent, of one destination.
const KEPT_BYTES_MAX: usize = 16 << 20;
/// What was sent, of one delivery; of more only the size is kept.
const SENT_BYTES_MAX: usize = 64 << 10;

/// Who is stood in for, by the name that Omni's configuration has for the kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Destination {
    GtmServer,
    AwsLambda,
    MetaConversions,
    GoogleAds,
    GoogleDataManager,
    Ga4,
    TiktokEvents,
}

impl Destination {
    pub(crate) const ALL: [Self; 7] = [
        Self::GtmServer,
        Self::AwsLambda,
        Self::MetaConversions,
        Self::GoogleAds,
        Self::GoogleDataManager,
        Self::Ga4,
        Self::TiktokEvents,
    ];

    /// As the configuration has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::GtmServer => "gtm_server",
            Self::AwsLambda => "aws_lambda",
            Self::MetaConversions => "meta_conversions",
            Self::GoogleAds => "google_ads",
            Self::GoogleDataManager => "google_data_manager",
            Self::Ga4 => "ga4",
            Self::TiktokEvents => "tiktok_events",
        }
    }

    /// As people call it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::GtmServer => "GTM Server",
            Self::AwsLambda => "AWS Lambda",
            Self::MetaConversions => "Meta Conversions",
            Self::GoogleAds => "Google Ads",
            Self::GoogleDataManager => "Google Data Manager",
            Self::Ga4 => "Google Analytics 4",
            Self::TiktokEvents => "TikTok Events",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Accepted,
    /// Accepted, and known already: the platform counts it once.
    Duplicate,
    Refused,
}

impl Outcome {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Refused => "refused",
        }
    }
}

/// One event as it was sent, as far as it can be understood; what cannot is left out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Item {
    pub name: Option<String>,
    pub id: Option<String>,
    /// With the digits it came with.
    pub value: Option<String>,
    pub currency: Option<String>,
    pub sent: Value,
}

/// What became of an item.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub outcome: Outcome,
    pub why: Option<String>,
    /// That it counts for nothing: a test code, a dry run, a validation.
    pub mode: Option<String>,
    /// Of the answer.
    pub status: u16,
}

impl Verdict {
    pub(crate) fn accepted(status: u16) -> Self {
        Self {
            outcome: Outcome::Accepted,
            why: None,
            mode: None,
            status,
        }
    }

    pub(crate) fn duplicate(status: u16) -> Self {
        Self {
            outcome: Outcome::Duplicate,
            ..Self::accepted(status)
        }
    }

    pub(crate) fn refused(status: u16, why: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Refused,
            why: Some(why.into()),
            ..Self::accepted(status)
        }
    }

    pub(crate) fn in_mode(self, mode: Option<String>) -> Self {
        Self { mode, ..self }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct Delivery {
    /// Counts over all destinations, from 1.
    pub number: u64,
    pub received_at: String,
    pub destination: Destination,
    pub event_name: Option<String>,
    pub event_id: Option<String>,
    pub value: Option<String>,
    pub currency: Option<String>,
    pub outcome: Outcome,
    pub why: Option<String>,
    pub mode: Option<String>,
    pub status: u16,
    pub sent: Box<RawValue>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub accepted: u64,
    pub duplicates: u64,
    pub refused: u64,
}

impl Counts {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            accepted: self.accepted + other.accepted,
            duplicates: self.duplicates + other.duplicates,
            refused: self.refused + other.refused,
        }
    }
}

#[derive(Debug, Default)]
struct Kept {
    counts: Counts,
    newest: VecDeque<Delivery>,
    bytes: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    last: u64,
    kept: BTreeMap<Destination, Kept>,
}

impl Deliveries {
    pub(crate) fn note(&mut self, destination: Destination, item: Item, verdict: Verdict) {
        self.last += 1;
        let sent = raw(&item.sent);
        let kept = self.kept.entry(destination).or_default();
        match verdict.outcome {
            Outcome::Accepted => kept.counts.accepted += 1,
            Outcome::Duplicate => kept.counts.duplicates += 1,
            Outcome::Refused => kept.counts.refused += 1,
        }
        kept.bytes += sent.get().len();
        kept.newest.push_back(Delivery {
            number: self.last,
            received_at: Moment::now().rfc3339_millis(),
            destination,
            event_name: item.name,
            event_id: item.id,
            value: item.value,
            currency: item.currency,
            outcome: verdict.outcome,
            why: verdict.why,
            mode: verdict.mode,
            status: verdict.status,
            sent,
        });
        while kept.newest.len() > KEPT_MAX || kept.bytes > KEPT_BYTES_MAX {
            let Some(oldest) = kept.newest.pop_front() else {
                break;
            };
            kept.bytes = kept.bytes.saturating_sub(oldest.sent.get().len());
        }
    }

    pub(crate) fn counts(&self, destination: Destination) -> Counts {
        self.kept
            .get(&destination)
            .map_or_else(Counts::default, |kept| kept.counts)
    }

    /// The newest first, of one destination or of all.
    pub(crate) fn newest(&self, of: Option<Destination>, most: usize) -> Vec<&Delivery> {
        let wanted = self
            .kept
            .iter()
            .filter(|(destination, _)| of.is_none_or(|of| of == **destination));
        let mut newest: Vec<&Delivery> = wanted
            .flat_map(|(_, kept)| kept.newest.iter().rev().take(most))
            .collect();
        newest.sort_unstable_by_key(|delivery| std::cmp::Reverse(delivery.number));
        newest.truncate(most);
        newest
    }

    /// Forgets one destination, or all; the numbers go on.
    pub(crate) fn forget(&mut self, of: Option<Destination>) {
        self.kept
            .retain(|destination, _| of.is_some_and(|of| of != *destination));
    }
}

/// The text of what was sent, or its size where that is more than is kept.
fn raw(sent: &Value) -> Box<RawValue> {
    let text = to_raw_value(sent).unwrap_or_default();
    if text.get().len() <= SENT_BYTES_MAX {
        return text;
    }
    to_raw_value(&json!({"bytes": text.get().len()})).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(deliveries: &mut Deliveries, destination: Destination, sent: Value) {
        let item = Item {
            sent,
            ..Item::default()
        };
        deliveries.note(destination, item, Verdict::accepted(200));
    }

    #[test]
    fn the_newest_of_each_destination_are_kept() {
        let mut deliveries = Deliveries::default();
        note(&mut deliveries, Destination::Ga4, json!(0));
        for number in 1..=KEPT_MAX + 5 {
            note(&mut deliveries, Destination::GoogleAds, json!(number));
        }
        let all = deliveries.newest(None, usize::MAX);
        assert_eq!(all.len(), KEPT_MAX + 1, "one that is busy crowds nobody out");
        let first = all.first().map(|delivery| delivery.sent.get());
        assert_eq!(first, Some((KEPT_MAX + 5).to_string().as_str()));
        let oldest = all.get(KEPT_MAX - 1).map(|delivery| delivery.sent.get());
        assert_eq!(oldest, Some("6"));
        let counted = deliveries.counts(Destination::GoogleAds).accepted;
        assert_eq!(counted, KEPT_MAX as u64 + 5);
        deliveries.forget(Some(Destination::GoogleAds));
        assert_eq!(deliveries.newest(None, 10).len(), 1);
    }

    #[test]
    fn what_is_kept_has_a_size() {
        let mut deliveries = Deliveries::default();
        let large = "a".repeat(SENT_BYTES_MAX - 2);
        for _ in 0..KEPT_BYTES_MAX / SENT_BYTES_MAX + 10 {
            note(&mut deliveries, Destination::AwsLambda, json!(large));
        }
        let kept = deliveries.newest(None, usize::MAX).len();
        assert_eq!(kept, KEPT_BYTES_MAX / SENT_BYTES_MAX);
        note(
            &mut deliveries,
            Destination::AwsLambda,
            json!("a".repeat(SENT_BYTES_MAX)),
        );
        let newest = deliveries.newest(None, 1);
        let sent = newest.first().map(|delivery| delivery.sent.get());
        assert_eq!(sent, Some(r#"{"bytes":65538}"#));
    }
}
