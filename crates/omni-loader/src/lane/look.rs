//! How things stand at the broker, and what the table knows of an offset that the broker forgot.
use std::time::Duration;

use warehouse::Place;

use super::{Halt, Running};
use crate::course::Heard;
use crate::plan::text;

impl Running {
    pub(super) fn look(&mut self) -> Result<Heard, Halt> {
        self.batch = None;
        self.there.forget();
        let standings = match self.intake.look() {
            Ok(standings) => standings,
            Err(error) => return self.kafka_failed(error, "read the committed offsets"),
        };
        let has_text = |standing: &crate::course::Standing| {
            standing
                .committed
                .as_ref()
                .is_some_and(|(_, text)| !text.is_empty())
        };
        let now = if standings.iter().any(has_text) {
            self.server_now()?
        } else {
            0
        };
        Ok(Heard::Stands { standings, now })
    }

    /// Milliseconds since 1970 by the server's clock; waits for the server.
    pub(super) fn server_now(&self) -> Result<i64, Halt> {
        let inserter = &self.lane.inserter;
        let asked = inserter.until_answered("its clock", || inserter.warehouse.deadline(Duration::ZERO));
        Ok(self.answered(asked)?.0)
    }

    /// Goes back to the newest batch that the table has of partitions without a committed offset. The broker forgets one when
    /// nobody reads for longer than `offsets.retention.minutes`.
    pub(super) fn recover(&mut self, partitions: &[i32]) -> Result<Heard, Halt> {
        let Some(table) = self.lane.feed.tables().first() else {
            return Ok(Heard::Recovered { any: false });
        };
        let inserter = &self.lane.inserter;
        let mut found = Vec::new();
        for partition in partitions {
            let place = Place {
                topic_id: &self.lane.log.topic_id,
                partition: *partition,
            };
            let asked = inserter.until_answered("its newest batch", || {
                inserter.warehouse.newest_batch(table, place)
            });
            if let Some(first) = self.answered(asked)? {
                found.push((*partition, first));
            }
        }
        if found.is_empty() {
            return Ok(Heard::Recovered { any: false });
        }
        tracing::warn!(
            lane = self.lane.name,
            kafka.partitions = ?found,
            "committed offsets are lost: going back to the newest batch that the table has"
        );
        let until = self.server_now()? + self.deadline_ms();
        let text = text::ask(&self.lane.log, until);
        let notes = found
            .into_iter()
            .map(|(partition, first)| (partition, first, text.clone()));
        match self.intake.note(notes.collect::<Vec<_>>()) {
            Ok(()) => Ok(Heard::Recovered { any: true }),
            Err(error) => self.kafka_failed(error, "commit a recovered offset"),
        }
    }

    /// One insert's time in milliseconds.
    pub(super) fn deadline_ms(&self) -> i64 {
        i64::try_from(self.lane.insert_deadline.as_millis()).unwrap_or(i64::MAX)
    }
}
