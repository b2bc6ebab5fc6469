//! Records are judged: new ones by what is known of them, those of a plan by what was agreed.
use kafka::Record;

use super::{Halt, Running};
use crate::batch::Batch;
use crate::course::Heard;
use crate::given::{Given, Unjudged};
use crate::intake::Came;
use crate::known::Known;
use crate::plan::Plan;

impl Running {
    pub(super) fn reread(&mut self, plan: &Plan) -> Result<Heard, Halt> {
        let shutdown = self.lane.shutdown.clone();
        let stopped = move || shutdown.is_requested();
        let records = match self.intake.complete(&plan.ranges(), self.lane.rows_max, stopped) {
            Ok(Some(Came::Records(records))) => records,
            Ok(Some(Came::Moved)) => return Ok(Heard::Moved),
            Ok(None) if self.lane.shutdown.is_requested() => return Err(Halt::Stopped),
            Ok(None) => return Ok(self.differs("its records are gone")),
            Err(source) => return Err(Halt::Failed(self.lane.kafka_error(source))),
        };
        let mut known = Known::nothing();
        known.keep_out(self.kept_out(&records)?);
        let mut batch = Batch::new(self.lane.feed.tables());
        for record in records {
            let Some(verdict) = plan.verdict(record.partition, record.offset) else {
                continue;
            };
            match self.judge(&record, Given::Planned(verdict), &mut known, &mut batch) {
                Ok(()) => {}
                Err(Unjudged::Differs) => return Ok(self.differs("a row cannot be made again")),
                Err(Unjudged::Block(source)) => return Err(Halt::Failed(self.lane.warehouse_error(source))),
            }
        }
        for (partition, part) in &mut batch.parts {
            let share = plan.shares.get(partition);
            part.is_followed_by_doubt = share.is_some_and(|share| share.is_followed_by_doubt);
        }
        if !is_same(plan, &batch) {
            return Ok(self.differs("its records are others now"));
        }
        self.lane.inserter.metrics.repeated(&self.lane.name);
        tracing::info!(
            lane = self.lane.name,
            rows = plan.rows(),
            "a planned insert is repeated"
        );
        self.batch = Some(batch);
        Ok(Heard::Reread)
    }

    fn differs(&self, why: &'static str) -> Heard {
        tracing::warn!(
            lane = self.lane.name,
            why,
            "a planned insert cannot be repeated, the table will be asked"
        );
        Heard::Differs
    }

    pub(super) fn judge(
        &self,
        record: &Record,
        given: Given,
        known: &mut Known,
        batch: &mut Batch,
    ) -> Result<(), Unjudged> {
        let span = self.lane.begin_span(record);
        if span.is_some() {
            batch.seat(record).part.tally.last = None;
        }
        let judged = self
            .lane
            .feed
            .judge(record, &self.lane.log, given, known, batch.seat(record));
        if let Some(span) = span {
            self.lane.note_outcome(*span, batch.seat(record).part);
        }
        judged
    }

    pub(super) fn given(&self, record: &Record) -> Given {
        let place = (record.partition, record.offset);
        if self.there.has(record.partition, record.offset) {
            Given::There
        } else if self.course.condemned() == Some(place) {
            Given::Condemned
        } else {
            Given::Nothing
        }
    }

    /// Asks the table for events that it may have; the insert before is acknowledged by now.
    pub(super) fn learn(&self, known: &mut Known, records: &[Record]) -> Result<(), Halt> {
        let candidates = self.lane.feed.candidates(records);
        let Some(table) = self.lane.feed.tables().first().filter(|_| !candidates.is_empty()) else {
            return Ok(());
        };
        let inserter = &self.lane.inserter;
        let asked = inserter.until_answered("which events it has", || {
            inserter.warehouse.loaded(table, &candidates)
        });
        known.learn(self.answered(asked)?);
        Ok(())
    }
}

/// Whether the batch makes the very insert of the plan.
fn is_same(plan: &Plan, batch: &Batch) -> bool {
    let mut shares = plan.shares.values();
    shares.all(|share| {
        let part = batch.parts.get(&share.range.partition);
        part.and_then(crate::part::Part::share).is_some_and(|made| {
            made.hash == share.hash
                && made.verdicts.rows() == share.verdicts.rows()
                && made.range.first == share.range.first
                && made.range.last == share.range.last
        })
    })
}
