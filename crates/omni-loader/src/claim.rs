//! Loads the events that one template is for: strictly validated, typed, or rejected with all reasons.
use std::sync::Arc;

use event::outcome::Outcome;
use event::{Headers, Kind};
use kafka::Record;
use serde_json::{Map, Value};
use template::template::Checked;
use template::{RowContext, Template};
use warehouse::Table;

use crate::batch::Seat;
use crate::origin::Origin;
use crate::part::Part;
use crate::plan::Log;
use crate::reject::{Code, Refusal};
use crate::subject::Subject;

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
        if part.rows() == 0 {
            Vec::new()
        } else {
            self.template.tables().map(str::to_owned).collect()
        }
    }

    pub(crate) fn judge(
        &self,
        record: &Record,
        log: &Log,
        mut seat: Seat<'_>,
    ) -> Result<(), warehouse::Error> {
        let origin = Origin::of(record);
        // What cannot be read is the unclaimed lane's to reject, once for all templates.
        let Ok(headers) = &origin.headers else {
            return Ok(());
        };
        match Subject::of(record, headers) {
            Subject::Heartbeat => {
                let told = &mut seat.part.told;
                told.heartbeat_at = told.heartbeat_at.max(Some(headers.received_at_micro));
                Ok(())
            }
            Subject::Event { object, action, body } if self.template.picks(&object, &action) => {
                match self.check(record, body) {
                    Ok(checked) => self.load(record, headers, &checked, log, &mut seat, &origin),
                    Err(refusal) => {
                        self.refuse(refusal, record, &origin, seat.part);
                        Ok(())
                    }
                }
            }
            Subject::Event { .. } | Subject::None | Subject::Unknown => Ok(()),
        }
    }

    fn check(&self, record: &Record, body: Option<Map<String, Value>>) -> Result<Checked, Refusal> {
        let body = match body {
            Some(body) => body,
            None => serde_json::from_slice(record.value())
                .map_err(|_| Refusal::new(Code::NotJson, "is no JSON of an event"))?,
        };
        self.template.check(body).map_err(Refusal::schema)
    }

    fn load(
        &self,
        record: &Record,
        headers: &Headers,
        checked: &Checked,
        log: &Log,
        seat: &mut Seat<'_>,
        origin: &Origin,
    ) -> Result<(), warehouse::Error> {
        let context = RowContext {
            topic_id: &log.topic_id,
            partition: record.partition,
            offset: record.offset,
            batch_first_offset: seat.part.range.first,
            kind: headers.kind.as_str(),
        };
        let row = match self.template.row(checked, &context) {
            Ok(row) => row,
            Err(violations) => {
                self.refuse(Refusal::schema(violations), record, origin, seat.part);
                return Ok(());
            }
        };
        let [table] = &self.tables;
        seat.push(0, table, &row)?;
        let part = &mut *seat.part;
        let envelope = &checked.envelope;
        part.told
            .row(Some(envelope.company_id), envelope.received_at_micro);
        part.told.event_time_max = part.told.event_time_max.max(Some(envelope.time_micro));
        part.tally.count(Outcome::Loaded, headers.kind.as_str());
        if headers.kind == Kind::Webhook && headers.replay.is_none() {
            part.tally.received_at_micro.push(envelope.received_at_micro);
        }
        Ok(())
    }

    fn refuse(&self, refusal: Refusal, record: &Record, origin: &Origin, part: &mut Part) {
        part.tally.count(Outcome::Rejected, refusal.code.as_str());
        part.told.rejected += 1;
        part.out.push(refusal.outgoing(record, origin, &self.kafka));
    }
}
