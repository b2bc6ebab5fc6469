//! The records of a replay.

use event::outcome::Rejected;
use event::{Headers, Kind, Webhook, identity, moment, normalize, prevalidate};
use kafka::{Outgoing, Placement, Topic};
use omni_collector::Source;
use template::Contract;
use uuid::Uuid;

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
pub(super) fn anew(
    whole: &Whole,
    kind: Kind,
    source: Option<&Source>,
    contract: &Contract,
    replay: &str,
) -> Option<Accepted> {
    let Rejected {
        source: name,
        received_at,
        ..
    } = &whole.record;
    let body = whole.record.refused_bytes()?;
    let received_at_micro = moment::parse(received_at.as_deref()?)?;
    let arrived = |uuid| Headers::new(uuid, kind, name.as_deref().unwrap_or_default(), received_at_micro);
    let (mut headers, company_id, key) = match kind {
        Kind::Webhook => webhook(&body, arrived)?,
        Kind::Flat => flat(&body, contract, arrived)?,
        Kind::Backfill | Kind::Heartbeat | Kind::Erase => return None,
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

/// Headers, company and key.
type Judged = (Headers, u64, String);

fn webhook(body: &[u8], arrived: impl FnOnce(Uuid) -> Headers) -> Option<Judged> {
    let webhook = Webhook::parse(body).ok()?;
    prevalidate::check(&webhook).ok()?;
    let envelope = normalize::envelope(&webhook).ok()?;
    let mut headers = arrived(envelope.uuid);
    headers.webhook_version = Some(webhook.version());
    headers.object = Some(envelope.object.to_string());
    headers.action = Some(envelope.action.to_string());
    headers.attempt = webhook.attempt();
    let key = identity::message_key(envelope.company_id, &envelope.object, &envelope.id);
    Some((headers, envelope.company_id, key))
}

fn flat(body: &[u8], contract: &Contract, arrived: impl FnOnce(Uuid) -> Headers) -> Option<Judged> {
    let kept = contract.read(body).ok()?;
    let event = &kept.event;
    let mut headers = arrived(event.uuid);
    headers.object = Some(event.object.to_string());
    headers.action = Some(kept.action.to_string());
    headers.is_late = kept.is_late(headers.received_at_micro);
    let key = identity::message_key(event.company_id, &event.object, &event.id);
    Some((headers, event.company_id, key))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use event::outcome::ValueEncoding;
    use serde_json::json;

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

    fn again_by(whole: &Whole, kind: Kind, companies: Option<&[u64]>) -> Option<Accepted> {
        let source = companies.map(source);
        anew(whole, kind, source.as_ref(), &Contract::flat().unwrap(), "r1")
    }

    #[test]
    fn what_a_source_may_speak_for_now_is_an_event_with_its_own_id_and_place() {
        let accepted = again_by(&refused(&body()), Kind::Webhook, Some(&[COMPANY])).unwrap();
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
    fn a_flat_event_comes_again_as_one() {
        let event = json!({
            "event_uuid": Uuid::from_u128(8), "event_ver": "7", "event_revision": 0, "event_name": "pipedrive_lead_added",
            "event_action": "added", "event_object": "lead", "event_id": "a1", "event_company_id": COMPANY,
            "event_timestamp": 1, "event_timestamp_micro": 1_000_000, "event_source": "crm",
            "event_received_at": "2026-02-03T10:20:30Z", "event_enriched_at": "2026-02-03T10:20:30Z", "client_id": "a"
        });
        let body = event.to_string();
        let accepted = again_by(&refused(body.as_bytes()), Kind::Flat, Some(&[COMPANY])).unwrap();
        assert_eq!(
            (accepted.headers.kind, accepted.headers.event_uuid),
            (Kind::Flat, Uuid::from_u128(8))
        );
        let out = again(accepted, "r1");
        assert_eq!(
            (out.key.as_slice(), out.payload.as_deref()),
            (&b"7:lead:a1"[..], Some(body.as_bytes()))
        );
        assert!(again_by(&refused(body.as_bytes()), Kind::Webhook, Some(&[])).is_none());
        assert!(again_by(&refused(b"{}"), Kind::Flat, Some(&[])).is_none());
    }

    #[test]
    fn what_the_rules_refuse_still_is_not_sent() {
        let webhook = |body: &[u8], companies| again_by(&refused(body), Kind::Webhook, companies);
        assert!(webhook(&body(), Some(&[8])).is_none());
        assert!(webhook(&body(), None).is_none());
        assert!(webhook(b"no json", Some(&[])).is_none());
        assert!(webhook(b"{}", Some(&[])).is_none());
    }
}
