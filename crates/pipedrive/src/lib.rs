//! The door to Pipedrive's API: asks for one entity, or a bounded number of pages, within a deadline; subscribes to webhooks.
//!
//! Promises: no call outlives its deadline; no more requests per two seconds and no more tokens a day than
//! the account's plan allows, and of those a reserve for what is urgent; a transient failure is repeated
//! once at most, inside the same deadline; secrets are in no error and no log. States come back in the
//! shape of REST v2, numbers with every digit.
//! Refuses: to decide what a failure means for an event (the caller has a policy), to count metrics
//! (each call returns its facts, the client its standing), to keep anything on disk (the caller keeps the
//! snapshot), to follow a redirect, to read an answer of any size, to call an address inside that nobody allowed
//! (`stage::outbound`).

mod account;
mod address;
mod answer;
mod client;
mod config;
mod error;
mod facts;
mod fields;
mod governor;
mod kind;
mod lead;
mod list;
mod oauth;
mod page;
mod plan;
mod priority;
mod session;
mod turnstile;
mod webhook;

pub use account::{Account, Credentials, Keeper, OAuth, TOKEN_URL};
pub use client::Client;
pub use config::Config;
pub use error::{Class, Error, Limit};
pub use facts::{Call, Facts};
pub use fields::{FieldDefinition, FieldOption, Subfield};
pub use governor::{
    Charge, Circuit, Governor, HoldAt, Lane, Moment, Outcome, Refusal, Snapshot, Standing, Ticket, Told, Why,
};
pub use kind::Kind;
pub use list::{COMPARED, List, Since};
pub use page::{Page, Pages, Place};
pub use plan::{Access, Plan};
pub use priority::Priority;
pub use webhook::{Cause, Change, Done, Kept, Step, Subscription, Version, WEBHOOKS_MAX, Webhook, upkeep};

/// One entity as the API has it.
pub type State = serde_json::Map<String, serde_json::Value>;
