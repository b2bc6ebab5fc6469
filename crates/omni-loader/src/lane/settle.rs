//! When a planned insert cannot be repeated: make sure that it is over, and ask the table what it brought.
use std::collections::BTreeSet;
use std::time::Duration;

use stage::backoff::{Backoff, Limits};
use warehouse::{Class, Place};

use super::{Halt, Running};
use crate::course::{Doubt, Heard};
use crate::insert::Failure;
use crate::plan::Token;

/// Looks at the server's clock while a deadline is waited for.
const WAIT: Limits = Limits {
    initial: Duration::from_millis(200),
    pause_max: Duration::from_secs(1),
    attempts_max: None,
};

impl Running {
    pub(super) fn settle(&mut self, doubts: &[Doubt]) -> Result<Heard, Halt> {
        self.wait_until_over(doubts)?;
        self.end_inserts(doubts)?;
        for doubt in doubts {
            self.ask_table(doubt)?;
        }
        self.lane.inserter.metrics.asked(&self.lane.name);
        Ok(Heard::Settled)
    }

    /// No insert of these rows may begin after this.
    fn wait_until_over(&self, doubts: &[Doubt]) -> Result<(), Halt> {
        let Some(until) = doubts
            .iter()
            .map(|doubt| doubt.until)
            .max()
            .filter(|until| *until > 0)
        else {
            return Ok(());
        };
        // A text that is not ours to read tells no deadline; none lies further ahead than this.
        let until = until.min(self.server_now()? + self.deadline_ms());
        let mut backoff = Backoff::new(WAIT);
        while self.server_now()? <= until {
            if !self
                .lane
                .inserter
                .runtime
                .block_on(backoff.pause(&self.lane.shutdown))
            {
                return Err(Halt::Stopped);
            }
        }
        Ok(())
    }

    fn end_inserts(&self, doubts: &[Doubt]) -> Result<(), Halt> {
        let inserter = &self.lane.inserter;
        let named: BTreeSet<&[crate::plan::Range]> = doubts
            .iter()
            .filter(|doubt| !doubt.ranges.is_empty())
            .map(|doubt| doubt.ranges.as_slice())
            .collect();
        for ranges in named {
            for table in self.lane.feed.tables() {
                let beginning = Token::beginning(&self.lane.log, table.name(), ranges);
                let asked = inserter.until_answered("that an insert is over", || {
                    inserter.warehouse.end_inserts(&beginning)
                });
                self.answered(asked)?;
            }
        }
        Ok(())
    }

    fn ask_table(&mut self, doubt: &Doubt) -> Result<(), Halt> {
        // The first table's rows carry their offsets; those of others may go in twice.
        let Some(table) = self.lane.feed.tables().first() else {
            return Ok(());
        };
        let inserter = &self.lane.inserter;
        let place = Place {
            topic_id: &self.lane.log.topic_id,
            partition: doubt.partition,
        };
        let asked = inserter.until_answered("which records it has", || {
            inserter.warehouse.offsets_from(table, place, doubt.from)
        });
        let offsets = self.answered(asked)?;
        tracing::info!(
            lane = self.lane.name,
            kafka.partition = doubt.partition,
            kafka.offset = doubt.from,
            rows = offsets.len(),
            "asked the table which records it has"
        );
        if !offsets.is_empty() {
            let fed = inserter.until_answered("that its views are fed", || {
                inserter.warehouse.feed_views(table, place, doubt.from)
            });
            match fed {
                // A row that a view refuses: the table has it, and there is no more that can be done.
                Err(Failure::Refused(error)) if error.class() == Class::Abort => tracing::error!(
                    error = &error as &dyn std::error::Error,
                    lane = self.lane.name,
                    "a view refuses rows that its table has"
                ),
                fed => {
                    self.answered(fed)?;
                }
            }
        }
        self.there.learn(doubt.partition, offsets);
        Ok(())
    }

    /// An answer, or why there is none.
    pub(super) fn answered<T>(&self, answered: Result<T, Failure>) -> Result<T, Halt> {
        answered.map_err(|failure| match failure {
            Failure::Stopped | Failure::Late => Halt::Stopped,
            Failure::Refused(source) => Halt::Failed(self.lane.warehouse_error(source)),
        })
    }
}
