//! What a viewer has chosen: read from the query string, judged by the board's declarations, canonical.
//!
//! Equal choices have equal text, whatever order or spelling they came in. A key that no variable declares is passed
//! over; a value that its declaration does not allow is refused, with the parameter's name, before any SQL sees it.
use std::collections::{BTreeMap, BTreeSet};

mod choice;
pub mod period;
pub mod query;
pub mod refusal;
pub mod slice;
pub mod variable;
pub mod zone;

pub use period::{Compare, Period, Window};
pub use refusal::Refusal;
pub use variable::{By, Kind, Variable};
pub use zone::Zone;

use query::Pairs;

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
            period: choice::period(&pairs, declared)?,
            compare: choice::compare(&pairs)?.unwrap_or(declared.compare),
            zone: choice::zone(&pairs)?.unwrap_or(declared.zone),
            currency: choice::currency(&pairs)?.unwrap_or_else(|| declared.currency.clone()),
            company: choice::company(&pairs)?,
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
                query::append(&mut text, "from", &[&choice::day_text(first)]);
                query::append(&mut text, "to", &[&choice::day_text(last)]);
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
    #[must_use]
    pub fn restricted(&self, used: &BTreeSet<String>, declared: &Declared) -> Self {
        let matters = |names: &[&str]| names.iter().any(|name| used.contains(*name));
        let mut state = self.clone();
        if !matters(&["from", "to", "pfrom", "pto", "grain"]) {
            state.period = declared.period;
        }
        if !matters(&["pfrom", "pto"]) {
            state.compare = declared.compare;
        }
        if !matters(&["tz", "from", "to", "pfrom", "pto", "grain"]) {
            state.zone = declared.zone;
        }
        if !matters(&["currency"]) {
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

#[cfg(test)]
mod tests;
