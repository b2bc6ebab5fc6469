//! The record of an event: on `omni.raw` as it came, or in quarantine with its reasons.

use event::outcome::{Fault, Rejected, ValueEncoding};
use event::{Headers, identity};
use kafka::{Outgoing, Placement, Topic};
use uuid::Uuid;

use super::{Accepted, Arrival, Judged, Quarantined};
use crate::count::Ticket;
use crate::prevalidate::{Facts, Verdict};
use crate::trace;

pub(super) fn of(arrival: &Arrival, event: Judged, ticket: &Ticket) -> (Outgoing, Accepted) {
    match event.verdict {
        Verdict::Fits(facts) => kept(arrival, event.bytes, facts, ticket),
        Verdict::Quarantined { code, faults } => quarantined(arrival, &event.bytes, code, faults, ticket),
    }
}

/// Its bytes as they came.
fn kept(arrival: &Arrival, bytes: Vec<u8>, facts: Facts, ticket: &Ticket) -> (Outgoing, Accepted) {
    let mut headers = headers(arrival, facts.event_uuid, ticket);
    headers.webhook_version = facts.version;
    headers.object = Some(facts.object.as_str().to_owned());
    headers.action = Some(facts.action.as_str().to_owned());
    headers.attempt = facts.attempt;
    headers.is_late = facts.is_late;
    let record = Outgoing {
        topic: Topic::Raw,
        placement: Placement::By(identity::partition_text(
            Some(facts.company_id),
            arrival.source.name(),
        )),
        key: facts.key.into_bytes(),
        payload: Some(bytes),
        headers: headers.to_pairs().into(),
    };
    let accepted = Accepted {
        event_uuid: facts.event_uuid,
        quarantined: None,
    };
    (record, accepted)
}

/// What cannot be used. It goes by its source and has an id of its bytes: what it says about company and event is
/// not to be believed.
fn quarantined(
    arrival: &Arrival,
    bytes: &[u8],
    code: &'static str,
    faults: Vec<Fault>,
    ticket: &Ticket,
) -> (Outgoing, Accepted) {
    let name = arrival.source.name();
    let event_uuid = identity::uuid_of_unreadable(name, bytes);
    let headers = headers(arrival, event_uuid, ticket);
    let (value, value_encoding) = ValueEncoding::write(bytes);
    let rejected = Rejected {
        stage: "collector".to_owned(),
        code: code.to_owned(),
        errors: faults,
        event_uuid,
        company_id: None,
        source: Some(name.to_owned()),
        topic: None,
        received_at: Some(stage::clock::rfc3339_micro(arrival.received_at_micro)),
        value,
        value_encoding,
    };
    let record = Outgoing {
        topic: Topic::Rejected,
        placement: Placement::By(identity::partition_text(None, name)),
        key: name.as_bytes().to_vec(),
        payload: Some(rejected.to_json()),
        headers: headers.to_pairs().into(),
    };
    let faults = rejected.errors;
    let accepted = Accepted {
        event_uuid,
        quarantined: Some(Quarantined { code, faults }),
    };
    (record, accepted)
}

fn headers(arrival: &Arrival, event_uuid: Uuid, ticket: &Ticket) -> Headers {
    let mut headers = Headers::new(
        event_uuid,
        arrival.kind,
        arrival.source.name(),
        arrival.received_at_micro,
    );
    headers.accept_seq = Some(ticket.accept_seq());
    let begun = || trace::begun(event_uuid, ticket.number());
    headers.traceparent = Some(arrival.traceparent.clone().unwrap_or_else(begun));
    headers
}
