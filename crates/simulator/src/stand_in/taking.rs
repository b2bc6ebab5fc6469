//! How every destination's stand-in takes a request: troubles first, then its own rules, and all of it goes on
//! the shelf.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

use crate::deliveries::{Destination, Item, Verdict};
use crate::faults::{DestinationTrouble, Met};
use crate::world::{World, locked};

/// What this request meets, or the answer that a trouble gives in place of the right one. `own` says what the
/// platform itself answers to being throttled, broken, or asked by somebody it does not let in.
pub(super) async fn meet(
    world: &World,
    destination: Destination,
    items: &[Item],
    own: impl Fn(DestinationTrouble) -> Option<Response>,
) -> Result<Met, Response> {
    let met = locked(&world.faults).destination(destination);
    let answer = match met.answer().await {
        Some(answer) => Some(answer),
        None => own(met.trouble),
    };
    let Some(answer) = answer else {
        return Ok(met);
    };
    refuse_all(world, destination, items, answer.status(), &word(met.trouble));
    Err(answer)
}

/// Notes that nothing of a request was taken. A request in which nothing was found is one delivery.
pub(super) fn refuse_all(
    world: &World,
    destination: Destination,
    items: &[Item],
    status: StatusCode,
    why: &str,
) {
    let verdict = || Verdict::refused(status.as_u16(), why);
    let mut deliveries = locked(&world.deliveries);
    if items.is_empty() {
        deliveries.note(destination, Item::default(), verdict());
    }
    for item in items {
        deliveries.note(destination, item.clone(), verdict());
    }
}

/// Notes what became of each item.
pub(super) fn note(
    world: &World,
    destination: Destination,
    verdicts: impl IntoIterator<Item = (Item, Verdict)>,
) {
    let mut deliveries = locked(&world.deliveries);
    for (item, verdict) in verdicts {
        deliveries.note(destination, item, verdict);
    }
}

/// The name that the troubles' settings have for it.
pub(super) fn word(trouble: impl Serialize) -> String {
    let named = serde_json::to_value(trouble).unwrap_or_default();
    named.as_str().unwrap_or_default().to_owned()
}

/// The status that says as much, for platforms that give no reason with it.
pub(super) fn bare(trouble: DestinationTrouble) -> Option<Response> {
    let status = match trouble {
        DestinationTrouble::Throttled => StatusCode::TOO_MANY_REQUESTS,
        DestinationTrouble::Error | DestinationTrouble::Function => StatusCode::INTERNAL_SERVER_ERROR,
        DestinationTrouble::Unauthorized => StatusCode::UNAUTHORIZED,
        DestinationTrouble::Forbidden => StatusCode::FORBIDDEN,
        _ => return None,
    };
    Some(status.into_response())
}

/// A text, or a number with its digits.
pub(super) fn word_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
