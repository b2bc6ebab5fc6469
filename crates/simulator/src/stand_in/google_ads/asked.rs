//! Who asks, and for what: headers, the customer, and what the body says beside its operations.

use axum::http::HeaderMap;
use serde_json::{Map, Value};

use super::failure::{self, Failure};
use super::{Call, NO_CUSTOMER, OPERATIONS_MAX, written};
use crate::moment::Moment;
use crate::stand_in::google::{Held, Scope};
use crate::world::{World, locked};

/// The request, without its operations.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub call: Call,
    pub validates_only: bool,
}

impl Asked {
    pub(super) fn of(call: Call, body: &Map<String, Value>, operations: usize) -> Result<Self, Failure> {
        let flag = |name| written::field(body, name).and_then(Value::as_bool) == Some(true);
        if !flag("partialFailure") {
            return Err(failure::partial_failure_required());
        }
        if operations == 0 {
            return Err(failure::required(call.list()));
        }
        if operations > OPERATIONS_MAX {
            return Err(failure::too_many(call));
        }
        Ok(Self {
            call,
            validates_only: flag("validateOnly"),
        })
    }
}

/// A good access token and a customer that exists. A developer token is ignored, as Google does since September 2026
/// (<https://developers.google.com/google-ads/api/docs/api-policy/developer-token>).
pub(super) fn is_let_in(world: &World, headers: &HeaderMap, customer: &str) -> Result<(), Failure> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_id = |id: &str| id.len() == 10 && id.bytes().all(|byte| byte.is_ascii_digit());
    let bearer = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let bearer = bearer.ok_or_else(failure::no_credentials)?;
    match locked(&world.google_tokens).held(bearer, Scope::Ads, Moment::now()) {
        Held::Unknown => return Err(failure::wrong_credentials()),
        Held::Old => return Err(failure::old_credentials()),
        Held::Elsewhere => return Err(failure::other_scope()),
        Held::Good => {}
    }
    if header("login-customer-id").is_some_and(|id| !is_id(id)) {
        return Err(failure::login_customer());
    }
    match customer {
        NO_CUSTOMER => Err(failure::no_customer()),
        customer if is_id(customer) => Ok(()),
        _ => Err(failure::customer()),
    }
}
