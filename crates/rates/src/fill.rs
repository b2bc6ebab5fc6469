//! Days between two quotes.

use rust_decimal::Decimal;
use time::Date;

use crate::Rate;

/// Each currency's rates for every day from its first quote to `until`: a day without one has that of the day before, at most
/// `days_max` days after the quote. What is older is not carried on.
pub fn filled(mut rates: Vec<Rate>, until: Date, days_max: u16) -> Vec<Rate> {
    rates.sort();
    let mut all = Vec::with_capacity(rates.len());
    for (at, rate) in rates.iter().enumerate() {
        let next = rates.get(at + 1).filter(|next| next.currency == rate.currency);
        let end = next.map_or_else(|| until.next_day(), |next| Some(next.date));
        all.extend(days(rate, end.unwrap_or(Date::MAX), days_max));
    }
    all
}

/// The quote's own day, and those after it that have none of their own.
fn days(rate: &Rate, end: Date, days_max: u16) -> impl Iterator<Item = Rate> {
    let after = (0..=days_max).scan(rate.date, |day, _| {
        let this = *day;
        *day = this.next_day()?;
        Some(this)
    });
    let (currency, per_eur, own): (String, Decimal, Date) = (rate.currency.clone(), rate.per_eur, rate.date);
    after
        .take_while(move |day| *day == own || *day < end)
        .map(move |date| Rate {
            currency: currency.clone(),
            date,
            per_eur,
        })
}
