//! The door to Pipedrive's API: asks for one entity, or a bounded number of pages, within a deadline.
//!
//! Promises: no call outlives its deadline; no more requests per two seconds than the account's plan
//! allows; a transient failure is repeated once at most, inside the same deadline; the token is in no
//! error and no log. States come back in the shape of REST v2, numbers with every digit.
//! Refuses: to decide what a failure means for an event (the caller has a policy), to count metrics
//! (each call returns its facts), to follow a redirect, to read an answer of any size.

mod answer;
mod budget;
mod client;
mod config;
mod endpoint;
mod error;
mod facts;
mod lead;
mod page;

pub use budget::{Budget, Refusal};
pub use client::{Account, Client};
pub use config::Config;
pub use endpoint::{Kind, List};
pub use error::{Class, Error, Limit};
pub use facts::{Call, Facts};
pub use page::Pages;

/// One entity as the API has it.
pub type State = serde_json::Map<String, serde_json::Value>;
