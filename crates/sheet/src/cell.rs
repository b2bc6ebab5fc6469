//! One text of a cell as the value that its column wants: digits stay digits, and nothing is guessed.
use serde_json::{Number, Value};
use template::column::Scalar;
use template::row::{day_of, micro_of};

use crate::Decimals;

const NO_DAY: &str = "is no day: write it as 2026-03-04 (ISO 8601)";
const NO_TIME: &str = "is no time: write it as 2026-03-04T09:30:00Z (RFC 3339)";
const NO_NUMBER: &str =
    "is no plain number: digits, without separators of thousands and without signs of currency";
const A_COMMA: &str = "has a decimal comma: write a point, or say `--decimal-comma`";
const A_POINT: &str = "has a decimal point, and `--decimal-comma` says that decimals have a comma";
const NO_FLAG: &str = "is neither true nor false";

/// The value; none of an empty cell.
pub(crate) fn read(text: &str, scalar: Scalar, decimals: Decimals) -> Result<Option<Value>, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    let value = match scalar {
        Scalar::Text | Scalar::Uuid => text.into(),
        Scalar::Bool => match text {
            "true" | "TRUE" | "True" => true.into(),
            "false" | "FALSE" | "False" => false.into(),
            _ => return Err(NO_FLAG),
        },
        Scalar::Date | Scalar::Date32 => {
            day_of(text).map_err(|_| NO_DAY)?;
            text.into()
        }
        Scalar::DateTime | Scalar::Seconds => {
            micro_of(text).map_err(|_| NO_TIME)?;
            text.into()
        }
        Scalar::UInt8
        | Scalar::UInt16
        | Scalar::UInt32
        | Scalar::UInt64
        | Scalar::Float64
        | Scalar::Decimal => Value::Number(number(text, decimals)?),
    };
    Ok(Some(value))
}

fn number(text: &str, decimals: Decimals) -> Result<Number, &'static str> {
    let (mark, other, refusal) = match decimals {
        Decimals::Point => ('.', ',', A_COMMA),
        Decimals::Comma => (',', '.', A_POINT),
    };
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let is_plain = |mark: char| {
        let (whole, fraction) = unsigned.split_once(mark).unwrap_or((unsigned, "0"));
        is_digits(whole) && is_digits(fraction)
    };
    if !is_plain(mark) {
        return Err(if is_plain(other) { refusal } else { NO_NUMBER });
    }
    // JSON wants no zeros in front.
    let point = unsigned.replace(mark, ".");
    let bare = point.trim_start_matches('0');
    let whole = if bare.is_empty() || bare.starts_with('.') {
        "0"
    } else {
        ""
    };
    let sign = if text.starts_with('-') { "-" } else { "" };
    serde_json::from_str(&format!("{sign}{whole}{bare}")).map_err(|_| NO_NUMBER)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
