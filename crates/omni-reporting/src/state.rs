//! What a viewer has chosen: read from the query string, judged by the board's declarations, canonical.
//!
//! Equal choices have equal text, whatever order or spelling they came in. A key that no variable declares is passed
//! over; a value that its declaration does not allow is refused, with the parameter's name, before any SQL sees it.
use std::collections::{BTreeMap, BTreeSet};

use time::Date;
use time::macros::format_description;

pub mod period;
pub mod query;
pub mod refusal;
pub mod zone;

pub use period::{Compare, Period, Window};
pub use refusal::Refusal;
pub use zone::Zone;

use query::Pairs;

/// Items of one list at most.
pub const LIST_ITEMS_MAX: usize = 50;
/// Characters of one value at most.
pub const VALUE_CHARS_MAX: usize = 200;

/// What may be chosen on a board, and what holds when nothing is.
#[derive(Debug, Clone)]
pub struct Declared {
    pub period: Period,
    pub periods: BTreeSet<String>,
    pub compare: Compare,
    pub zone: Zone,
    pub currency: String,
    /// Lists and single values by the names they have in SQL.
    pub variables: BTreeMap<String, Variable>,
}

/// A variable beside period, comparison, zone and currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    pub kind: Kind,
    /// When not empty: the only values it takes.
    pub one_of: Vec<String>,
    pub default: Vec<String>,
}

/// The types a variable may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Texts,
    Numbers,
}

/// All choices, each either made or the board's default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub period: Period,
    pub compare: Compare,
    pub zone: Zone,
    pub currency: String,
    /// `None`: the server's first company.
    pub company: Option<u64>,
    /// Values by variable: sorted, without doubles; one item for a single value.
    pub values: BTreeMap<String, Vec<String>>,
}

impl State {
    /// Reads the query string of a request.
    pub fn read(query: &str, declared: &Declared) -> Result<Self, Refusal> {
        let pairs = Pairs::read(query)?;
        let mut values = BTreeMap::new();
        for (name, variable) in &declared.variables {
            values.insert(name.clone(), variable.read(name, &pairs)?);
        }
        let state = Self {
            period: read_period(&pairs, declared)?,
            compare: read_compare(&pairs)?.unwrap_or(declared.compare),
            zone: read_zone(&pairs)?.unwrap_or(declared.zone),
            currency: read_currency(&pairs)?.unwrap_or_else(|| declared.currency.clone()),
            company: read_company(&pairs)?,
            values,
        };
        Ok(state)
    }

    /// The shortest query string that means this: defaults left out, fixed order.
    pub fn to_query(&self, declared: &Declared) -> String {
        let mut text = String::new();
        if self.period != declared.period {
            query::append(&mut text, "period", &[&self.period.word()]);
            if let Period::Custom { first, last } = self.period {
                query::append(&mut text, "from", &[&day_text(first)]);
                query::append(&mut text, "to", &[&day_text(last)]);
            }
        }
        for (name, values) in &self.values {
            if declared
                .variables
                .get(name)
                .is_none_or(|variable| variable.default != *values)
            {
                query::append(
                    &mut text,
                    name,
                    &values.iter().map(String::as_str).collect::<Vec<_>>(),
                );
            }
        }
        if self.compare != declared.compare {
            query::append(&mut text, "compare", &[self.compare.word()]);
        }
        if self.currency != declared.currency {
            query::append(&mut text, "currency", &[&self.currency]);
        }
        if self.zone != declared.zone {
            query::append(&mut text, "tz", &[self.zone.name()]);
        }
        if let Some(company) = self.company {
            query::append(&mut text, "company", &[&company.to_string()]);
        }
        text
    }

    /// The same with everything that these SQL parameters do not depend on set back to its default, so that viewers who
    /// differ in nothing that matters to a panel share its answer.
    pub fn restricted(&self, used: &BTreeSet<String>, declared: &Declared) -> Self {
        let uses = |names: &[&str]| names.iter().any(|name| used.contains(*name));
        let mut state = self.clone();
        if !uses(&["from", "to", "pfrom", "pto", "grain"]) {
            state.period = declared.period;
        }
        if !uses(&["pfrom", "pto"]) {
            state.compare = declared.compare;
        }
        if !uses(&["tz", "from", "to", "pfrom", "pto", "grain"]) {
            state.zone = declared.zone;
        }
        if !uses(&["currency"]) {
            state.currency.clone_from(&declared.currency);
        }
        for (name, values) in &mut state.values {
            if !used.contains(name) {
                *values = declared
                    .variables
                    .get(name)
                    .map(|variable| variable.default.clone())
                    .unwrap_or_default();
            }
        }
        state
    }
}

impl Variable {
    fn read(&self, name: &str, pairs: &Pairs<'_>) -> Result<Vec<String>, Refusal> {
        let mut values = match self.kind {
            Kind::Texts | Kind::Numbers => pairs.list(name)?,
            Kind::Text | Kind::Number => pairs.one(name)?.into_iter().collect(),
        };
        if values.is_empty() {
            return Ok(self.default.clone());
        }
        if values.len() > LIST_ITEMS_MAX {
            return Err(Refusal::new(name, format!("more than {LIST_ITEMS_MAX} values")));
        }
        for value in &mut values {
            *value = self.judge(name, value)?;
        }
        values.sort();
        values.dedup();
        Ok(values)
    }

    /// The value in its one spelling.
    fn judge(&self, name: &str, value: &str) -> Result<String, Refusal> {
        if value.chars().count() > VALUE_CHARS_MAX {
            return Err(Refusal::new(
                name,
                format!("a value of more than {VALUE_CHARS_MAX} characters"),
            ));
        }
        if value.contains('\0') {
            return Err(Refusal::new(name, "a value with a NUL character"));
        }
        if !self.one_of.is_empty() && !self.one_of.iter().any(|allowed| allowed == value) {
            return Err(Refusal::value(
                name,
                value,
                &format!("one of {}", self.one_of.join(", ")),
            ));
        }
        match self.kind {
            Kind::Text | Kind::Texts => Ok(value.to_owned()),
            Kind::Number | Kind::Numbers => match value.parse::<u64>() {
                Ok(number) if value.bytes().all(|byte| byte.is_ascii_digit()) => Ok(number.to_string()),
                _ => Err(Refusal::value(name, value, "a whole number")),
            },
        }
    }
}

impl Compare {
    /// Reads the page's word.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "off" => Self::Off,
            "previous" => Self::Previous,
            "year" => Self::Year,
            _ => return None,
        })
    }

    /// The page's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Previous => "previous",
            Self::Year => "year",
        }
    }
}

fn read_period(pairs: &Pairs<'_>, declared: &Declared) -> Result<Period, Refusal> {
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
    let first = read_day(pairs, "from")?;
    let last = read_day(pairs, "to")?;
    if last < first {
        return Err(Refusal::new("to", "lies before from"));
    }
    if (last - first).whole_days() >= period::CUSTOM_DAYS_MAX {
        return Err(Refusal::new(
            "to",
            format!("more than {} days after from", period::CUSTOM_DAYS_MAX),
        ));
    }
    Ok(Period::Custom { first, last })
}

fn read_day(pairs: &Pairs<'_>, name: &str) -> Result<Date, Refusal> {
    let Some(text) = pairs.one(name)? else {
        return Err(Refusal::new(name, "a custom period needs it, as YYYY-MM-DD"));
    };
    let day = Date::parse(&text, format_description!("[year]-[month]-[day]")).ok();
    day.filter(|day| period::YEARS.contains(&day.year()))
        .ok_or_else(|| Refusal::value(name, &text, "a day from 1970 to 2100, as YYYY-MM-DD"))
}

fn day_text(day: Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day())
}

fn read_compare(pairs: &Pairs<'_>) -> Result<Option<Compare>, Refusal> {
    let word = pairs.one("compare")?;
    word.map(|word| {
        Compare::from_word(&word)
            .ok_or_else(|| Refusal::value("compare", &word, "one of off, previous, year"))
    })
    .transpose()
}

fn read_zone(pairs: &Pairs<'_>) -> Result<Option<Zone>, Refusal> {
    let name = pairs.one("tz")?;
    name.map(|name| Zone::named(&name).ok_or_else(|| Refusal::value("tz", &name, "an IANA time zone")))
        .transpose()
}

/// ISO 4217 has three letters; Pipedrive's custom currencies have up to sixteen letters and digits.
fn read_currency(pairs: &Pairs<'_>) -> Result<Option<String>, Refusal> {
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

fn read_company(pairs: &Pairs<'_>) -> Result<Option<u64>, Refusal> {
    let Some(text) = pairs.one("company")? else {
        return Ok(None);
    };
    match text.parse::<u64>() {
        Ok(company) if company > 0 => Ok(Some(company)),
        _ => Err(Refusal::value("company", &text, "a company's id")),
    }
}

#[cfg(test)]
mod tests;
