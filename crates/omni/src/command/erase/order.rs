//! The order: one record on `omni.raw`, among the events of the person's own company.

use anyhow::Context;
use event::erasure::{Erasure, PERSON};
use event::{Headers, Kind, identity};
use kafka::{Delivered, Outgoing, Placement, Producer, ProducerSettings, Topic};
use stage::clock;
use uuid::Uuid;

use super::{Doors, Who};

/// No configured source: it comes from the tool.
const SOURCE: &str = "omni";

/// An order that the broker has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    pub(super) event_uuid: Uuid,
    pub(super) at_micro: i64,
    pub(super) at: Delivered,
}

/// Writes it, and returns once all in-sync replicas have it.
pub(super) async fn give(doors: &Doors, who: Who, lifted: bool) -> anyhow::Result<Order> {
    let config = doors.kafka.clone();
    tokio::task::spawn_blocking(move || kafka::admin::check(&config)).await??;
    let (event_uuid, at_micro) = (Uuid::new_v4(), clock::now_micro());
    let producer = Producer::new(&doors.kafka, ProducerSettings::default())?;
    let sent = producer.send(record(who, lifted, event_uuid, at_micro)).await;
    let at = sent.context("kafka did not take the order; nothing was erased")?;
    Ok(Order {
        event_uuid,
        at_micro,
        at,
    })
}

fn record(who: Who, lifted: bool, event_uuid: Uuid, at_micro: i64) -> Outgoing {
    let erasure = Erasure {
        person_id: who.person_id,
        lifted,
    };
    let headers = Headers {
        object: Some(PERSON.to_owned()),
        ..Headers::new(event_uuid, Kind::Erase, SOURCE, at_micro)
    };
    Outgoing {
        topic: Topic::Raw,
        placement: Placement::By(identity::partition_text(Some(who.company_id), SOURCE)),
        key: who.key().into_bytes(),
        payload: Some(erasure.to_json()),
        headers: headers.to_pairs().into(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn it_lies_with_the_companys_events_and_says_the_id_alone() {
        let who = Who {
            company_id: 7,
            person_id: 17,
        };
        let order = record(who, false, Uuid::nil(), 5);
        assert_eq!(order.placement, Placement::By("7".to_owned()));
        assert_eq!(order.key, b"7:person:17");
        let erasure = Erasure::read(order.payload.as_deref().unwrap()).unwrap();
        assert_eq!((erasure.person_id, erasure.lifted), (17, false));
    }
}
