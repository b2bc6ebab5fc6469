//! The records of a replay.

use event::outcome::Rejected;
use event::{Headers, Kind, Webhook, identity, moment, normalize, prevalidate};
use kafka::{Outgoing, Placement, Topic};
use omni_collector::Source;

use super::candidates::Accepted;
use crate::command::refused::Whole;

/// An accepted event once more: same bytes, same headers, and the replay's.
pub(super) fn again(accepted: Accepted, replay: &str) -> Outgoing {
    let Accepted {
        mut headers,
        key,
        body,
    } = accepted;
    headers.replay = Some(replay.to_owned());
    let company = key.split(':').next().and_then(|company| company.parse().ok());
    Outgoing {
        topic: Topic::Raw,
        placement: Placement::By(identity::partition_text(company, &headers.source)),
        key: key.into_bytes(),
        payload: Some(body),
        headers: headers.to_pairs().into(),
    }
}

/// What the collector refused, judged by its rules as they are now; `None` when they refuse it still.
pub(super) fn anew(whole: &Whole, source: Option<&Source>, replay: &str) -> Option<Accepted> {
    let Rejected {
        source: name,
        received_at,
        ..
    } = &whole.record;
    let body = whole.record.refused_bytes()?;
    let received_at_micro = moment::parse(received_at.as_deref()?)?;
    let (mut headers, company_id, key) = {
        let webhook = Webhook::parse(&body).ok()?;
        prevalidate::check(&webhook).ok()?;
        let envelope = normalize::envelope(&webhook).ok()?;
        let name = name.as_deref().unwrap_or_default();
        let mut headers = Headers::new(envelope.uuid, Kind::Webhook, name, received_at_micro);
        headers.webhook_version = Some(webhook.version());
        headers.object = Some(envelope.object.to_string());
        headers.action = Some(envelope.action.to_string());
        headers.attempt = webhook.attempt();
        let key = identity::message_key(envelope.company_id, &envelope.object, &envelope.id);
        (headers, envelope.company_id, key)
    };
    // A source that is not configured any more speaks for nobody.
    let companies = &source?.companies;
    if !companies.is_empty() && !companies.contains(&company_id) {
        return None;
    }
    headers.accept_seq.clone_from(&whole.accept_seq);
    headers.replay = Some(replay.to_owned());
    Some(Accepted { headers, key, body })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use event::outcome::ValueEncoding;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    const COMPANY: u64 = 7;

    fn refused(body: &[u8]) -> Whole {
        let (value, value_encoding) = ValueEncoding::write(body);
        let record = Rejected {
            stage: "collector".to_owned(),
            code: "company_not_allowed".to_owned(),
            errors: Vec::new(),
            event_uuid: identity::uuid_of_unreadable("crm", body),
            company_id: None,
            source: Some("crm".to_owned()),
            topic: None,
            received_at: Some(moment::to_rfc3339(5)),
            value,
            value_encoding,
        };
        Whole {
            record,
            accept_seq: None,
        }
    }

    fn body() -> Vec<u8> {
        let meta = json!({
            "version": "2.0", "action": "change", "entity": "deal", "entity_id": "31", "company_id": COMPANY.to_string(),
            "timestamp": "2026-01-06T08:00:00.000Z", "id": Uuid::from_u128(9).to_string(), "attempt": 2,
        });
        json!({"data": {"id": 31}, "previous": null, "meta": meta})
            .to_string()
            .into_bytes()
    }

    fn source(companies: &[u64]) -> Source {
        let text = json!({"user": "u", "password": "p", "companies": companies}).to_string();
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn what_a_source_may_speak_for_now_is_an_event_with_its_own_id_and_place() {
        let accepted = anew(&refused(&body()), Some(&source(&[COMPANY])), "r1").unwrap();
        assert_eq!(accepted.headers.event_uuid, Uuid::from_u128(9));
        assert_eq!(accepted.headers.attempt, Some(2));
        let out = again(accepted, "r1");
        assert_eq!(out.placement, Placement::By(COMPANY.to_string()));
        assert_eq!(out.key, b"7:deal:31");
        assert_eq!(out.payload.as_deref(), Some(body().as_slice()));
        let headers = Headers::from_pairs(&out.headers).unwrap();
        assert_eq!(headers.replay.as_deref(), Some("r1"));
        assert_eq!(headers.received_at_micro, 5);
    }

    #[test]
    fn what_the_rules_refuse_still_is_not_sent() {
        assert!(anew(&refused(&body()), Some(&source(&[8])), "r1").is_none());
        assert!(anew(&refused(&body()), None, "r1").is_none());
        assert!(anew(&refused(b"no json"), Some(&source(&[])), "r1").is_none());
        assert!(anew(&refused(b"{}"), Some(&source(&[])), "r1").is_none());
    }
}
