//! Flat events from a reporting tag or a Lambda, one or a list, judged one by one.
//!
//! Pure: bytes in, verdicts out. Unlike a webhook, what cannot be used may be answered with an error (its sender is ours to
//! mend, and counts no failures against us), but it is kept in quarantine all the same: who sends a tag rarely reads its answers.

mod split;

use event::identity::message_key;
use event::outcome::Fault;
use template::{Contract, Kept, NotTaken};

use crate::accept::Judged;
use crate::authenticate::Authenticated;
use crate::prevalidate::{Facts, Verdict, bound};
use crate::respond::Refused;
use split::Split;

/// Most events of one list.
pub(crate) const EVENTS_MAX: usize = 500;

const NOT_JSON: &str = "not_json";
const NOT_FLAT: &str = "not_flat";

/// Judges what a body holds, in its order.
///
/// # Errors
/// [`Refused::TooMany`]: a list of more than [`EVENTS_MAX`].
pub(crate) fn judge(
    contract: &Contract,
    source: &Authenticated,
    received_at_micro: i64,
    body: Vec<u8>,
) -> Result<Vec<Judged>, Refused> {
    let one = |bytes: &[u8]| verdict(contract, source, received_at_micro, bytes);
    let verdict = match split::split(&body)? {
        Split::List(events) => {
            let each = events.into_iter().map(|event| Judged {
                verdict: one(event.get().as_bytes()),
                bytes: event.get().as_bytes().to_vec(),
            });
            return Ok(each.collect());
        }
        Split::Object => one(&body),
        Split::Other => refused(NOT_FLAT, "is neither a flat event nor a list of them"),
        Split::NotJson => refused(NOT_JSON, "is no JSON"),
    };
    Ok(vec![Judged { bytes: body, verdict }])
}

fn verdict(contract: &Contract, source: &Authenticated, received_at_micro: i64, event: &[u8]) -> Verdict {
    match contract.read(event) {
        Ok(kept) => bound(source, facts(kept, received_at_micro), "$.event_company_id"),
        Err(NotTaken::NotJson) => refused(NOT_FLAT, "is no JSON object, or nested beyond reading"),
        Err(NotTaken::Violations(violations)) => Verdict::Quarantined {
            code: NOT_FLAT,
            faults: violations.into_iter().map(Fault::from).collect(),
        },
    }
}

fn facts(kept: Kept, received_at_micro: i64) -> Facts {
    let is_late = kept.is_late(received_at_micro);
    let Kept { event, action, .. } = kept;
    Facts {
        event_uuid: event.uuid,
        company_id: event.company_id,
        key: message_key(event.company_id, &event.object, &event.id),
        object: event.object,
        action,
        version: None,
        attempt: None,
        is_late,
    }
}

fn refused(code: &'static str, message: &str) -> Verdict {
    let fault = Fault {
        path: "$".to_owned(),
        rule: code.to_owned(),
        schema_version: None,
        message: message.to_owned(),
    };
    Verdict::Quarantined {
        code,
        faults: vec![fault],
    }
}

#[cfg(test)]
mod tests;
