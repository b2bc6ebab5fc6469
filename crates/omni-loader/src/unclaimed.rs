//! What no template takes: filtered as `no_template`, so that every accepted event has an end on record. What cannot
//! be read at all is rejected here, once for all templates.
use std::sync::Arc;

use event::outcome::{Filtered, Outcome};
use kafka::{Outgoing, Placement, Record, Topic};
use stage::clock;
use template::Template;

use crate::STAGE;
use crate::origin::Origin;
use crate::part::Part;
use crate::reject::{Code, Refusal};
use crate::subject::Subject;

/// The rule of an event that no enabled template is for.
pub(crate) const NO_TEMPLATE: &str = "no_template";

/// Knows what the enabled templates pick.
#[derive(Debug)]
pub(crate) struct Unclaimed {
    templates: Vec<Arc<Template>>,
    kafka: kafka::Config,
}

impl Unclaimed {
    pub(crate) fn new(templates: &[Arc<Template>], kafka: &kafka::Config) -> Self {
        Self {
            templates: templates.to_vec(),
            kafka: kafka.clone(),
        }
    }

    pub(crate) fn judge(&self, record: &Record, part: &mut Part) {
        let origin = Origin::of(record);
        let subject = match &origin.headers {
            Ok(headers) => Subject::of(record, headers),
            Err(error) => {
                self.refuse(
                    Refusal::new(Code::Headers, error.to_string()),
                    record,
                    &origin,
                    part,
                );
                return;
            }
        };
        match subject {
            Subject::Heartbeat | Subject::None => {}
            Subject::Unknown => {
                let refusal = Refusal::new(
                    Code::NotAnEvent,
                    "neither headers nor value say what happened to what",
                );
                self.refuse(refusal, record, &origin, part);
            }
            Subject::Event { object, action, .. } => {
                if !self
                    .templates
                    .iter()
                    .any(|template| template.picks(&object, &action))
                {
                    part.tally.count(Outcome::Filtered, NO_TEMPLATE);
                    part.out.push(filtered(record, &origin, object.into_owned()));
                }
            }
        }
    }

    fn refuse(&self, refusal: Refusal, record: &Record, origin: &Origin<'_>, part: &mut Part) {
        part.tally.count(Outcome::Rejected, refusal.code.as_str());
        part.out.push(refusal.outgoing(record, origin, &self.kafka));
    }
}

fn filtered(record: &Record, origin: &Origin<'_>, object: String) -> Outgoing {
    let filtered = Filtered {
        event_uuid: origin.event_uuid(),
        stage: STAGE.to_owned(),
        rule: NO_TEMPLATE.to_owned(),
        company_id: origin.company_id,
        object: Some(object),
        id: origin.id.map(str::to_owned),
        source: Some(origin.source().to_owned()),
        received_at: Some(clock::rfc3339_micro(origin.received_at_micro())),
    };
    Outgoing {
        topic: Topic::Filtered,
        placement: Placement::Partition(record.partition),
        key: record.key.clone(),
        payload: Some(filtered.to_json()),
        headers: record.headers.clone(),
    }
}
