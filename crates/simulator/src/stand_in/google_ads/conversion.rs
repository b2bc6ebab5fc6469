//! `uploadClickConversions`: each conversion by itself.
//!
//! <https://developers.google.com/google-ads/api/reference/rpc/latest/ClickConversion> and
//! `…/ConversionUploadErrorEnum.ConversionUploadError`.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::account::{self, Account};
use super::operation::OperationError;
use super::{NO_ACTION, click, written};
use crate::moment::Moment;
use crate::stand_in::currency;

pub(super) const UPLOAD: &str = "conversionUploadError";
/// How far ahead a sender's clock may be, in seconds.
const AHEAD_MAX: i64 = 60;

/// What each conversion came to; nothing is kept where it is only validated.
pub(super) fn upload(
    account: &mut Account,
    conversions: &[Value],
    validates_only: bool,
    now: Moment,
) -> Vec<Result<Value, OperationError>> {
    let mut within: HashMap<String, usize> = HashMap::new();
    for key in conversions.iter().filter_map(Value::as_object).filter_map(key_of) {
        *within.entry(key).or_default() += 1;
    }
    let mut taken = |conversion: &Value| {
        let none = Map::new();
        let conversion = conversion.as_object().unwrap_or(&none);
        let at = check(conversion, now)?;
        let order = written::text(conversion, "orderId");
        if let Some(key) = key_of(conversion) {
            if within.get(&key).is_some_and(|times| *times > 1) {
                return Err(twice_within(order));
            }
            if account.has(&key) {
                return Err(twice(order));
            }
            if !validates_only {
                account.add(key, at);
            }
        }
        Ok(result(conversion))
    };
    conversions.iter().map(&mut taken).collect()
}

fn key_of(conversion: &Map<String, Value>) -> Option<String> {
    let action = written::action(written::text(conversion, "conversionAction")?)?;
    let at = written::text(conversion, "conversionDateTime")?;
    let click = ["gclid", "gbraid", "wbraid"]
        .iter()
        .find_map(|name| written::text(conversion, name));
    account::key(
        action,
        written::text(conversion, "orderId"),
        click.map(|click| (click, at)),
    )
}

fn twice(order: Option<&str>) -> OperationError {
    match order {
        Some(order) => OperationError::new(
            (UPLOAD, "ORDER_ID_ALREADY_IN_USE"),
            "orderId",
            "The imported event includes an order ID that was previously recorded, so the event was not processed.",
        )
        .triggered_by(order),
        None => OperationError::whole(
            (UPLOAD, "CLICK_CONVERSION_ALREADY_EXISTS"),
            "The imported event has the same click and conversion_date_time as an existing conversion.",
        ),
    }
}

fn twice_within(order: Option<&str>) -> OperationError {
    match order {
        Some(order) => OperationError::new(
            (UPLOAD, "DUPLICATE_ORDER_ID"),
            "orderId",
            "Imported events include multiple conversions with the same order ID and were not processed.",
        )
        .triggered_by(order),
        None => OperationError::whole(
            (UPLOAD, "DUPLICATE_CLICK_CONVERSION_IN_REQUEST"),
            "Multiple events have the same click and conversion_date_time.",
        ),
    }
}

/// When it happened, in seconds since 1970.
fn check(conversion: &Map<String, Value>, now: Moment) -> Result<i64, OperationError> {
    action(conversion, UPLOAD)?;
    let at = time(conversion, "conversionDateTime")?;
    if at > now.seconds() + AHEAD_MAX {
        let message = "The conversion_date_time is in the future.";
        return Err(OperationError::new(
            ("dateError", "LATER_THAN_MAXIMUM_DATE"),
            "conversionDateTime",
            message,
        ));
    }
    click::check(conversion)?;
    worth(conversion)?;
    match written::text(conversion, "orderId") {
        Some(order) if order.contains('@') => Err(OperationError::new(
            (UPLOAD, "ORDER_ID_CONTAINS_PII"),
            "orderId",
            "Can't import events with order IDs containing personally-identifiable information (PII).",
        )),
        _ => Ok(at),
    }
}

/// The conversion action, of an upload or an adjustment.
pub(super) fn action<'a>(
    operation: &'a Map<String, Value>,
    family: &'static str,
) -> Result<&'a str, OperationError> {
    const FIELD: &str = "conversionAction";
    let name = written::text(operation, FIELD).ok_or_else(|| OperationError::missing(FIELD))?;
    let malformed = || {
        let code = ("requestError", "RESOURCE_NAME_MALFORMED");
        OperationError::new(code, FIELD, "Resource name is malformed.").triggered_by(name)
    };
    let action = written::action(name).ok_or_else(malformed)?;
    if action == NO_ACTION {
        let message = "The conversion action specified in the upload request cannot be found.";
        return Err(
            OperationError::new((family, "NO_CONVERSION_ACTION_FOUND"), FIELD, message).triggered_by(name),
        );
    }
    Ok(action)
}

/// A time of an operation, in seconds since 1970.
pub(super) fn time(operation: &Map<String, Value>, field: &'static str) -> Result<i64, OperationError> {
    let text = written::text(operation, field).ok_or_else(|| OperationError::missing(field))?;
    written::seconds(text).ok_or_else(|| {
        let code = ("dateError", "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET");
        let message = "The string date time format should be yyyy-mm-dd hh:mm:ss+|-hh:mm.";
        OperationError::new(code, field, message).triggered_by(text)
    })
}

fn worth(conversion: &Map<String, Value>) -> Result<(), OperationError> {
    if let Some(value) = written::field(conversion, "conversionValue") {
        let fits = written::number(value).is_some_and(|value| value >= 0.0);
        if !fits {
            let message = "The conversion value must be a number that is not negative.";
            return Err(OperationError::new(
                ("fieldError", "INVALID_VALUE"),
                "conversionValue",
                message,
            ));
        }
    }
    is_currency(conversion, "currencyCode")
}

/// A code of ISO 4217, where there is one.
pub(super) fn is_currency(map: &Map<String, Value>, field: &'static str) -> Result<(), OperationError> {
    match written::text(map, field) {
        Some(code) if !currency::is_known(code) => {
            let code_error = ("currencyCodeError", "UNSUPPORTED");
            Err(
                OperationError::new(code_error, field, "The currency code is not supported.")
                    .triggered_by(code),
            )
        }
        _ => Ok(()),
    }
}

fn result(conversion: &Map<String, Value>) -> Value {
    let told = [
        "gclid",
        "gbraid",
        "wbraid",
        "conversionAction",
        "conversionDateTime",
        "userIdentifiers",
    ];
    let told = told
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), written::field(conversion, name)?.clone())));
    json!(told.collect::<Map<String, Value>>())
}
