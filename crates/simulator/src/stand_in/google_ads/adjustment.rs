//! `uploadConversionAdjustments`: conversions taken back, or worth something else.
//!
//! <https://developers.google.com/google-ads/api/reference/rpc/latest/ConversionAdjustment> and
//! `…/ConversionAdjustmentUploadErrorEnum.ConversionAdjustmentUploadError`. Enhancements are for conversions of a
//! website's tag, which an upload is not.

use serde_json::{Map, Value, json};

use super::account::{self, Account};
use super::operation::OperationError;
use super::{conversion, written};
use crate::moment::Moment;

const ADJUSTMENT: &str = "conversionAdjustmentUploadError";
/// How old a conversion may be that is adjusted, in seconds.
const AGE_MAX: i64 = 54 * 24 * 60 * 60;

/// What each adjustment came to; nothing changes where it is only validated.
pub(super) fn upload(
    account: &mut Account,
    adjustments: &[Value],
    validates_only: bool,
    now: Moment,
) -> Vec<Result<Value, OperationError>> {
    let mut taken = |adjustment: &Value| {
        let none = Map::new();
        let adjustment = adjustment.as_object().unwrap_or(&none);
        made(account, adjustment, validates_only, now)?;
        Ok(result(adjustment))
    };
    adjustments.iter().map(&mut taken).collect()
}

fn error(name: &'static str, message: &str) -> OperationError {
    OperationError::whole((ADJUSTMENT, name), message)
}

fn made(
    account: &mut Account,
    adjustment: &Map<String, Value>,
    validates_only: bool,
    now: Moment,
) -> Result<(), OperationError> {
    let action = conversion::action(adjustment, ADJUSTMENT)?;
    let key = key(adjustment, action)?;
    let kind = written::text(adjustment, "adjustmentType");
    let kind = kind.ok_or_else(|| OperationError::missing("adjustmentType"))?;
    let at = conversion::time(adjustment, "adjustmentDateTime")?;
    value(adjustment, kind)?;
    let conversion = account.conversion(&key).ok_or_else(|| {
        let message = "The conversion for this conversion action and conversion identifier can't be found.";
        error("CONVERSION_NOT_FOUND", message)
    })?;
    if conversion.is_retracted {
        let message = "The conversion was already retracted. This adjustment was not processed.";
        return Err(error("CONVERSION_ALREADY_RETRACTED", message));
    }
    if now.seconds() - conversion.at > AGE_MAX {
        let message = "Adjustment can't be made to a conversion that occurred more than 54 days ago.";
        return Err(error("CONVERSION_EXPIRED", message));
    }
    if at < conversion.at {
        let message =
            "Adjustment has an adjustment_date_time that occurred before the associated conversion.";
        return Err(error("ADJUSTMENT_PRECEDES_CONVERSION", message));
    }
    if kind == "RETRACTION" {
        conversion.is_retracted |= !validates_only;
        return Ok(());
    }
    match conversion.restated {
        Some(before) if before == at => {
            let message = "The conversion has a prior restatement with the same adjustment_date_time.";
            Err(error("RESTATEMENT_ALREADY_EXISTS", message))
        }
        Some(before) if before > at => {
            let message = "A more recent adjustment_date_time has already been reported for the conversion.";
            Err(error("MORE_RECENT_RESTATEMENT_FOUND", message))
        }
        _ if validates_only => Ok(()),
        _ => {
            conversion.restated = Some(at);
            Ok(())
        }
    }
}

/// The conversion by its order, or by its click and time.
fn key(adjustment: &Map<String, Value>, action: &str) -> Result<String, OperationError> {
    let order = written::text(adjustment, "orderId");
    let pair = written::field(adjustment, "gclidDateTimePair").and_then(Value::as_object);
    if order.is_some() && pair.is_some() {
        let message = "Cannot set both gclid_date_time_pair and order_id. Use only 1 type and try again.";
        return Err(error("GCLID_DATE_TIME_PAIR_AND_ORDER_ID_BOTH_SET", message));
    }
    let click = pair.and_then(|pair| {
        Some((
            written::text(pair, "gclid")?,
            written::text(pair, "conversionDateTime")?,
        ))
    });
    account::key(action, order, click).ok_or_else(|| OperationError::missing("orderId"))
}

/// A new value with a restatement, none with a retraction.
fn value(adjustment: &Map<String, Value>, kind: &str) -> Result<(), OperationError> {
    const FIELD: &str = "restatementValue";
    let value = written::field(adjustment, FIELD).and_then(Value::as_object);
    match (kind, value) {
        ("RETRACTION", None) => Ok(()),
        ("RETRACTION", Some(_)) => Err(OperationError::unwanted(FIELD)),
        ("RESTATEMENT", None) => Err(OperationError::missing(FIELD)),
        ("RESTATEMENT", Some(value)) => {
            let adjusted = written::field(value, "adjustedValue").and_then(written::number);
            adjusted.ok_or_else(|| OperationError::missing(FIELD))?;
            conversion::is_currency(value, "currencyCode")
        }
        ("ENHANCEMENT", _) => {
            let message =
                "An adjustment of type ENHANCEMENT is only permitted for conversion actions of type WEBPAGE.";
            Err(error("INVALID_CONVERSION_ACTION_TYPE", message))
        }
        _ => Err(OperationError::missing("adjustmentType")),
    }
}

fn result(adjustment: &Map<String, Value>) -> Value {
    let told = [
        "gclidDateTimePair",
        "orderId",
        "conversionAction",
        "adjustmentDateTime",
        "adjustmentType",
    ];
    let told = told
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), written::field(adjustment, name)?.clone())));
    json!(told.collect::<Map<String, Value>>())
}
