//! Digits of a JSON number into ten-thousandths, by shifting the point: no float, no loss.
use super::NotHeld;
use crate::column::Scalar;

/// Decimals that `Decimal(18, 4)` holds.
const SCALE: i64 = 4;
/// The greatest amount `Decimal(18, 4)` holds, in ten-thousandths.
const UNITS_MAX: i128 = 999_999_999_999_999_999;
/// Digits beyond this cannot be a held number, only work.
const DIGITS_MAX: usize = 64;

/// Ten-thousandths of a JSON number (`-12.5`, `1e3`). More than four decimals are refused, or, when `rounded`, rounded
/// half to even.
pub fn decimal_of(digits: &str, rounded: bool) -> Result<i64, NotHeld> {
    let beyond = NotHeld::Range(Scalar::Decimal);
    let number = Number::parse(digits).ok_or(beyond)?;
    let units = number
        .scaled(SCALE, rounded)
        .map_err(|exact| if exact { beyond } else { NotHeld::Scale })?;
    if units.abs() > UNITS_MAX {
        return Err(beyond);
    }
    i64::try_from(units).map_err(|_| beyond)
}

/// The whole number that the digits are, when they are one and it is not negative.
pub(super) fn whole_of(digits: &str) -> Option<u64> {
    Number::parse(digits)?.scaled(0, false).ok()?.try_into().ok()
}

/// coefficient × 10^exponent.
struct Number {
    coefficient: i128,
    exponent: i64,
}

impl Number {
    fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let fraction = fraction.trim_end_matches('0');
        if whole.len() + fraction.len() > DIGITS_MAX {
            return None;
        }
        let (negative, whole) = whole
            .strip_prefix('-')
            .map_or((false, whole), |whole| (true, whole));
        let mut coefficient: i128 = 0;
        for digit in whole.bytes().chain(fraction.bytes()) {
            let digit = i128::from(digit.checked_sub(b'0').filter(|digit| *digit <= 9)?);
            coefficient = coefficient.checked_mul(10)?.checked_add(digit)?;
        }
        let exponent = i64::from(exponent) - fraction.len() as i64;
        Some(Self {
            coefficient: if negative { -coefficient } else { coefficient },
            exponent,
        })
    }

    /// The number times 10^scale as a whole one. Err(true): beyond what i128 holds; Err(false): digits would be lost.
    fn scaled(&self, scale: i64, rounded: bool) -> Result<i128, bool> {
        if self.coefficient == 0 {
            return Ok(0);
        }
        let shift = self.exponent + scale;
        if shift >= 0 {
            let factor = u32::try_from(shift)
                .ok()
                .and_then(|shift| 10_i128.checked_pow(shift))
                .ok_or(true)?;
            return self.coefficient.checked_mul(factor).ok_or(true);
        }
        let Some(divisor) = u32::try_from(-shift)
            .ok()
            .and_then(|shift| 10_i128.checked_pow(shift))
        else {
            return if rounded { Ok(0) } else { Err(false) };
        };
        let (quotient, rest) = (self.coefficient / divisor, self.coefficient % divisor);
        if rest == 0 {
            return Ok(quotient);
        }
        if !rounded {
            return Err(false);
        }
        let twice = rest.abs().checked_mul(2).unwrap_or(i128::MAX);
        let up = twice > divisor || (twice == divisor && quotient % 2 != 0);
        Ok(if up {
            quotient + self.coefficient.signum()
        } else {
            quotient
        })
    }
}
