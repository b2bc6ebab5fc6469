//! What becomes of the operations, for the caller and for the shelf.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::asked::Asked;
use super::operation::{self, OperationError};
use super::{ADS, Call, adjustment, conversion, written};
use crate::deliveries::{Item, Verdict};
use crate::moment::Moment;
use crate::stand_in::taking;
use crate::world::{World, locked};

/// Each operation by itself: what is right is carried out, what is not is told with its place.
pub(super) fn ran(
    world: &World,
    asked: Asked,
    version: &str,
    operations: &[Value],
    items: Vec<Item>,
) -> Response {
    let now = Moment::now();
    let mut account = locked(&world.google);
    let results: Vec<Result<Value, OperationError>> = match asked.call {
        Call::Conversions => conversion::upload(&mut account, operations, asked.validates_only, now),
        Call::Adjustments => adjustment::upload(&mut account, operations, asked.validates_only, now),
    };
    drop(account);
    let mode = match (asked.validates_only, asked.call) {
        (true, _) => Some("validation only".to_owned()),
        (false, Call::Adjustments) => Some("adjustment".to_owned()),
        (false, Call::Conversions) => None,
    };
    let verdicts = items.into_iter().zip(&results).map(|(item, result)| {
        let verdict = match result {
            Ok(_) => Verdict::accepted(200),
            Err(error) if error.is_known_already() => Verdict::duplicate(200),
            Err(error) => Verdict::refused(200, error.why()),
        };
        (item, verdict.in_mode(mode.clone()))
    });
    taking::note(world, ADS, verdicts.collect::<Vec<_>>());
    answer(asked, version, results)
}

fn answer(asked: Asked, version: &str, results: Vec<Result<Value, OperationError>>) -> Response {
    let mut answer = Map::new();
    let errors: Vec<(usize, &OperationError)> = results
        .iter()
        .enumerate()
        .filter_map(|(at, result)| Some((at, result.as_ref().err()?)))
        .collect();
    if !errors.is_empty() {
        let partial = operation::partial(asked.call, version, &errors);
        answer.insert("partialFailureError".to_owned(), partial);
    }
    if !asked.validates_only {
        let results: Vec<Value> = results
            .into_iter()
            .map(|result| result.unwrap_or_else(|_| json!({})))
            .collect();
        answer.insert("results".to_owned(), results.into());
    }
    let job = (Uuid::new_v4().as_u128() >> 66) as u64 | 1 << 31;
    answer.insert("jobId".to_owned(), job.to_string().into());
    Json(answer).into_response()
}

/// An operation as the shelf shows it.
pub(super) fn item(call: Call, operation: &Value) -> Item {
    let none = Map::new();
    let map = operation.as_object().unwrap_or(&none);
    let text = |name| written::field(map, name).and_then(taking::word_of);
    let restated = written::field(map, "restatementValue").and_then(Value::as_object);
    let restated = |name| {
        restated
            .and_then(|value| written::field(value, name))
            .and_then(taking::word_of)
    };
    let (value, currency) = match call {
        Call::Conversions => (text("conversionValue"), text("currencyCode")),
        Call::Adjustments => (restated("adjustedValue"), restated("currencyCode")),
    };
    let name = match call {
        Call::Conversions => text("conversionAction"),
        Call::Adjustments => text("adjustmentType"),
    };
    Item {
        name,
        id: text("orderId").or_else(|| text("gclid")),
        value,
        currency,
        sent: operation.clone(),
    }
}
