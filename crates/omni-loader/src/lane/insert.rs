//! The plan beside the offsets, then the insert: never the other way round.
use std::time::SystemTime;

use warehouse::Deadline;

use super::{Halt, Running};
use crate::course::Heard;
use crate::insert::{Failure, Job};
use crate::plan::{Plan, Token, text};

impl Running {
    pub(super) fn agree(&mut self, plan: Plan) -> Result<Heard, Halt> {
        let inserter = &self.lane.inserter;
        let asked = inserter.until_answered("its clock", || inserter.warehouse.insert_deadline());
        let deadline = self.answered(asked)?.0;
        if !self.lane.kafka.is_exactly_once() {
            return Ok(Heard::Agreed { deadline });
        }
        let plan = plan.until(deadline);
        let texts = text::write(&plan, &self.lane.log);
        let notes: Vec<(i32, i64, String)> = plan
            .shares
            .values()
            .zip(texts.into_values())
            .map(|(share, text)| (share.range.partition, share.range.first, text))
            .collect();
        match self.intake.note(notes) {
            Ok(()) => {
                #[cfg(debug_assertions)]
                self.commit_first();
                Ok(Heard::Agreed { deadline })
            }
            Err(error) => self.kafka_failed(error, "commit a plan"),
        }
    }

    pub(super) fn insert(&mut self, plan: &Plan) -> Result<Heard, Halt> {
        let Some(batch) = &self.batch else {
            return Ok(Heard::Lost);
        };
        let filled = self.lane.feed.tables().iter().zip(&batch.blocks);
        let jobs = filled
            .filter(|(_, block)| !block.is_empty())
            .map(|(table, block)| Job {
                table,
                block,
                token: self.token(table.name(), plan),
                deadline: Deadline(plan.deadline),
            });
        match self.lane.inserter.all(&jobs.collect::<Vec<_>>()) {
            Ok(seconds) => {
                self.closing.cost(seconds.iter().sum());
                self.inserted = Some(SystemTime::now());
                Ok(Heard::Inserted)
            }
            Err(Failure::Late) => Ok(Heard::Late {
                now: self.server_now()?,
            }),
            Err(Failure::Refused(error)) if error.class() == warehouse::Class::Abort => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    lane = self.lane.name,
                    rows = plan.rows(),
                    "clickhouse refuses rows: the batch is split until it is clear which"
                );
                Ok(Heard::Refused)
            }
            Err(failure) => self.answered(Err(failure)),
        }
    }

    fn token(&self, table: &str, plan: &Plan) -> Token {
        let token = Token::of(&self.lane.log, table, plan.shares.values());
        #[cfg(debug_assertions)]
        let token = self.spoiled(token);
        token
    }
}
