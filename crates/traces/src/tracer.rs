//! Where spans are handed over: a queue that nobody waits for.

use stage::metrics::IntCounter;
use stage::settings::Share;
use tokio::sync::mpsc;

use crate::span::Span;

/// Hands spans over; copies share one queue. Without a receiver of traces it hands over nothing, and no span is begun.
#[derive(Clone, Debug, Default)]
pub struct Tracer(Option<On>);

#[derive(Clone, Debug)]
pub(crate) struct On {
    pub(crate) share: Share,
    pub(crate) queue: mpsc::Sender<Span>,
    pub(crate) no_room: IntCounter,
}

impl Tracer {
    /// Traces nothing.
    pub const fn off() -> Self {
        Self(None)
    }

    pub(crate) fn on(on: On) -> Self {
        Self(Some(on))
    }

    /// Whether anything is traced.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// The part of the events without a trace that begin one here.
    pub(crate) fn share(&self) -> Share {
        self.0.as_ref().map_or(Share::NONE, |on| on.share)
    }

    /// The work is done now. Never waits: without room in the queue the span is dropped, and counted.
    pub fn end(&self, mut span: Span) {
        let Some(on) = &self.0 else { return };
        span.end();
        if on.queue.try_send(span).is_err() {
            on.no_room.inc();
        }
    }
}
