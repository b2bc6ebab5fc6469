//! Brings quotes against any base to units for one euro.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};
use time::Date;

use crate::{EURO, Quotation, Quote, Quoted, RATE_DIGITS, Rate, RatesError};

/// Of a currency that is quoted twice a day the last quote counts.
pub(crate) fn over_euro(quotes: Vec<Quote>, quotation: &Quotation) -> Result<Vec<Rate>, RatesError> {
    let mut days: BTreeMap<Date, BTreeMap<String, Decimal>> = BTreeMap::new();
    for quote in quotes {
        if quote.currency == quotation.base && quote.rate != Decimal::ONE {
            return Err(RatesError::OtherBase {
                base: quote.currency,
                date: quote.date,
                rate: quote.rate,
            });
        }
        let units = match quotation.quoted {
            Quoted::UnitsPerBase => Some(quote.rate),
            Quoted::BasePerUnit => Decimal::ONE.checked_div(quote.rate),
        };
        if let Some(units) = units {
            days.entry(quote.date).or_default().insert(quote.currency, units);
        }
    }
    let mut rates = Vec::new();
    for (date, mut of_day) in days {
        of_day.insert(quotation.base.clone(), Decimal::ONE);
        let euro = *of_day.get(EURO).ok_or_else(|| RatesError::NoEuro {
            base: quotation.base.clone(),
            date,
        })?;
        for (currency, units) in of_day {
            let per_eur = units.checked_div(euro).map(rounded);
            // The pivot needs no row, and a rate of 0 after rounding is none.
            if let Some(per_eur) = per_eur.filter(|rate| *rate > Decimal::ZERO && currency != EURO) {
                rates.push(Rate {
                    currency,
                    date,
                    per_eur,
                });
            }
        }
    }
    if rates.is_empty() {
        return Err(RatesError::Empty);
    }
    rates.sort();
    Ok(rates)
}

fn rounded(rate: Decimal) -> Decimal {
    rate.round_dp_with_strategy(RATE_DIGITS, RoundingStrategy::MidpointAwayFromZero)
        .normalize()
}
