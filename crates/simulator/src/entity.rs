//! What an account holds, and how Pipedrive writes each thing down: in webhooks v1, webhooks v2 and REST.
//!
//! The forms follow recorded bodies and the API's description, not any reader of them.

pub mod activity;
pub mod custom;
pub mod deal;
pub mod lead;
pub mod note;
pub mod organization;
pub mod person;
pub mod pipeline;
pub mod product;
pub mod stage;
pub mod user;

use std::fmt::Debug;

use rust_decimal::Decimal;
use serde_json::{Map, Number, Value};

use crate::moment::Moment;

/// A JSON object.
pub type Object = Map<String, Value>;

/// Names of what an entity points at, as they were when it changed; only v1 writes them.
#[derive(Debug, Clone, Default)]
pub struct Names {
    pub owner: Option<String>,
    pub person: Option<String>,
    pub organization: Option<String>,
    pub deal: Option<String>,
}

/// What an entity points at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Points {
    pub owner: u64,
    pub person: Option<u64>,
    pub organization: Option<u64>,
    pub deal: Option<u64>,
}

/// A thing that webhooks tell about and the API answers for.
pub trait Entity: Debug + Send + Sync {
    /// What it points at; nothing for the account's own furniture.
    fn points(&self) -> Points {
        Points::default()
    }
    /// When it last changed.
    fn updated(&self) -> Moment;
    /// When it was made.
    fn added(&self) -> Moment;

    /// Put away: lists leave it out, but for the one of what is put away.
    fn is_archived(&self) -> bool {
        false
    }

    /// Gone, though the API still answers for it a while.
    fn is_deleted(&self) -> bool {
        false
    }

    /// Pipedrive's word for it.
    fn object(&self) -> &'static str;
    /// Its id as text.
    fn id(&self) -> String;
    /// `current` and `previous` of a webhook v1; nothing for what v1 does not know.
    fn v1(&self, names: &Names) -> Option<Object>;
    /// `data` and `previous` of a webhook v2.
    fn v2(&self) -> Object;
    /// The API's answer (REST v2; v1 for users and leads).
    fn rest(&self) -> Object;
}

/// Takes the object out of a `json!({…})`.
pub(crate) fn object(value: Value) -> Object {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// A decimal as Pipedrive prints it: no trailing zeros, every digit.
pub(crate) fn decimal(value: Decimal) -> Value {
    value
        .normalize()
        .to_string()
        .parse::<Number>()
        .map_or(Value::Null, Value::Number)
}

pub(crate) fn rfc3339(moment: Option<Moment>) -> Option<String> {
    moment.map(Moment::rfc3339)
}

pub(crate) fn v1_time(moment: Option<Moment>) -> Option<String> {
    moment.map(Moment::v1)
}

pub(crate) fn date(moment: Option<Moment>) -> Option<String> {
    moment.map(Moment::date)
}
