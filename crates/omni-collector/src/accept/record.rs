//! The record of an event: on `omni.raw` as it came, or in quarantine with its reasons.

use event::outcome::{Fault, Rejected, ValueEncoding};
use event::{Headers, identity};
use kafka::{Outgoing, Placement, Topic};
use traces::Tracer;
use uuid::Uuid;

use super::{Accepted, Arrival, Judged, Quarantined};
use crate::count::Ticket;
use crate::lanes::Lanes;
use crate::prevalidate::{Facts, Verdict};
use crate::trace::Traced;

/// A record, what is answered for it, and its span.
type Made = (Outgoing, Accepted, Traced);

/// What a record is made with.
#[derive(Clone, Copy)]
pub(super) struct Making<'a> {
    pub(super) arrival: &'a Arrival,
    pub(super) ticket: &'a Ticket,
    pub(super) tracer: &'a Tracer,
    pub(super) lanes: &'a Lanes,
}

pub(super) fn of(making: Making<'_>, event: Judged) -> Made {
    match event.verdict {
        Verdict::Fits(facts) => kept(making, event.bytes, facts),
        Verdict::Quarantined { code, faults } => quarantined(making, &event.bytes, code, faults),
    }
}

/// Its bytes as they came.
fn kept(making: Making<'_>, bytes: Vec<u8>, facts: Facts) -> Made {
    let Making { arrival, lanes, .. } = making;
    let (mut headers, mut traced) = headers(making, facts.event_uuid);
    headers.webhook_version = facts.version;
    headers.object = Some(facts.object.as_str().to_owned());
    headers.action = Some(facts.action.as_str().to_owned());
    headers.attempt = facts.attempt;
    headers.is_late = facts.is_late;
    traced.makes(&headers, || lanes.name(Topic::Raw));
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
    (record, accepted, traced)
}

/// What cannot be used. It goes by its source and has an id of its bytes: what it says about company and event is
/// not to be believed.
fn quarantined(making: Making<'_>, bytes: &[u8], code: &'static str, faults: Vec<Fault>) -> Made {
    let Making { arrival, lanes, .. } = making;
    let name = arrival.source.name();
    let event_uuid = identity::uuid_of_unreadable(name, bytes);
    let (headers, mut traced) = headers(making, event_uuid);
    traced.makes(&headers, || lanes.name(Topic::Rejected));
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
    (record, accepted, traced)
}

fn headers(making: Making<'_>, event_uuid: Uuid) -> (Headers, Traced) {
    let Making {
        arrival,
        ticket,
        tracer,
        ..
    } = making;
    let mut headers = Headers::new(
        event_uuid,
        arrival.kind,
        arrival.source.name(),
        arrival.received_at_micro,
    );
    headers.accept_seq = Some(ticket.accept_seq());
    let traced = Traced::begin(tracer, arrival, &mut headers);
    (headers, traced)
}
