//! What a function says of each event.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::destination::{Judged, Told, Verdict, Whose};

/// What a function answers that tells its events apart.
#[derive(Deserialize)]
struct Answer {
    taken: usize,
    refused: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    /// Its place in the payload, from 0.
    index: usize,
    #[serde(flatten)]
    why: Map<String, Value>,
}

/// None: the function says nothing of single events.
pub(super) fn told(body: &[u8], events: usize) -> Option<Judged> {
    let Ok(answer) = serde_json::from_slice::<Answer>(body) else {
        return is_cut(body).then(|| untold().into());
    };
    let mut told: Vec<Option<Told>> = vec![None; events];
    for entry in &answer.refused {
        let Some(told) = told.get_mut(entry.index) else {
            // It speaks of others than were sent: who is meant nobody knows.
            return Some(untold().into());
        };
        *told = Some(not_wanted(entry));
    }
    let refused = told.iter().flatten().count();
    let others = if answer.taken + refused == events {
        Verdict::Delivered
    } else {
        untold()
    };
    let other = || Told {
        verdict: others,
        answer: String::new(),
    };
    Some(Judged::Each(
        told.into_iter().map(|told| told.unwrap_or_else(other)).collect(),
    ))
}

fn not_wanted(entry: &Entry) -> Told {
    Told {
        verdict: Verdict::GiveUp { reason: "not_wanted" },
        answer: serde_json::to_string(&entry.why).unwrap_or_default(),
    }
}

/// Whether it is the beginning of such an answer, of which no more was read. An event that goes alone has a short one.
fn is_cut(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    let begins = text.trim_start().starts_with('{') && text.contains("\"refused\"");
    begins && serde_json::from_slice::<serde::de::IgnoredAny>(body).is_err()
}

fn untold() -> Verdict {
    Verdict::Retry {
        reason: "untold",
        after: None,
        whose: Whose::Event,
    }
}
