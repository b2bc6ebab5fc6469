//! Loads the events that one template is for: strictly validated, typed, or rejected with all reasons.
use std::sync::Arc;

use event::outcome::Outcome;
use event::{HeadersRef, Kind};
use kafka::Record;
use serde_json::{Map, Value};
use template::template::Checked;
use template::{Envelope, NotTaken, RowContext, Template};
use warehouse::Table;

use crate::batch::Seat;
use crate::given::{Given, Unjudged};
use crate::known::Known;
use crate::origin::Origin;
use crate::part::Part;
use crate::plan::{Log, Verdict};
use crate::reject::{Code, Refusal};
use crate::subject::Subject;

/// How an event that the table had already is counted.
const ALREADY: &str = "already_loaded";

/// One enabled template.
#[derive(Debug)]
pub(crate) struct Claim {
    template: Arc<Template>,
    tables: [Table; 1],
    kafka: kafka::Config,
}

impl Claim {
    pub(crate) fn new(template: Arc<Template>, kafka: &kafka::Config) -> Result<Self, warehouse::Error> {
        let table = Table::new(template.base_table(), template.columns().to_vec())?;
        Ok(Self {
            template,
            tables: [table],
            kafka: kafka.clone(),
        })
    }

    pub(crate) fn template(&self) -> &str {
        self.template.key()
    }

    pub(crate) fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The base table and all that views feed from it.
    pub(crate) fn changed(&self, part: &Part) -> Vec<String> {
        if part.rows() == 0 && part.told.there == 0 {
            Vec::new()
        } else {
            self.template.tables().map(str::to_owned).collect()
        }
    }

    pub(crate) fn judge(
        &self,
        record: &Record,
        log: &Log,
        given: Given,
        known: &mut Known,
        seat: &mut Seat<'_>,
    ) -> Result<Verdict, Unjudged> {
        let origin = Origin::of(record);
        // What cannot be read is the unclaimed lane's to reject, once for all templates.
        let Ok(headers) = &origin.headers else {
            return Ok(Verdict::Out);
        };
        match Subject::of(record, headers) {
            Subject::Heartbeat => {
                let told = &mut seat.part.told;
                told.heartbeat_at = told.heartbeat_at.max(Some(headers.received_at_micro));
                Ok(Verdict::Out)
            }
            Subject::Event { object, action, body } if self.template.picks(&object, &action) => {
                let event = Event {
                    record,
                    origin: &origin,
                    headers,
                    log,
                };
                match self.check(record, body) {
                    Ok(checked) => self.accepted(&event, &checked, given, known, seat),
                    Err(_) if given.is_there() => Ok(Verdict::There),
                    Err(_) if given == Given::Planned(Verdict::In) => Err(Unjudged::Differs),
                    Err(refusal) => Ok(self.refuse(refusal, &event, seat.part)),
                }
            }
            Subject::Event { .. } | Subject::None | Subject::Unknown => Ok(Verdict::Out),
        }
    }

    fn check<'r>(
        &self,
        record: &'r Record,
        body: Option<Map<String, Value>>,
    ) -> Result<Checked<'r>, Refusal> {
        if let Some(body) = body {
            return self.template.check(body).map_err(Refusal::schema);
        }
        self.template.read(record.value()).map_err(|why| match why {
            NotTaken::NotJson => Refusal::new(Code::NotJson, "is no JSON of an event"),
            NotTaken::Violations(violations) => Refusal::schema(violations),
        })
    }

    /// The schema in force takes it.
    fn accepted(
        &self,
        event: &Event<'_>,
        checked: &Checked<'_>,
        given: Given,
        known: &mut Known,
        seat: &mut Seat<'_>,
    ) -> Result<Verdict, Unjudged> {
        let envelope = &checked.envelope;
        match given {
            Given::There | Given::Planned(Verdict::There) => {
                loaded(event, envelope, seat.part);
                seat.part.told.there += 1;
                Ok(Verdict::There)
            }
            Given::Planned(Verdict::Out) => {
                let refusal = Refusal::new(
                    Code::RefusedByPlan,
                    "an insert that was repeated as planned left it out; replay it",
                );
                Ok(self.refuse(refusal, event, seat.part))
            }
            Given::Condemned => {
                let refusal = Refusal::new(Code::Warehouse, "clickhouse refused its row");
                Ok(self.refuse(refusal, event, seat.part))
            }
            Given::Nothing if known.has(envelope) => {
                seat.part.tally.count(Outcome::Loaded, ALREADY);
                Ok(Verdict::There)
            }
            Given::Nothing | Given::Planned(Verdict::In) => self.load(event, checked, given, known, seat),
        }
    }

    fn load(
        &self,
        event: &Event<'_>,
        checked: &Checked<'_>,
        given: Given,
        known: &mut Known,
        seat: &mut Seat<'_>,
    ) -> Result<Verdict, Unjudged> {
        let context = RowContext {
            topic_id: &event.log.topic_id,
            partition: event.record.partition,
            offset: event.record.offset,
            batch_first_offset: seat.part.range.first,
            kind: event.headers.kind.as_str(),
        };
        let row = match self.template.row(checked, &context) {
            Ok(row) => row,
            Err(_) if given == Given::Planned(Verdict::In) => return Err(Unjudged::Differs),
            Err(violations) => return Ok(self.refuse(Refusal::schema(violations), event, seat.part)),
        };
        let [table] = &self.tables;
        seat.push(0, table, &row)?;
        known.loads(&checked.envelope);
        loaded(event, &checked.envelope, seat.part);
        Ok(Verdict::In)
    }

    fn refuse(&self, refusal: Refusal, event: &Event<'_>, part: &mut Part) -> Verdict {
        part.tally.count(Outcome::Rejected, refusal.code.as_str());
        part.told.rejected += 1;
        part.out
            .push(refusal.outgoing(event.record, event.origin, &self.kafka));
        Verdict::Out
    }
}

/// A record and what it says of itself.
#[derive(Clone, Copy)]
struct Event<'a> {
    record: &'a Record,
    origin: &'a Origin<'a>,
    headers: &'a HeadersRef<'a>,
    log: &'a Log,
}

/// Its row is, or will be, in the table.
fn loaded(event: &Event<'_>, envelope: &Envelope, part: &mut Part) {
    let headers = event.headers;
    part.told
        .row(Some(envelope.company_id), envelope.received_at_micro);
    part.told.event_time_max = part.told.event_time_max.max(Some(envelope.time_micro));
    part.tally.count(Outcome::Loaded, headers.kind.as_str());
    if headers.kind == Kind::Webhook && headers.replay.is_none() {
        part.tally.received_at_micro.push(envelope.received_at_micro);
    }
}
