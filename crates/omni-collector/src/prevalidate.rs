//! Whether a body is a webhook that can be used, by its envelope alone; `current` and `previous` stay unread.
//!
//! Pure: bytes in, verdict out. It never refuses a request: what does not fit is quarantined with its reasons.

use event::outcome::{Fault, faults_of};
use event::{Action, Object, Refusal, Version, Webhook, normalize, prevalidate};
use uuid::Uuid;

use crate::authenticate::Authenticated;

/// The code of an event of another company than its source may speak for.
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
    /// Of a webhook.
    pub(crate) version: Option<Version>,
    pub(crate) attempt: Option<u32>,
    /// Of a flat event: it may have been here before.
    pub(crate) is_late: bool,
}

/// Judges a body of this source.
pub(crate) fn prevalidate(source: &Authenticated, body: &[u8]) -> Verdict {
    match facts(body) {
        Ok(facts) => bound(source, facts, "$.meta.company_id"),
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
        version: Some(webhook.version()),
        attempt: webhook.attempt(),
        is_late: false,
    })
}

/// An event whose company stands at `path`: of a company that its source may speak for, or not.
pub(crate) fn bound(source: &Authenticated, facts: Facts, path: &str) -> Verdict {
    if source.speaks_for(facts.company_id) {
        return Verdict::Fits(facts);
    }
    let company = facts.company_id;
    let fault = Fault {
        path: path.to_owned(),
        rule: COMPANY_NOT_ALLOWED.to_owned(),
        schema_version: None,
        message: format!("company {company} is not one this source may speak for"),
    };
    Verdict::Quarantined {
        code: COMPANY_NOT_ALLOWED,
        faults: vec![fault],
    }
}
