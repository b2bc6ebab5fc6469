//! `traceparent` (W3C Trace Context): the sender's is passed on, without one the event's id begins the trace
//! (`traces`), so that an event's retries share one and a person finds it by the id alone.

use std::time::SystemTime;

use axum::http::HeaderMap;
use event::Headers;
use traces::{Span, Traceparent, Tracer};

use crate::accept::Arrival;
use crate::lane::Told;
use crate::respond::Refused;

const NAME: &str = "traceparent";

/// Where the time of a request went before its events were handed over.
#[derive(Debug)]
pub(crate) struct Trail {
    /// The sender's trace, when it brought one.
    given: Option<Traceparent>,
    route: &'static str,
    received: SystemTime,
    judged: Option<SystemTime>,
}

impl Trail {
    /// Of a request to this route whose body is there now.
    pub(crate) fn received(headers: &HeaderMap, route: &'static str) -> Self {
        Self {
            given: given(headers),
            route,
            received: SystemTime::now(),
            judged: None,
        }
    }

    /// What is in the body is judged now.
    pub(crate) fn judged(self) -> Self {
        Self {
            judged: Some(SystemTime::now()),
            ..self
        }
    }
}

/// The span of an event that is on its way; none where its event is not traced.
#[derive(Debug, Default)]
pub(crate) struct Traced(Option<Box<Span>>);

impl Traced {
    /// Begins it, and puts into the headers what comes after which span.
    pub(crate) fn begin(tracer: &Tracer, arrival: &Arrival, headers: &mut Headers) -> Self {
        let number = headers.accept_seq.as_ref().map(ToString::to_string);
        let arrived = traces::Arrival {
            event_uuid: headers.event_uuid,
            kind: arrival.kind,
            source: arrival.source.name(),
            received_at_micro: arrival.received_at_micro,
            given: arrival.trail.given,
            route: arrival.trail.route,
            number: number.as_deref().unwrap_or_default(),
        };
        let (own, mut span) = tracer.arrived(&arrived);
        headers.traceparent = Some(own.to_string());
        if let Some(span) = &mut span {
            span.mark_at("received", Some(arrival.trail.received));
            span.mark_at("judged", arrival.trail.judged);
        }
        Self(span)
    }

    /// This record is made of the event, for the topic of this name.
    pub(crate) fn makes(&mut self, headers: &Headers, topic: impl FnOnce() -> String) {
        if let Some(span) = &mut self.0 {
            span.makes(headers, topic());
        }
    }

    /// The event is kept.
    pub(crate) fn kept(&mut self, told: Told) {
        if let Some(span) = &mut self.0 {
            span.mark("kept");
            span.kept_by(match told {
                Told::Delivered => "kafka",
                Told::Spooled | Told::NotKept => "spool",
            });
        }
    }

    /// The request of this event is refused.
    pub(crate) fn refused(self, tracer: &Tracer, refused: Refused) {
        if let Some(mut span) = self.0 {
            span.outcome("refused", refused.word());
            span.status(refused.status().as_u16());
            tracer.end(*span);
        }
    }

    /// The event is kept: as what, and why it is in quarantine when it is.
    pub(crate) fn ended(self, tracer: &Tracer, quarantined: Option<&'static str>) {
        if let Some(mut span) = self.0 {
            match quarantined {
                None => span.outcome("accepted", ""),
                Some(code) => span.outcome("rejected", code),
            }
            tracer.end(*span);
        }
    }
}

fn given(headers: &HeaderMap) -> Option<Traceparent> {
    Traceparent::read(headers.get(NAME)?.to_str().ok()?.trim())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_good_one_is_passed_on_and_a_bad_one_is_not() {
        for (text, is_good) in [
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true),
            (" 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00 ", true),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", false),
        ] {
            let headers = HeaderMap::from_iter([(
                axum::http::HeaderName::from_static(NAME),
                HeaderValue::from_static(text),
            )]);
            let given = given(&headers).map(|given| given.to_string());
            assert_eq!(given, is_good.then(|| text.trim().to_owned()));
        }
    }
}
