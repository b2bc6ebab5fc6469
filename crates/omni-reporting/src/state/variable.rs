//! A variable that a template declares: a list to filter by, or a single value; and a parameter that a panel gives a list.
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Refusal;
use super::query::Pairs;

/// Items of one list at most.
pub const LIST_ITEMS_MAX: usize = 50;
/// Characters of one value at most.
pub const VALUE_CHARS_MAX: usize = 200;
/// Items of a list that a panel gives at most: the rows that a panel shows, when what is asked for is all others.
pub const GIVEN_ITEMS_MAX: usize = 1_000;
/// Characters of such an item at most: a reason that somebody wrote.
pub const GIVEN_CHARS_MAX: usize = 2_000;

/// A variable beside period, comparison, zone and currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    pub kind: Kind,
    /// When not empty: the only values it takes.
    pub one_of: Vec<String>,
    pub default: Vec<String>,
    pub by: By,
}

/// Who says a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Whoever looks, out of what is offered: the order plays no part.
    Viewer,
    /// A panel, to the list behind one of its numbers: as many as it shows, in their order.
    Panel,
}

/// The types a variable may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Texts,
    Numbers,
    /// Times as RFC 3339.
    Instants,
}

impl Variable {
    /// Its values in the query string: sorted, without doubles; the default when there are none.
    pub(super) fn read(&self, name: &str, pairs: &Pairs<'_>) -> Result<Vec<String>, Refusal> {
        let mut values = match self.kind {
            Kind::Texts | Kind::Numbers | Kind::Instants => pairs.list(name)?,
            Kind::Text | Kind::Number => pairs.one(name)?.into_iter().collect(),
        };
        if values.is_empty() {
            return Ok(self.default.clone());
        }
        let items_max = match self.by {
            By::Viewer => LIST_ITEMS_MAX,
            By::Panel => GIVEN_ITEMS_MAX,
        };
        if values.len() > items_max {
            return Err(Refusal::new(name, format!("more than {items_max} values")));
        }
        for value in &mut values {
            *value = self.judge(name, value)?;
        }
        if self.by == By::Viewer {
            values.sort();
            values.dedup();
        }
        Ok(values)
    }

    /// The value in its one spelling.
    fn judge(&self, name: &str, value: &str) -> Result<String, Refusal> {
        let chars_max = match self.by {
            By::Viewer => VALUE_CHARS_MAX,
            By::Panel => GIVEN_CHARS_MAX,
        };
        if value.chars().count() > chars_max {
            return Err(Refusal::new(
                name,
                format!("a value of more than {chars_max} characters"),
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
            Kind::Instants => match OffsetDateTime::parse(value, &Rfc3339) {
                Ok(_) => Ok(value.to_owned()),
                Err(_) => Err(Refusal::value(name, value, "a time such as 2026-03-01T00:00:00Z")),
            },
        }
    }
}
