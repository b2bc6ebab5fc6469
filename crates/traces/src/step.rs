//! A span of a record, or of an event that just came in: whether its event is traced, after whose span it comes, and what all
//! spans say of it.

use event::{HeadersRef, header};
use kafka::Record;
use uuid::Uuid;

use crate::attribute::{self, Value};
use crate::begin;
use crate::span::{Kind, Span};
use crate::traceparent::Traceparent;
use crate::tracer::Tracer;

/// What a stage does with the records of a consumer group.
#[derive(Clone, Debug)]
pub struct Step {
    tracer: Tracer,
    name: &'static str,
    kind: Kind,
    topic_prefix: String,
    /// With its prefix.
    group: String,
    /// What makes it another step than others of this name.
    to: Option<String>,
}

/// An event that just came in.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// Its identity.
    pub event_uuid: Uuid,
    /// How it came.
    pub kind: event::Kind,
    /// Name of its source.
    pub source: &'a str,
    /// When its request came.
    pub received_at_micro: i64,
    /// The sender's trace, when it brought one.
    pub given: Option<Traceparent>,
    /// The address, as the route is written.
    pub route: &'static str,
    /// Which accepted POST it is; no two are alike.
    pub number: &'a str,
}

impl Step {
    /// The step `name` of a consumer group, which is named without its prefix.
    pub fn new(tracer: &Tracer, name: &'static str, config: &kafka::Config, group: &str) -> Self {
        Self {
            tracer: tracer.clone(),
            name,
            kind: Kind::Consumer,
            topic_prefix: config.topic_prefix.clone(),
            group: format!("{}{group}", config.group_prefix),
            to: None,
        }
    }

    /// That sends to this destination.
    #[must_use]
    pub fn to(self, destination: &str) -> Self {
        Self {
            kind: Kind::Client,
            to: Some(destination.to_owned()),
            ..self
        }
    }

    /// Where ended spans go.
    pub fn tracer(&self) -> &Tracer {
        &self.tracer
    }

    /// Begins the span of this record; none where its event is not traced.
    pub fn begin(&self, record: &Record) -> Option<Box<Span>> {
        self.begin_again(record, "")
    }

    /// The same of a record that was kept and is worked once more, for another reason than the times before; where it lies
    /// nobody knows any more.
    pub fn begin_again(&self, record: &Record, why: &str) -> Option<Box<Span>> {
        if !self.tracer.is_on() {
            return None;
        }
        let came = record.headers.get(header::TRACEPARENT).map(read);
        if came.is_some_and(|came| came.is_none_or(|came| !came.is_sampled())) {
            return None;
        }
        let headers = HeadersRef::from_pairs(&record.headers).ok()?;
        let place = [
            record.partition.to_le_bytes().as_slice(),
            &record.offset.to_le_bytes(),
        ]
        .concat();
        let to = self.to.as_deref().unwrap_or_default();
        let own = [
            self.name.as_bytes(),
            record.topic.short().as_bytes(),
            &place,
            to.as_bytes(),
            why.as_bytes(),
        ];
        let (own, parent) = match came.flatten() {
            Some(came) => (came.with_span(after(came, &own)), Some(came.span_id())),
            None => (begin::begin(&headers, self.tracer.share(), &own)?, None),
        };
        if !own.is_sampled() {
            return None;
        }
        let mut span = Span::begun(own, parent, self.name, self.kind);
        self.describe(&mut span, record, &headers);
        if why.is_empty() {
            span.say(attribute::OFFSET, Value::Int(record.offset));
        }
        Some(Box::new(span))
    }

    fn describe(&self, span: &mut Span, record: &Record, headers: &HeadersRef<'_>) {
        span.say(attribute::SYSTEM, Value::Word("kafka"));
        span.say(attribute::OPERATION_NAME, Value::Word(self.name));
        span.say(attribute::OPERATION_TYPE, Value::Word("process"));
        let topic = format!("{}{}", self.topic_prefix, record.topic.short());
        span.say(attribute::DESTINATION, Value::Text(topic));
        span.say(attribute::PARTITION, Value::Text(record.partition.to_string()));
        span.say(attribute::GROUP, Value::Text(self.group.clone()));
        span.say(attribute::EVENT_UUID, Value::Text(headers.event_uuid.to_string()));
        span.say(attribute::EVENT_KIND, Value::Word(headers.kind.as_str()));
        span.say(attribute::EVENT_SOURCE, Value::text(headers.source));
        let words = [
            (attribute::EVENT_OBJECT, headers.object),
            (attribute::EVENT_ACTION, headers.action),
            (attribute::REPLAY, headers.replay),
            (attribute::TO, self.to.as_deref()),
        ];
        for (key, word) in words {
            if let Some(word) = word {
                span.say(key, Value::text(word));
            }
        }
    }
}

impl Tracer {
    /// The span of an event that came in, if it is traced, and what its record says of its trace: this span, the sender's own,
    /// or the beginning of a trace that is not recorded.
    pub fn arrived(&self, arrival: &Arrival<'_>) -> (Traceparent, Option<Box<Span>>) {
        let number = arrival.number.as_bytes();
        let (own, parent) = match arrival.given {
            Some(given) if self.is_on() && given.is_sampled() => {
                let uuid = arrival.event_uuid.as_bytes().as_slice();
                (
                    given.with_span(after(given, &[number, uuid])),
                    Some(given.span_id()),
                )
            }
            Some(given) => return (given, None),
            None => (
                begin::of_arrival(arrival.event_uuid, self.share(), &[number]),
                None,
            ),
        };
        if !own.is_sampled() {
            return (own, None);
        }
        let mut span = Span::begun(own, parent, "POST", Kind::Server);
        span.began_at(arrival.received_at_micro);
        span.say(attribute::METHOD, Value::Word("POST"));
        span.say(attribute::ROUTE, Value::Word(arrival.route));
        span.say(attribute::EVENT_UUID, Value::Text(arrival.event_uuid.to_string()));
        span.say(attribute::EVENT_KIND, Value::Word(arrival.kind.as_str()));
        span.say(attribute::EVENT_SOURCE, Value::text(arrival.source));
        (own, Some(Box::new(span)))
    }
}

impl Span {
    /// The record that the work makes: what it is of, and the topic it goes to.
    pub fn makes(&mut self, headers: &event::Headers, topic: String) {
        self.say(attribute::SYSTEM, Value::Word("kafka"));
        self.say(attribute::OPERATION_NAME, Value::Word("send"));
        self.say(attribute::OPERATION_TYPE, Value::Word("send"));
        self.say(attribute::DESTINATION, Value::Text(topic));
        for (key, word) in [
            (attribute::EVENT_OBJECT, &headers.object),
            (attribute::EVENT_ACTION, &headers.action),
        ] {
            if let Some(word) = word {
                self.say(key, Value::text(word));
            }
        }
    }
}

fn read(value: &[u8]) -> Option<Traceparent> {
    std::str::from_utf8(value).ok().and_then(Traceparent::read)
}

/// The id of a span that comes after another, made of what it is about.
fn after(parent: Traceparent, own: &[&[u8]]) -> u64 {
    let mut seed = vec![parent.span_id().to_le_bytes().to_vec()];
    seed.extend(own.iter().map(|part| part.to_vec()));
    begin::span_id(&seed.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests;
