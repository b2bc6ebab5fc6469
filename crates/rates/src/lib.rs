//! Exchange rates as central banks publish them, made into one row a currency and day.
//!
//! Pure: text in, rows out. A rate is how many units of a currency one euro is (FX5), so that every pair goes over one
//! pivot. A day without a rate takes the one before it, for some days: weekends and holidays, but not a currency that is no
//! longer quoted, for no rate is guessed (FX4).

mod fill;
mod pivot;
mod table;
mod xml;

#[cfg(test)]
mod tests;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use time::Date;

pub use fill::filled;

/// Digits after the point that are kept of a rate, as many as the warehouse's `Decimal(18, 8)`.
pub const RATE_DIGITS: u32 = 8;
/// The pivot of all pairs.
pub const EURO: &str = "EUR";

/// What one euro was worth on a day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate {
    /// A code such as `USD`: three to sixteen capital letters and digits.
    pub currency: String,
    pub date: Date,
    /// Units of the currency for one euro; above 0.
    pub per_eur: Decimal,
}

/// What the numbers of a source mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quoted {
    /// Units of each currency for one of the base: the European Central Bank.
    #[default]
    UnitsPerBase,
    /// Units of the base for one of each currency: the National Bank of Poland and most others.
    BasePerUnit,
}

/// What a source quotes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quotation {
    /// The currency that all others are quoted against.
    pub base: String,
    pub quoted: Quoted,
}

impl Default for Quotation {
    fn default() -> Self {
        Self {
            base: EURO.to_owned(),
            quoted: Quoted::default(),
        }
    }
}

/// Why a text holds no rates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RatesError {
    #[error(
        "is in none of the shapes that are known: XML with elements that have time, currency and rate; CSV with a column a \
         currency; CSV with a row a currency and day"
    )]
    UnknownShape,
    #[error("line {line}: {reason}")]
    Line { line: u64, reason: String },
    #[error("holds no rate")]
    Empty,
    #[error("quotes in {base} and has no rate of the euro on {date}, over which all pairs go")]
    NoEuro { base: String, date: Date },
    #[error(
        "quotes {base} itself at {rate} on {date}, so it is against another currency: say which (`base`)"
    )]
    OtherBase { base: String, date: Date, rate: Decimal },
}

/// One number of a source, as it is quoted there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Quote {
    currency: String,
    date: Date,
    /// Above 0.
    rate: Decimal,
}

/// Reads a source: XML or CSV, by what it begins with.
///
/// # Errors
/// [`RatesError`]: with the line where a value is none. Nothing of such a source is taken.
pub fn read(text: &str, quotation: &Quotation) -> Result<Vec<Rate>, RatesError> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let quotes = if text.starts_with('<') {
        xml::read(text)?
    } else {
        table::read(text)?
    };
    if quotes.is_empty() {
        return Err(RatesError::Empty);
    }
    pivot::over_euro(quotes, quotation)
}

fn wrong(line: u64, reason: impl Into<String>) -> RatesError {
    RatesError::Line {
        line,
        reason: reason.into(),
    }
}

impl Quote {
    /// Judges the three words of a quote.
    fn of(currency: &str, date: &str, rate: &str) -> Result<Self, String> {
        let currency = currency.trim();
        let is_code = (3..=16).contains(&currency.len())
            && currency
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if !is_code {
            return Err(format!("`{currency}` is no currency code such as USD"));
        }
        let date = day(date.trim()).ok_or_else(|| format!("`{date}` is no day such as 2026-01-31"))?;
        let rate: Decimal = rate
            .trim()
            .parse()
            .map_err(|_| format!("`{rate}` is no rate such as 1.0834"))?;
        if rate <= Decimal::ZERO {
            return Err(format!("the rate of {currency} is {rate}; it must be above 0"));
        }
        Ok(Self {
            currency: currency.to_owned(),
            date,
            rate,
        })
    }
}

fn day(text: &str) -> Option<Date> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    Date::parse(text, format).ok()
}
