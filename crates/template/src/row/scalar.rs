//! One JSON value into one cell, exactly or not at all.
use std::ops::RangeInclusive;

use thiserror::Error;
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::Value;
use crate::column::{Column, Scalar, Shape};
use crate::plan::Leaf;

mod decimal;

pub use decimal::decimal_of;

/// Microseconds that `DateTime64(6)` holds: 1900 to the end of 2299.
pub(super) const MICRO_HELD: RangeInclusive<i64> = -2_208_988_800_000_000..=10_413_791_999_999_999;
/// Days that `Date32` holds: 1900-01-01 to 2299-12-31.
const DAYS_HELD: RangeInclusive<i32> = -25_567..=120_529;

/// Why a cell cannot hold a value. The value itself is not told: it may be a person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotHeld {
    #[error("the column holds {0}, the value is of another kind")]
    Kind(Scalar),
    #[error("the column holds {0}, the number is beyond it")]
    Range(Scalar),
    #[error("the column holds four decimals, the number has more")]
    Scale,
    #[error("not an RFC 3339 time from 1900 to 2299")]
    Time,
    #[error("not a date from 1900 to 2299")]
    Date,
    #[error("not a UUID")]
    Uuid,
    #[error("the column holds a list")]
    NotAList,
}

pub(super) fn read<'a>(column: &Column, value: Leaf<'a>) -> Result<Value<'a>, NotHeld> {
    let scalar = column.kind.scalar;
    match (scalar, value) {
        (Scalar::Text, Leaf::Text(text)) => Ok(Value::text(text)),
        (Scalar::Text, Leaf::Number(digits)) => Ok(Value::text(digits)),
        (Scalar::Text, Leaf::Bool(flag)) => Ok(Value::text(if flag { "true" } else { "false" })),
        (Scalar::Bool, Leaf::Bool(flag)) => Ok(Value::Bool(flag)),
        (Scalar::UInt8, Leaf::Number(digits)) => unsigned(digits, u64::from(u8::MAX), scalar),
        (Scalar::UInt16, Leaf::Number(digits)) => unsigned(digits, u64::from(u16::MAX), scalar),
        (Scalar::UInt32, Leaf::Number(digits)) => unsigned(digits, u64::from(u32::MAX), scalar),
        (Scalar::UInt64, Leaf::Number(digits)) => unsigned(digits, u64::MAX, scalar),
        (Scalar::Float64, Leaf::Number(digits)) => digits
            .parse()
            .ok()
            .filter(|float: &f64| float.is_finite())
            .map(Value::Float)
            .ok_or(NotHeld::Range(scalar)),
        (Scalar::Decimal, Leaf::Number(digits)) => decimal_of(digits, column.rounded).map(Value::Decimal),
        (Scalar::DateTime, Leaf::Text(text)) => micro_of(text).map(Value::Micro),
        (Scalar::Seconds, Leaf::Text(text)) => micro_of(text)
            .ok()
            .filter(|micro| u32::try_from(micro.div_euclid(1_000_000)).is_ok())
            .map(Value::Micro)
            .ok_or(NotHeld::Time),
        (Scalar::Date, Leaf::Text(text)) => day_of(text)
            .ok()
            .filter(|days| u16::try_from(*days).is_ok())
            .map(Value::Days)
            .ok_or(NotHeld::Date),
        (Scalar::Date32, Leaf::Text(text)) => day_of(text).map(Value::Days),
        (Scalar::Uuid, Leaf::Text(text)) => Uuid::parse_str(text).map(Value::Uuid).map_err(|_| NotHeld::Uuid),
        _ => Err(NotHeld::Kind(scalar)),
    }
}

/// An item that a list lacks in the middle.
pub(super) fn empty(column: &Column) -> Value<'static> {
    if column.kind.shape == Shape::ArrayOfNullable {
        Value::Null
    } else {
        nothing(column.kind.scalar)
    }
}

/// The type's own nothing.
pub(super) fn nothing(scalar: Scalar) -> Value<'static> {
    match scalar {
        Scalar::Text => Value::text(""),
        Scalar::Bool => Value::Bool(false),
        Scalar::UInt8 | Scalar::UInt16 | Scalar::UInt32 | Scalar::UInt64 => Value::UInt(0),
        Scalar::Float64 => Value::Float(0.0),
        Scalar::Decimal => Value::Decimal(0),
        Scalar::DateTime | Scalar::Seconds => Value::Micro(0),
        Scalar::Date | Scalar::Date32 => Value::Days(0),
        Scalar::Uuid => Value::Uuid(Uuid::nil()),
    }
}

/// JSON Schema calls 12.0 and 1e3 integers too; the usual case is plain digits.
fn unsigned(digits: &str, max: u64, scalar: Scalar) -> Result<Value<'static>, NotHeld> {
    let whole = match digits.parse::<u64>() {
        Ok(whole) => whole,
        Err(_) => decimal::whole_of(digits).ok_or(NotHeld::Range(scalar))?,
    };
    if whole <= max {
        Ok(Value::UInt(whole))
    } else {
        Err(NotHeld::Range(scalar))
    }
}

/// Microseconds since 1970 of an RFC 3339 time; finer digits are cut.
pub fn micro_of(text: &str) -> Result<i64, NotHeld> {
    let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| NotHeld::Time)?;
    i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000))
        .ok()
        .filter(|micro| MICRO_HELD.contains(micro))
        .ok_or(NotHeld::Time)
}

/// Days since 1970 of `YYYY-MM-DD`.
pub fn day_of(text: &str) -> Result<i32, NotHeld> {
    const FORMAT: &[time::format_description::BorrowedFormatItem<'static>] =
        time::macros::format_description!("[year]-[month]-[day]");
    let date = Date::parse(text, FORMAT).map_err(|_| NotHeld::Date)?;
    let days = date.to_julian_day() - OffsetDateTime::UNIX_EPOCH.date().to_julian_day();
    if DAYS_HELD.contains(&days) {
        Ok(days)
    } else {
        Err(NotHeld::Date)
    }
}
