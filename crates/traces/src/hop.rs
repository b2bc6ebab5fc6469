//! The spans of a hop's open batch: told when the batch is final, forgotten with it when it never happened.

use std::collections::VecDeque;

use event::header;
use kafka::{Outgoing, Record};

use crate::span::Span;
use crate::step::Step;

/// The spans of one batch; no more than it has records.
#[derive(Debug)]
pub struct HopSpans {
    step: Step,
    open: Vec<Span>,
}

impl HopSpans {
    /// Of a hop that does this with each record.
    pub fn new(step: Step) -> Self {
        Self {
            step,
            open: Vec::new(),
        }
    }

    /// Begins the spans of the records whose events are traced, one place a record; no places where nothing is traced.
    pub fn begin_all(&self, batch: &[Record]) -> VecDeque<Option<Box<Span>>> {
        if !self.step.tracer().is_on() {
            return VecDeque::new();
        }
        batch.iter().map(|record| self.step.begin(record)).collect()
    }

    /// Begins the span of one that is worked once more, for this reason.
    pub fn begin_again(&self, record: &Record, why: &str) -> Option<Box<Span>> {
        self.step.begin_again(record, why)
    }

    /// The record became this; whoever reads that comes after the span.
    pub fn became(
        &mut self,
        mut span: Span,
        made: &mut Outgoing,
        outcome: &'static str,
        reason: &'static str,
    ) {
        span.outcome(outcome, reason);
        let own = span.traceparent().to_string();
        made.headers.set(header::TRACEPARENT, own.as_bytes());
        self.open.push(span);
    }

    /// What a record was to become turned out otherwise.
    pub fn turned(&mut self, made: &Outgoing, outcome: &'static str, reason: &'static str) {
        let Some(said) = made.headers.get(header::TRACEPARENT) else {
            return;
        };
        let is_its = |span: &&mut Span| span.traceparent().to_string().as_bytes() == said;
        if let Some(span) = self.open.iter_mut().find(is_its) {
            span.outcome(outcome, reason);
        }
    }

    /// The batch is final.
    pub fn committed(&mut self) {
        for span in self.open.drain(..) {
            self.step.tracer().end(span);
        }
    }

    /// The batch never happened.
    pub fn forget(&mut self) {
        self.open.clear();
    }
}
