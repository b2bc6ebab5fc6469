//! What a lane tells of the events that are traced: from the record to the row that is there.
use std::time::SystemTime;

use kafka::Record;
use traces::Span;

use super::Lane;
use crate::part::Part;

impl Lane {
    /// Of a record that is judged now; none where its event is not traced, or the lane is no part of its way.
    pub(super) fn begin_span(&self, record: &Record) -> Option<Box<Span>> {
        self.step.as_ref().and_then(|step| step.begin(record))
    }

    /// What the record was counted as; one that another lane is for has no span here.
    pub(super) fn note_outcome(&self, mut span: Span, part: &mut Part) {
        let Some((outcome, reason)) = part.tally.last.take() else {
            return;
        };
        span.outcome(outcome, reason);
        if let Some(table) = self.feed.tables().first() {
            span.table(self.feed.schema(), table.name());
        }
        part.spans.push(span);
    }

    /// The batch is final: its rows are there.
    pub(super) fn end_spans(&self, parts: &mut [Part], inserted: Option<SystemTime>) {
        let Some(step) = &self.step else { return };
        for mut span in parts.iter_mut().flat_map(|part| part.spans.drain(..)) {
            // One that is refused has no row among those that were inserted.
            span.mark_at("inserted", inserted.filter(|_| !span.is_failed()));
            step.tracer().end(span);
        }
    }
}
