//! What is said about a customer: a webhook, the one change it means, its identity and order,
//! the last state of an entity, and the flat event in the end.
//!
//! Pure: bytes and values in, values and errors out. No clock, no files, no network, no randomness,
//! no logging; whoever calls brings the time along. Money never passes through a float.

pub mod enriched;
pub mod entity;
pub mod erasure;
pub mod flat;
pub mod flatten;
pub mod header;
pub mod identity;
pub mod metrics;
pub mod moment;
pub mod normalize;
pub mod note;
pub mod outcome;
pub mod phone;
pub mod prevalidate;
pub mod reconcile;
pub mod replay;
pub mod rhythm;
pub mod rule;
pub mod snapshot;
pub mod state;
pub mod webhook;

mod change;
mod document;
mod number;

pub use change::{Change, Permitted};
pub use document::Document;
pub use entity::{Action, EntityId, Object};
pub use header::{AcceptSeq, Headers, HeadersRef, Kind};
pub use identity::Ver;
pub use snapshot::Snapshot;
pub use webhook::{Refusal, Version, Webhook};

/// A JSON object, as everywhere in this crate.
pub type Map = serde_json::Map<String, serde_json::Value>;
