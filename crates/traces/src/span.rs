//! One piece of work on one event: when, what about, what came of it.

use std::time::SystemTime;

use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span as Wire, Status};

use crate::attribute::{self, Value, wire};
use crate::traceparent::Traceparent;

/// Marks on a span; what comes after them is left out, the last one of a work that goes on for hours.
const MARKS_MAX: usize = 32;
const NANOS_PER_MICRO: i64 = 1_000;
/// The lowest eight bits of a span's flags are those of its trace.
const FLAGS_MASK: u32 = 0xff;

/// On which side of what a piece of work stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Answers a request.
    Server,
    /// Works a record.
    Consumer,
    /// Sends a request.
    Client,
}

/// A piece of work that is under way. It is told once it is ended, by [`crate::Tracer::end`]; dropped, it never was.
#[derive(Clone, Debug)]
pub struct Span {
    own: Traceparent,
    parent: Option<u64>,
    name: &'static str,
    kind: Kind,
    begun_nano: u64,
    ended_nano: u64,
    attributes: Vec<(&'static str, Value)>,
    marks: Vec<Mark>,
    is_failed: bool,
}

#[derive(Clone, Debug)]
struct Mark {
    name: &'static str,
    at_nano: u64,
    attributes: Vec<(&'static str, Value)>,
}

impl Span {
    pub(crate) fn begun(own: Traceparent, parent: Option<u64>, name: &'static str, kind: Kind) -> Self {
        Self {
            own,
            parent,
            name,
            kind,
            begun_nano: now_nano(),
            ended_nano: 0,
            attributes: Vec::with_capacity(16),
            marks: Vec::new(),
            is_failed: false,
        }
    }

    /// What goes into the header of what this work makes: what comes after is this span's child.
    pub fn traceparent(&self) -> Traceparent {
        self.own
    }

    /// It began earlier, microseconds since 1970.
    pub fn began_at(&mut self, micro: i64) {
        self.begun_nano = nano(micro);
    }

    /// A step of the work is done.
    pub fn mark(&mut self, name: &'static str) {
        self.mark_with(name, Vec::new());
    }

    /// One of several tries is over.
    pub fn mark_attempt(&mut self, outcome: &'static str, reason: &'static str, status: Option<u16>) {
        let mut said = vec![(attribute::OUTCOME, Value::Word(outcome))];
        if !reason.is_empty() {
            said.push((attribute::REASON, Value::Word(reason)));
        }
        said.extend(status.map(|status| (attribute::STATUS, Value::Int(i64::from(status)))));
        self.mark_with("attempt", said);
    }

    /// A step was done at this time, if it was.
    pub fn mark_at(&mut self, name: &'static str, at: Option<SystemTime>) {
        if let Some(at) = at {
            self.push(Mark {
                name,
                at_nano: nano_of(at),
                attributes: Vec::new(),
            });
        }
    }

    fn mark_with(&mut self, name: &'static str, attributes: Vec<(&'static str, Value)>) {
        self.push(Mark {
            name,
            at_nano: now_nano(),
            attributes,
        });
    }

    fn push(&mut self, mark: Mark) {
        if self.marks.len() < MARKS_MAX {
            self.marks.push(mark);
        }
    }

    pub(crate) fn say(&mut self, key: &'static str, value: Value) {
        self.attributes.push((key, value));
    }

    /// What became of the event, both from closed sets; said again, the last counts. A refusal and what was given up are failures.
    pub fn outcome(&mut self, outcome: &'static str, reason: &'static str) {
        let said = [attribute::OUTCOME, attribute::REASON, attribute::ERROR];
        self.attributes.retain(|(key, _)| !said.contains(key));
        self.say(attribute::OUTCOME, Value::Word(outcome));
        if !reason.is_empty() {
            self.say(attribute::REASON, Value::Word(reason));
        }
        self.is_failed = matches!(outcome, "rejected" | "refused" | "gave_up");
        if self.is_failed {
            self.say(attribute::ERROR, Value::Word(reason));
        }
    }

    /// Whether what became of the event is a failure.
    pub fn is_failed(&self) -> bool {
        self.is_failed
    }

    /// The status of an answer, ours or another's.
    pub fn status(&mut self, status: u16) {
        self.say(attribute::STATUS, Value::Int(i64::from(status)));
    }

    /// Which way a record was kept.
    pub fn kept_by(&mut self, way: &'static str) {
        self.say(attribute::KEPT_BY, Value::Word(way));
    }

    /// The try that settled it, from 1.
    pub fn attempt(&mut self, number: u32) {
        self.say(attribute::ATTEMPT, Value::Int(i64::from(number)));
    }

    /// The rows' table and the template that asks for them.
    pub fn table(&mut self, template: &str, table: &str) {
        self.say(attribute::TEMPLATE, Value::text(template));
        self.say(attribute::DATABASE, Value::Word("clickhouse"));
        self.say(attribute::TABLE, Value::text(table));
    }

    pub(crate) fn end(&mut self) {
        // Clocks may step back.
        self.ended_nano = now_nano().max(self.begun_nano);
    }

    pub(crate) fn into_wire(self) -> Wire {
        let status = Status {
            code: if self.is_failed {
                StatusCode::Error.into()
            } else {
                StatusCode::Unset.into()
            },
            ..Status::default()
        };
        let own = self.own;
        Wire {
            trace_id: own.trace_id().to_be_bytes().to_vec(),
            span_id: own.span_id().to_be_bytes().to_vec(),
            parent_span_id: self.parent.map_or_else(Vec::new, |id| id.to_be_bytes().to_vec()),
            flags: u32::from(own.flags()) & FLAGS_MASK,
            name: self.name.to_owned(),
            kind: self.kind.wire().into(),
            start_time_unix_nano: self.begun_nano,
            end_time_unix_nano: self.ended_nano,
            attributes: all(self.attributes),
            events: self.marks.into_iter().map(Mark::into_wire).collect(),
            links: Vec::<Link>::new(),
            status: Some(status),
            ..Wire::default()
        }
    }
}

impl Mark {
    fn into_wire(self) -> Event {
        Event {
            time_unix_nano: self.at_nano,
            name: self.name.to_owned(),
            attributes: all(self.attributes),
            ..Event::default()
        }
    }
}

impl Kind {
    fn wire(self) -> SpanKind {
        match self {
            Self::Server => SpanKind::Server,
            Self::Consumer => SpanKind::Consumer,
            Self::Client => SpanKind::Client,
        }
    }
}

fn all(attributes: Vec<(&'static str, Value)>) -> Vec<opentelemetry_proto::tonic::common::v1::KeyValue> {
    attributes
        .into_iter()
        .map(|(key, value)| wire(key, value))
        .collect()
}

fn nano(micro: i64) -> u64 {
    u64::try_from(micro.saturating_mul(NANOS_PER_MICRO)).unwrap_or(0)
}

fn now_nano() -> u64 {
    nano_of(SystemTime::now())
}

fn nano_of(at: SystemTime) -> u64 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span() -> Span {
        Span::begun(Traceparent::begun(5, 6, true), Some(7), "load", Kind::Consumer)
    }

    #[test]
    fn ids_are_big_endian_and_a_first_span_has_no_parent() {
        let wire = span().into_wire();
        assert_eq!(wire.trace_id, 5_u128.to_be_bytes());
        assert_eq!(
            (wire.span_id, wire.parent_span_id),
            (vec![0, 0, 0, 0, 0, 0, 0, 6], vec![0, 0, 0, 0, 0, 0, 0, 7])
        );
        let first = Span {
            parent: None,
            ..span()
        };
        assert!(first.into_wire().parent_span_id.is_empty());
    }

    #[test]
    fn a_refusal_is_a_failure_with_its_reason_and_what_a_rule_left_out_is_none() {
        for (outcome, is_failed) in [
            ("rejected", true),
            ("gave_up", true),
            ("filtered", false),
            ("loaded", false),
        ] {
            let mut span = span();
            span.outcome("enriched", "newer");
            span.outcome(outcome, "why");
            let wire = span.into_wire();
            let failed = wire
                .status
                .is_some_and(|status| status.code() == StatusCode::Error);
            assert_eq!(failed, is_failed, "{outcome}");
            let errors = wire
                .attributes
                .iter()
                .filter(|said| said.key == attribute::ERROR)
                .count();
            assert_eq!(errors, usize::from(is_failed));
            assert_eq!(wire.attributes.len(), 2 + errors, "said again, the last counts");
        }
    }

    #[test]
    fn work_that_goes_on_and_on_does_not_grow() {
        let mut span = span();
        (0..1_000).for_each(|_| span.mark_attempt("retry", "busy", Some(503)));
        assert_eq!(span.into_wire().events.len(), MARKS_MAX);
    }

    #[test]
    fn it_never_ends_before_it_began() {
        let mut span = span();
        span.began_at(i64::MAX / NANOS_PER_MICRO);
        span.end();
        let wire = span.into_wire();
        assert!(wire.end_time_unix_nano >= wire.start_time_unix_nano);
    }
}
