//! The Google Ads API, as far as conversions go: uploads and adjustments
//! (`POST /google/v<n>/customers/<id>:uploadClickConversions`, `…:uploadConversionAdjustments`).
//!
//! <https://developers.google.com/google-ads/api/docs/conversions/upload-offline>, `…/upload-adjustments`; the errors'
//! names are those of the API's protocol buffers. What Google knows and the stand-in cannot is drawn from the click's
//! id: one that begins with `unknown`, `expired`, `recent` or `early` is refused for that; a hash that begins with
//! `0000` belongs to nobody who clicked. The customer `4040404040` and the conversion action `404` do not exist.

pub(super) mod account;
mod adjustment;
mod answer;
mod asked;
mod click;
mod conversion;
mod failure;
mod operation;
mod shape;
mod written;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use serde_json::{Map, Value};

pub(crate) use self::account::Account;
use self::asked::Asked;
use super::taking;
use crate::deliveries::{Destination, Item};
use crate::world::World;

const ADS: Destination = Destination::GoogleAds;
/// Conversions, or adjustments, of one request.
const OPERATIONS_MAX: usize = 2_000;
const BODY_BYTES_MAX: usize = 16 << 20;
/// A customer that nobody is.
const NO_CUSTOMER: &str = "4040404040";
/// A conversion action that no account has.
const NO_ACTION: &str = "404";

pub(super) fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/google/{version}/customers/{call}", post(take))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// What is asked for: its name in the path, and the list in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    Conversions,
    Adjustments,
}

impl Call {
    fn named(name: &str) -> Option<Self> {
        match name {
            "uploadClickConversions" => Some(Self::Conversions),
            "uploadConversionAdjustments" => Some(Self::Adjustments),
            _ => None,
        }
    }

    fn list(self) -> &'static str {
        match self {
            Self::Conversions => "conversions",
            Self::Adjustments => "conversionAdjustments",
        }
    }
}

async fn take(
    State(world): State<Arc<World>>,
    Path((version, call)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (customer, name) = call.split_once(':').unwrap_or((&call, ""));
    let (Some(call), Some(number)) = (Call::named(name), failure::version(&version)) else {
        return failure::no_such_path().response(&version);
    };
    let body = serde_json::from_slice::<Map<String, Value>>(&body);
    let operations: Vec<Value> = body
        .as_ref()
        .ok()
        .and_then(|body| written::field(body, call.list())?.as_array().cloned())
        .unwrap_or_default();
    let items: Vec<Item> = operations
        .iter()
        .map(|operation| answer::item(call, operation))
        .collect();
    let own = |trouble| failure::troubled(trouble, &version);
    let met = match taking::meet(&world, ADS, &items, own).await {
        Ok(met) => met,
        Err(answer) => return answer,
    };
    let asked = failure::is_served(number)
        .and_then(|()| asked::is_let_in(&world, &headers, customer))
        .and_then(|()| body.map_err(|error| failure::no_json(&error.to_string())))
        .and_then(|body| shape::check(call, &body).map(|()| body))
        .and_then(|body| Asked::of(call, &body, operations.len()));
    match asked {
        Ok(asked) => met.after(answer::ran(&world, asked, &version, &operations, items)),
        Err(failure) => {
            taking::refuse_all(&world, ADS, &items, failure.status, failure.why());
            failure.response(&version)
        }
    }
}
