//! What a stage did with an event, told to a receiver of traces (OTLP over HTTP): one trace shows an event from POST to row.
//!
//! The pipeline never waits for it and never fails by it: spans go into a queue of a fixed length, what finds no room is dropped and
//! counted, and the one task that sends them answers to nobody. A span says ids, offsets, outcomes and words of closed sets; never
//! what an event holds, and no token. Ids of spans are made of what the work is about, so work that is done again after a
//! crash says the same. Why this is not OpenTelemetry's SDK: `docs/decisions/0046-traces.md`.
//!
//! The way: traceparent or begin (which trace) → step (a span of a record) → span (what became of it) → tracer (the queue) → export.

mod attribute;
mod begin;
mod export;
mod hop;
mod span;
mod step;
mod traceparent;
mod tracer;

pub use export::{Traces, TracesError, declaration};
pub use hop::HopSpans;
pub use span::{Kind, Span};
pub use step::{Arrival, Step};
pub use traceparent::Traceparent;
pub use tracer::Tracer;
