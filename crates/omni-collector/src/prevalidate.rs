//! Whether a body is a webhook that can be used, by its envelope alone; `current` and `previous` stay unread.
//!
//! Pure: bytes in, verdict out. It never refuses a request: what does not fit is quarantined with its reasons.

use event::outcome::{Fault, faults_of};
use event::{Action, Object, Refusal, Version, Webhook, normalize, prevalidate};
use uuid::Uuid;

use crate::authenticate::Authenticated;

/// The code of a body about another company than its source may speak for.
const COMPANY_NOT_ALLOWED: &str = "company_not_allowed";

/// What is known of a body.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It is an event.
    Fits(Facts),
    /// It is kept, with what is wrong, where people look after it.
    Quarantined { code: &'static str, faults: Vec<Fault> },
}

/// What goes on the record beside the body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) event_uuid: Uuid,
    pub(crate) company_id: u64,
    pub(crate) object: Object,
    pub(crate) action: Action,
    /// `company:object:id`
    pub(crate) key: String,
    pub(crate) version: Version,
    pub(crate) attempt: Option<u32>,
}

/// Judges a body of this source.
pub(crate) fn prevalidate(source: &Authenticated, body: &[u8]) -> Verdict {
    match facts(body) {
        Ok(facts) if source.speaks_for(facts.company_id) => Verdict::Fits(facts),
        Ok(facts) => Verdict::Quarantined {
            code: COMPANY_NOT_ALLOWED,
            faults: vec![foreign(&facts)],
        },
        Err(refusal) => Verdict::Quarantined {
            code: refusal.code(),
            faults: faults_of(&refusal),
        },
    }
}

fn facts(body: &[u8]) -> Result<Facts, Refusal> {
    let webhook = Webhook::parse(body)?;
    prevalidate::check(&webhook).map_err(Refusal::Invalid)?;
    let envelope = normalize::envelope(&webhook)?;
    Ok(Facts {
        event_uuid: envelope.uuid,
        company_id: envelope.company_id,
        key: event::identity::message_key(envelope.company_id, &envelope.object, &envelope.id),
        object: envelope.object,
        action: envelope.action,
        version: webhook.version(),
        attempt: webhook.attempt(),
    })
}

fn foreign(facts: &Facts) -> Fault {
    Fault {
        path: "$.meta.company_id".to_owned(),
        rule: COMPANY_NOT_ALLOWED.to_owned(),
        schema_version: None,
        message: format!(
            "company {} is not one this source may speak for",
            facts.company_id
        ),
    }
}
