//! Rejects, notices and offsets become visible together.
use kafka::Outgoing;

use super::{Halt, Running};
use crate::batch::Batch;
use crate::course::Heard;
use crate::notice::Notice;
use crate::part::Part;
use crate::plan::{Token, text};

impl Running {
    pub(super) fn commit(&mut self) -> Result<Heard, Halt> {
        let Some(batch) = self.batch.take() else {
            return Ok(Heard::Lost);
        };
        // The others' blocks are large and seldom: their memory serves all in turn.
        if self.lane.feed.is_watched() {
            self.spare = Batch::spare(batch.blocks);
        }
        let mut parts: Vec<Part> = batch.parts.into_values().collect();
        let mut out: Vec<Outgoing> = Vec::new();
        for part in &mut parts {
            out.append(&mut part.out);
            out.extend(self.notice(part).map(|notice| notice.outgoing()));
        }
        let is_followed_by_doubt = parts.iter().any(|part| part.is_followed_by_doubt);
        // The inserts that left the rows beyond are over: nothing needs to be waited for.
        let question = text::ask(&self.lane.log, 0);
        let next = parts.iter().map(|part| {
            let text = if part.is_followed_by_doubt {
                question.clone()
            } else {
                String::new()
            };
            (part.range.partition, part.range.last + 1, text)
        });
        let committed = self.intake.commit(&out, next.collect::<Vec<_>>());
        let inserted = self.inserted.take();
        match committed {
            Ok(_) => {
                self.passed();
                self.lane.end_spans(&mut parts, inserted);
                self.lane
                    .inserter
                    .metrics
                    .committed(&self.lane.name, &parts, self.closing.window());
                Ok(Heard::Committed { is_followed_by_doubt })
            }
            Err(error) => self.kafka_failed(error, "commit a batch"),
        }
    }

    fn notice(&self, part: &Part) -> Option<Notice> {
        let (template, changed) = self.lane.feed.changed(part)?;
        let table = changed.first().map_or("", String::as_str);
        let name = Token::beginning(&self.lane.log, table, &[part.range]);
        let name = name.trim_end_matches('/').to_owned();
        Some(Notice::of(part, template, changed, name))
    }
}
