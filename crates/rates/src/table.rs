//! CSV: a column a currency (the European Central Bank's history), or a row a currency and day (its data portal, or a list
//! of one's own).

use csv::{ReaderBuilder, StringRecord, Trim};

use crate::{Quote, RatesError, wrong};

/// Columns by the names they have in the lists that are known, in small letters.
const CURRENCY: [&str; 2] = ["currency", "code"];
const DATE: [&str; 4] = ["rate_date", "time_period", "date", "day"];
const RATE: [&str; 4] = ["per_eur", "obs_value", "rate", "value"];
/// What stands where there is no rate.
const NONE: [&str; 4] = ["", "N/A", "NA", "-"];

pub(crate) fn read(text: &str) -> Result<Vec<Quote>, RatesError> {
    let head = text.lines().next().unwrap_or_default();
    let mut rows = ReaderBuilder::new()
        .delimiter(delimiter(head))
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let head = rows.headers().map_err(|error| unreadable(&error))?.clone();
    let place = |names: &[&str]| {
        let is_named = |cell: &str| names.contains(&cell.to_ascii_lowercase().as_str());
        head.iter().position(is_named)
    };
    let (currency, date, rate) = (place(&CURRENCY), place(&DATE), place(&RATE));
    let mut quotes = Vec::new();
    for row in rows.records() {
        let row = row.map_err(|error| unreadable(&error))?;
        let line = row.position().map_or(0, csv::Position::line);
        match (currency, date, rate) {
            (Some(currency), Some(date), Some(rate)) => {
                let at = |place| row.get(place).unwrap_or_default();
                push(&mut quotes, line, at(currency), at(date), at(rate))?;
            }
            (None, Some(date), None) => wide(&mut quotes, line, &head, &row, date)?,
            _ => return Err(RatesError::UnknownShape),
        }
    }
    Ok(quotes)
}

/// The day stands under `date`, a rate under the code of each currency. A column without a name ends the line.
fn wide(
    quotes: &mut Vec<Quote>,
    line: u64,
    head: &StringRecord,
    row: &StringRecord,
    date: usize,
) -> Result<(), RatesError> {
    let day = row.get(date).unwrap_or_default();
    for (currency, rate) in head.iter().zip(row.iter()) {
        if !currency.is_empty() && Some(currency) != head.get(date) {
            push(quotes, line, currency, day, rate)?;
        }
    }
    Ok(())
}

fn push(
    quotes: &mut Vec<Quote>,
    line: u64,
    currency: &str,
    date: &str,
    rate: &str,
) -> Result<(), RatesError> {
    if !NONE.contains(&rate) {
        quotes.push(Quote::of(currency, date, rate).map_err(|reason| wrong(line, reason))?);
    }
    Ok(())
}

fn delimiter(head: &str) -> u8 {
    let count = |mark: char| head.matches(mark).count();
    if count(';') > count(',') { b';' } else { b',' }
}

fn unreadable(error: &csv::Error) -> RatesError {
    let line = error.position().map_or(0, csv::Position::line);
    wrong(line, format!("no CSV: {error}"))
}
