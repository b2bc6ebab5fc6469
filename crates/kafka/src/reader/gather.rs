//! Polling: a batch of records, and whatever rebalance falls into it.
use std::time::{Duration, Instant};

use rdkafka::Message;
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;

use super::{Reader, context};
use crate::error::Error;
use crate::record::Record;
use crate::topic::Topic;

impl Reader {
    /// Records in partition order: waits up to `wait` for the first, goes on gathering until `until` (the
    /// records that are there already are taken in any case), stops at `records_max` or `bytes_max`.
    pub(crate) fn gather(
        &mut self,
        records_max: usize,
        bytes_max: usize,
        wait: Duration,
        until: Instant,
    ) -> Result<Vec<Record>, Error> {
        let first_by = Instant::now() + wait;
        let mut batch: Vec<Record> = Vec::new();
        let mut bytes = 0;
        // Of what is there already nothing needs a look at the clock.
        let mut is_waiting = false;
        while batch.len() < records_max && bytes < bytes_max {
            let wait = if is_waiting {
                whole_milliseconds(if batch.is_empty() { first_by } else { until })
            } else {
                Duration::ZERO
            };
            let record = self.one(wait)?;
            self.drop_taken(&mut batch)?;
            match record {
                Some(record) => {
                    is_waiting = false;
                    bytes += record.value().len() + record.key.len();
                    batch.push(record);
                }
                None if is_waiting && wait.is_zero() => break,
                None => is_waiting = true,
            }
        }
        Ok(batch)
    }

    /// The next record, if one comes in time and no rebalance falls in between.
    fn one(&mut self, wait: Duration) -> Result<Option<Record>, Error> {
        match self.consumer.poll(wait) {
            None => Ok(None),
            Some(Ok(message)) => {
                self.settings.health.set_up();
                let topic = Topic::from_name(message.topic(), &self.config);
                Ok(topic.map(|topic| Record::from_message(topic, &message)))
            }
            Some(Err(error)) => self.judge(error).map(|()| None),
        }
    }

    /// Records of partitions that were taken from us meanwhile are not ours to work on.
    fn drop_taken(&mut self, batch: &mut Vec<Record>) -> Result<(), Error> {
        let mut state = context::locked(&self.state);
        if let Some(error) = state.failed.take() {
            return Err(error);
        }
        if !state.taken.is_empty() {
            let taken = std::mem::take(&mut state.taken);
            batch.retain(|record| !taken.contains(&(record.topic, record.partition)));
        }
        Ok(())
    }

    /// Errors of the way to the broker pass; librdkafka goes on by itself.
    fn judge(&self, error: KafkaError) -> Result<(), Error> {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange) => {
                Err(self.out_of_range(error))
            }
            Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
                let missing = self
                    .settings
                    .inputs
                    .iter()
                    .map(|topic| topic.name(&self.config))
                    .collect();
                Err(Error::MissingTopics(missing))
            }
            _ => match Error::from_client("read records", error) {
                fatal @ Error::Fatal { .. } => Err(fatal),
                passing => {
                    tracing::debug!(kafka.error = ?passing, "reading goes on after an error");
                    Ok(())
                }
            },
        }
    }

    /// librdkafka does not say which partition it was: look.
    fn out_of_range(&self, error: KafkaError) -> Error {
        let wait = Duration::from_secs(5);
        let position = self.consumer.position().ok();
        for (topic, partition) in self.assignment() {
            let name = topic.name(&self.config);
            let Ok((low, high)) = self.consumer.fetch_watermarks(&name, partition, wait) else {
                continue;
            };
            let at = position
                .as_ref()
                .and_then(|list| list.find_partition(&name, partition))
                .and_then(|element| element.offset().to_raw())
                .filter(|offset| *offset >= 0);
            let Some(committed) = at.or_else(|| self.committed_at(topic, partition)) else {
                continue;
            };
            if !(low..=high).contains(&committed) {
                let group = self.settings.group.clone();
                return Error::OutOfRange {
                    group,
                    topic: name,
                    partition,
                    committed,
                    low,
                    high,
                };
            }
        }
        Error::Fatal {
            doing: "read on: an offset is out of range",
            source: error.into(),
        }
    }

    fn committed_at(&self, topic: Topic, partition: i32) -> Option<i64> {
        let all = self.committed().ok()?;
        let place = all
            .into_iter()
            .find(|place| place.topic == topic && place.partition == partition)?;
        place.committed.map(|committed| committed.offset)
    }
}

/// What is left, in librdkafka's own measure: through a part of a millisecond it would spin.
fn whole_milliseconds(deadline: Instant) -> Duration {
    let left = deadline.saturating_duration_since(Instant::now());
    Duration::from_millis(u64::try_from(left.as_millis()).unwrap_or(u64::MAX))
}
