//! What becomes of events that were taken: what Google looks at only then.
//!
//! <https://developers.google.com/data-manager/api/reference/rest/v1/requestStatus/retrieve#processingerrorreason>

use super::asked::Asked;
use super::event::Ingested;
use crate::stand_in::google_ads::account;
use crate::world::{World, locked};

/// How ids of clicks begin that Google would drop, with why.
const CLICKS: &[(&str, &str)] = &[
    ("unknown", "PROCESSING_ERROR_REASON_CLICK_NOT_FOUND"),
    ("expired", "PROCESSING_ERROR_REASON_EVENT_TOO_OLD"),
    ("recent", "PROCESSING_ERROR_REASON_TOO_RECENT_CLICK"),
    ("early", "PROCESSING_ERROR_REASON_CONVERSION_PRECEDES_CLICK"),
];
/// How hashes begin that belong to nobody who clicked: `0000` in hexadecimal.
const NOBODY: &[u8] = &[0, 0];

/// What became of an event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Processed {
    /// Its transaction was there before: it restates it.
    pub is_known: bool,
    /// Why it counts for nothing.
    pub dropped: Option<&'static str>,
}

/// Each event by itself; nothing is kept where it is only validated.
pub(super) fn of(world: &World, asked: &Asked) -> Vec<Processed> {
    let mut account = locked(&world.google);
    let mut one = |event: &Ingested| {
        let dropped = dropped(event);
        let keys = event.to.iter().filter_map(|place| {
            let action = asked.actions.get(*place)?;
            account::key(&action.id, event.transaction.as_deref(), None)
        });
        let mut is_known = false;
        for key in keys {
            is_known |= account.has(&key);
            if dropped.is_none() && !asked.validates_only && !account.has(&key) {
                account.add(key, event.at);
            }
        }
        Processed { is_known, dropped }
    };
    asked.events.iter().map(&mut one).collect()
}

fn dropped(event: &Ingested) -> Option<&'static str> {
    let Some(click) = &event.click else {
        let is_somebody = event.persons.iter().any(|hash| !hash.starts_with(NOBODY));
        let knows_nobody = !event.persons.is_empty() && !is_somebody;
        return knows_nobody.then_some("PROCESSING_ERROR_REASON_CLICK_NOT_FOUND");
    };
    let is_id = click
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !is_id {
        return Some("PROCESSING_ERROR_REASON_INVALID_GCLID");
    }
    let refused = CLICKS.iter().find(|(begin, _)| click.starts_with(begin));
    refused.map(|(_, reason)| *reason)
}
