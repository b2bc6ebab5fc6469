//! The choices every board has: period, comparison, zone, currency, company.
use time::Date;
use time::macros::format_description;

use super::period::{CUSTOM_DAYS_MAX, YEARS};
use super::query::Pairs;
use super::{Compare, Declared, Period, Refusal, Zone};

pub(super) fn period(pairs: &Pairs<'_>, declared: &Declared) -> Result<Period, Refusal> {
    let Some(word) = pairs.one("period")? else {
        return Ok(declared.period);
    };
    if !declared.periods.contains(&word) {
        let words: Vec<_> = declared.periods.iter().map(String::as_str).collect();
        return Err(Refusal::value(
            "period",
            &word,
            &format!("one of {}", words.join(", ")),
        ));
    }
    if let Some(period) = Period::from_word(&word) {
        return Ok(period);
    }
    let first = day(pairs, "from")?;
    let last = day(pairs, "to")?;
    if last < first {
        return Err(Refusal::new("to", "lies before from"));
    }
    if (last - first).whole_days() >= CUSTOM_DAYS_MAX {
        return Err(Refusal::new(
            "to",
            format!("more than {CUSTOM_DAYS_MAX} days after from"),
        ));
    }
    Ok(Period::Custom { first, last })
}

fn day(pairs: &Pairs<'_>, name: &str) -> Result<Date, Refusal> {
    let Some(text) = pairs.one(name)? else {
        return Err(Refusal::new(name, "a custom period needs it, as YYYY-MM-DD"));
    };
    let day = Date::parse(&text, format_description!("[year]-[month]-[day]")).ok();
    day.filter(|day| YEARS.contains(&day.year()))
        .ok_or_else(|| Refusal::value(name, &text, "a day from 1970 to 2100, as YYYY-MM-DD"))
}

pub(super) fn day_text(day: Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day())
}

pub(super) fn compare(pairs: &Pairs<'_>) -> Result<Option<Compare>, Refusal> {
    let word = pairs.one("compare")?;
    word.map(|word| {
        Compare::from_word(&word)
            .ok_or_else(|| Refusal::value("compare", &word, "one of off, previous, year"))
    })
    .transpose()
}

pub(super) fn zone(pairs: &Pairs<'_>) -> Result<Option<Zone>, Refusal> {
    let name = pairs.one("tz")?;
    name.map(|name| Zone::named(&name).ok_or_else(|| Refusal::value("tz", &name, "an IANA time zone")))
        .transpose()
}

/// ISO 4217 has three letters; Pipedrive's custom currencies have up to sixteen letters and digits.
pub(super) fn currency(pairs: &Pairs<'_>) -> Result<Option<String>, Refusal> {
    let Some(code) = pairs.one("currency")? else {
        return Ok(None);
    };
    let is_code = (3..=16).contains(&code.len())
        && code
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if is_code {
        Ok(Some(code))
    } else {
        Err(Refusal::value("currency", &code, "a currency code such as EUR"))
    }
}

pub(super) fn company(pairs: &Pairs<'_>) -> Result<Option<u64>, Refusal> {
    let Some(text) = pairs.one("company")? else {
        return Ok(None);
    };
    match text.parse::<u64>() {
        Ok(company) if company > 0 => Ok(Some(company)),
        _ => Err(Refusal::value("company", &text, "a company's id")),
    }
}
